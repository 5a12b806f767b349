"""N:M patterns: of every group of M consecutive weights along the reduction axis at most N are kept."""

import re
from dataclasses import dataclass

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.graph import ceil_div

MAX_GROUP = 64


@dataclass(frozen=True, slots=True)
class Pattern:
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
    def parse(cls, text: str) -> "Pattern":
        """Read ``dense`` or ``N:M``.

        Raises:
            InputError: Anything else, or numbers out of range.
        """
        if text == "dense":
            return DENSE
        match = re.fullmatch(r"(\d{1,9}):(\d{1,9})", text)
        if not match:
            raise InputError(f"pattern {text!r}: expected 'dense' or 'N:M', for example 2:8")
        return cls(int(match[1]), int(match[2]))

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

    def check(self, mask: BoolArray) -> bool:
        """Whether no group of ``mask`` (..., length) keeps more than N."""
        return bool((_grouped(mask, self.m, False).sum(-1) <= self.n).all())

    def project(self, scores: AnyArray) -> BoolArray:
        """The mask that keeps the N highest scores of each group; among equal ones the lowest index wins.

        Args:
            scores: (..., length), finite.

        Returns:
            (..., length) bool, with exactly ``kept(length)`` true values along the last axis.
        """
        if self.is_dense:
            return np.ones(scores.shape, bool)
        groups = _grouped(scores, self.m, -np.inf)
        mask = np.zeros(groups.shape, bool)
        remaining = groups.copy()
        for _ in range(self.n):
            best = remaining.argmax(-1)[..., None]  # argmax takes the first of equals
            np.put_along_axis(mask, best, True, -1)
            np.put_along_axis(remaining, best, -np.inf, -1)
        length = scores.shape[-1]
        # In a short last group all that is left after its own elements is padding, which is cut off here.
        return mask.reshape(*scores.shape[:-1], -1)[..., :length]


DENSE = Pattern(1, 1)


def _grouped(values: AnyArray, m: int, fill: float) -> AnyArray:
    """``values`` (..., length) padded with ``fill`` and cut into (..., groups, m)."""
    length = values.shape[-1]
    padding = -length % m
    if padding:
        values = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, padding)], constant_values=fill)
    return values.reshape(*values.shape[:-1], -1, m)
