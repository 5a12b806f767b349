"""SORE, the N:M reducer: what it keeps of each group, and in how many cycles. NumPy only, no clock."""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import AnyArray, BoolArray, ByteArray


@dataclass(frozen=True, slots=True)
class Reduced:
    """What SORE gives for each group.

    Attributes:
        mask: (..., m) bool, the elements that stay.
        values: (..., n) those of them that are not zero, in ascending index, then +0.
        indices: (..., n) where they stood in the group, then 0.
    """

    mask: BoolArray
    values: AnyArray
    indices: ByteArray


def reduce_groups(groups: AnyArray, n: int) -> Reduced:
    """Keep the n elements of largest magnitude of each group; among equals the lowest index stays.

    Args:
        groups: (..., m) float16, float32 or signed integers, no NaN.
        n: Elements to keep; a group of m < n keeps all of its elements.
    """
    wide = groups.astype(np.int64) if groups.dtype.kind == "i" else groups
    order = np.argsort(-np.abs(wide), axis=-1, kind="stable")[..., :n]
    mask = np.zeros(groups.shape, bool)
    np.put_along_axis(mask, order, True, -1)
    stored = mask & (groups != 0)
    # A stable sort by "not stored" brings what is stored to the front in ascending index.
    indices = np.argsort(~stored, axis=-1, kind="stable")[..., :n]
    there = np.take_along_axis(stored, indices, -1)
    values = np.where(there, np.take_along_axis(groups, indices, -1), np.zeros((), groups.dtype))
    return Reduced(mask, values, np.where(there, indices, 0).astype(np.uint8))


def sore_cycles(weights: int, m: int, lanes: int) -> int:
    """Cycles to reduce ``weights`` elements: each lane takes one element a cycle, so m for a group.

    arXiv 2309.13015 has 32 lanes; its array is reported to take M cycles for a group.
    """
    groups = -(-weights // m)
    return m * -(-groups // lanes)
