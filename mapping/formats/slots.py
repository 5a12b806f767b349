"""Groups with a fixed number of slots: the part that bank-balanced and similar formats share."""

import numpy as np

from mapping.arrays import AnyArray, BoolArray, IntArray
from mapping.errors import InputError


def fill(groups: AnyArray, slots: int, name: str) -> tuple[AnyArray, IntArray]:
    """The non-zeros of each group in ascending order; what is left of the slots is value 0, index 0.

    Args:
        groups: (..., m).
        slots: Slots of a group.
        name: Format, for the error.

    Returns:
        Values and indices, (..., slots) each.

    Raises:
        InputError: A group with more non-zeros than slots.
    """
    check_room(groups != 0, slots, name)
    indices = np.argsort(groups == 0, axis=-1, kind="stable")[..., :slots]
    values = np.take_along_axis(groups, indices, -1)
    return values, np.where(values != 0, indices, 0)


def check_room(groups: BoolArray, slots: int, name: str) -> None:
    """Refuse groups (..., m) that hold more than their slots.

    Raises:
        InputError: There is one.
    """
    most = int(np.count_nonzero(groups, axis=-1).max(initial=0))
    if most > slots:
        raise InputError(f"{name}: a group of {groups.shape[-1]} holds {most} non-zeros, it has room for {slots}")


def spread(values: AnyArray, indices: IntArray, m: int) -> AnyArray:
    """The groups (..., m) behind slots (..., slots); empty slots leave no trace.

    Raises:
        InputError: An index outside the group.
    """
    if indices.max(initial=0) >= m:
        raise InputError(f"index {indices.max()} lies outside a group of {m}")
    groups = np.zeros((*values.shape[:-1], m), values.dtype)
    stored = np.nonzero(values)
    groups[(*stored[:-1], indices[stored])] = values[stored]
    return groups
