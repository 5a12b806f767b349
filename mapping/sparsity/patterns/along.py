"""N:M groups along a named axis of the weights."""

import re
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.sparsity.patterns.base import SparsityPattern
from mapping.sparsity.patterns.nm import Pattern

Axis = Literal["in", "out"]
_TEXT = re.compile(r"(\d{1,9}:\d{1,9})@(in|out)")


@dataclass(frozen=True, slots=True)
class Along(SparsityPattern):
    """N:M with its groups along the input channels (``in``, the last axis) or the output channels (``out``, the first).

    ``Along(Pattern(2, 8), "in")`` keeps to the same masks as ``Pattern(2, 8)``. Groups of output channels make the
    transposed weights N:M, which is what a backward pass multiplies by: BDWP, arXiv 2309.13015.
    """

    pattern: Pattern
    axis: Axis

    def __post_init__(self) -> None:
        """Refuse an unknown axis.

        Raises:
            InputError: Neither ``in`` nor ``out``.
        """
        if self.axis not in ("in", "out"):
            raise InputError(f"axis={self.axis!r}: must be 'in' or 'out'")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``N:M@in`` or ``N:M@out``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(Pattern.parse(match[1]), "in" if match[2] == "in" else "out") if match else None

    def __str__(self) -> str:
        return f"{self.pattern.n}:{self.pattern.m}@{self.axis}"

    @property
    def is_dense(self) -> bool:
        """Whether nothing is pruned."""
        return self.pattern.is_dense

    @property
    def period(self) -> int:
        """Inputs after which the last axis may be cut: M, or 1 where groups lie along the outputs."""
        return self.pattern.m if self.axis == "in" else 1

    def _turn(self, array: AnyArray) -> AnyArray:
        """The view whose last axis is the one with the groups; its own inverse."""
        return array if self.axis == "in" else np.swapaxes(array, 0, -1)

    def check(self, mask: BoolArray) -> bool:
        """Whether no group along the axis keeps more than N."""
        return self.pattern.check(self._turn(mask))

    def project(self, scores: AnyArray) -> BoolArray:
        """Keep the N highest scores of each group along the axis; the lowest index wins ties."""
        return self._turn(self.pattern.project(self._turn(scores)))

    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps."""
        return self.pattern.capacity(rows, columns) if self.axis == "in" else self.pattern.capacity(columns, rows)

    def mask_bits(self, rows: int, columns: int) -> int:
        """N indices of ceil(log2 M) bits for every group."""
        return self.pattern.mask_bits(rows, columns) if self.axis == "in" else self.pattern.mask_bits(columns, rows)
