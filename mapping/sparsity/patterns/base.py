"""What every sparsity pattern can say."""

from abc import ABC, abstractmethod
from typing import Self

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError


class SparsityPattern(ABC):
    """What a mask may look like.

    Weights, scores and masks have shape (outputs, ..., inputs). Patterns of groups, such as N:M, lie along one of
    these axes; patterns of a whole matrix see (outputs, everything else). A mask stays valid when weights are taken
    out of it, so that a kept weight may happen to be zero. ``str(pattern)`` is text that ``parse_pattern`` reads.
    """

    __slots__ = ()

    @classmethod
    @abstractmethod
    def read(cls, text: str) -> Self | None:
        """The pattern that ``text`` names; None for text of another form.

        Raises:
            InputError: Text of this form, with numbers out of range.
        """

    @property
    def is_dense(self) -> bool:
        """Whether nothing is pruned."""
        return False

    @property
    def period(self) -> int | None:
        """Inputs after which the last axis may be cut and its parts projected alone; None: only as a whole."""
        return None

    @abstractmethod
    def check(self, mask: BoolArray) -> bool:
        """Whether ``mask`` (outputs, ..., inputs) keeps to the pattern."""

    @abstractmethod
    def project(self, scores: AnyArray) -> BoolArray:
        """The mask that keeps the highest scores; among equal ones the lowest index wins.

        Args:
            scores: (outputs, ..., inputs), finite.

        Returns:
            Mask of the same shape, valid and with nothing left to add.
        """

    @abstractmethod
    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps."""

    @abstractmethod
    def mask_bits(self, rows: int, columns: int) -> int:
        """Index bits: what it takes to say which weights of (rows, columns) a full mask keeps.

        Every index has a fixed width, the smallest that tells its choices apart; a ragged group, block or bank takes
        the room of a full one. Storage formats may spend more (``mapping.formats``).
        """


def as_matrix(array: AnyArray) -> AnyArray:
    """(outputs, ..., inputs) seen as the matrix (outputs, everything else).

    Raises:
        InputError: Fewer than two axes.
    """
    if array.ndim < 2:
        raise InputError(f"an array of shape {array.shape} is no matrix: this pattern needs (outputs, ..., inputs)")
    return array.reshape(array.shape[0], -1)


def pruned_count(total: int, sparsity: float) -> int:
    """How many of ``total`` a sparsity removes, to the nearest integer."""
    return round(total * sparsity)


def check_sparsity(name: str, sparsity: float) -> None:
    """Refuse a sparsity that is none.

    Raises:
        InputError: Outside [0, 1).
    """
    if not 0 <= sparsity < 1:
        raise InputError(f"{name}: sparsity={sparsity:g} outside [0, 1)")


def check_size(name: str, value: int, most: int) -> None:
    """Refuse a size outside 1 to ``most``.

    Raises:
        InputError: It is.
    """
    if not 1 <= value <= most:
        raise InputError(f"{name}={value} outside [1, {most}]")
