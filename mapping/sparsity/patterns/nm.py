"""N:M patterns: of every group of M consecutive weights along the reduction axis at most N are kept."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from mapping.sparsity.patterns.base import SparsityPattern
from mapping.sparsity.patterns.selection import grouped, keep_in_groups

MAX_GROUP = 64
_TEXT = re.compile(r"dense|(\d{1,9}):(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Pattern(SparsityPattern):
    """N kept of every M; dense is 1:1.

    A pattern that keeps everything is dense: ``Pattern(4, 4) == Pattern(1, 1)``. Groups lie along the last axis of
    an array. A last group of g < M elements keeps up to min(N, g).
    """

    n: int
    m: int

    def __post_init__(self) -> None:
        """Check the range and reduce M:M to 1:1.

        Raises:
            InputError: N or M outside 1 <= N <= M <= 64.
        """
        if not 1 <= self.m <= MAX_GROUP:
            raise InputError(f"pattern {self.n}:{self.m}: M={self.m} outside [1, {MAX_GROUP}]")
        if not 1 <= self.n <= self.m:
            raise InputError(f"pattern {self.n}:{self.m}: N={self.n} outside [1, M={self.m}]")
        if self.n == self.m:
            object.__setattr__(self, "n", 1)
            object.__setattr__(self, "m", 1)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``dense`` or ``N:M``; None for other text.

        Raises:
            InputError: Numbers out of range.
        """
        match = _TEXT.fullmatch(text)
        return cls(int(match[1] or 1), int(match[2] or 1)) if match else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``dense`` or ``N:M``, which is what the hardware families take; see ``parse_pattern`` for the others.

        Raises:
            InputError: Anything else, or numbers out of range.
        """
        pattern = cls.read(text)
        if pattern is None:
            raise InputError(f"pattern {text!r}: expected 'dense' or 'N:M', for example 2:8")
        return pattern

    def __str__(self) -> str:
        return "dense" if self.is_dense else f"{self.n}:{self.m}"

    @property
    def is_dense(self) -> bool:
        """Whether nothing is pruned."""
        return self.m == 1

    @property
    def density(self) -> float:
        """Share of weights kept in full groups, N / M."""
        return self.n / self.m

    @property
    def index_bits(self) -> int:
        """Bits that say where in its group a kept weight stood, ceil(log2 M)."""
        return (self.m - 1).bit_length()

    def groups(self, length: int) -> int:
        """Groups along an axis of ``length`` elements."""
        return ceil_div(length, self.m)

    def kept(self, length: int) -> int:
        """Weights that a full projection keeps along an axis of ``length`` elements."""
        full, rest = divmod(length, self.m)
        return full * self.n + min(rest, self.n)

    @property
    def period(self) -> int:
        """Inputs after which the last axis may be cut: M."""
        return self.m

    def check(self, mask: BoolArray) -> bool:
        """Whether no group of ``mask`` (..., length) keeps more than N."""
        return bool((np.count_nonzero(grouped(mask, self.m, False), axis=-1) <= self.n).all())

    def project(self, scores: AnyArray) -> BoolArray:
        """The mask that keeps the N highest scores of each group; among equal ones the lowest index wins.

        Args:
            scores: (..., length), finite.

        Returns:
            (..., length) bool, with exactly ``kept(length)`` true values along the last axis.
        """
        return np.ones(scores.shape, bool) if self.is_dense else keep_in_groups(scores, self.n, self.m)

    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps."""
        return rows * self.kept(columns)

    def mask_bits(self, rows: int, columns: int) -> int:
        """N indices of ceil(log2 M) bits for every group of (rows, columns)."""
        return rows * self.groups(columns) * self.n * self.index_bits


DENSE = Pattern(1, 1)
