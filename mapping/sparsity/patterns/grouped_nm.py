"""Grouped n:m:g: N:M in which every choice of n out of m occurs equally often."""

import re
from dataclasses import dataclass
from functools import cache
from math import comb
from typing import Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray, IntArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from mapping.sparsity.patterns.base import SparsityPattern, check_size
from mapping.sparsity.patterns.matching import complete, greedy
from mapping.sparsity.patterns.selection import grouped

_TEXT = re.compile(r"(\d{1,9}):(\d{1,9}):(\d{1,9})")
MAX_CHUNK = 1 << 15  # outputs of a chunk are numbered by an int16
_BATCH = 1 << 22  # candidates ranked at a time


@cache
def choices(n: int, m: int) -> tuple[tuple[int, ...], ...]:
    """All ascending choices of n out of m, neighbours differing in one entry.

    Source of the order: Eades and McKay, "An algorithm for generating subsets of fixed size with a strong minimal
    change property" (1984); it runs from (0, ..., n - 1) to (m - n, ..., m - 1).
    """
    if n == 0:
        return ((),)
    if n < 0 or n > m:
        return ()
    without = choices(n, m - 1)
    last = tuple((*choice, m - 1) for choice in reversed(choices(n - 1, m - 2)))
    last_two = tuple((*choice, m - 2, m - 1) for choice in choices(n - 2, m - 2)) if n > 1 else ()
    return without + last + last_two


@dataclass(frozen=True, slots=True)
class GroupedNM(SparsityPattern):
    """n of every m inputs; among the outputs of a chunk each of the C(m, n) choices occurs g times.

    Source: STen, Ivanov et al. (arXiv 2304.07613), n:m:g layout; spcl/sten, grouped_nm_tensor.py. A chunk is
    C(m, n) g consecutive outputs; every group of m inputs has its own assignment of outputs to choices. The last
    chunk and the last group of inputs may be short: what is missing counts as zeros that fit any choice.
    """

    n: int
    m: int
    g: int

    def __post_init__(self) -> None:
        """Check the range.

        Raises:
            InputError: Not 1 <= n < m, or a chunk of 2^15 or more outputs.
        """
        check_size(f"pattern {self.n}:{self.m}:{self.g}: m", self.m, 64)
        check_size(f"pattern {self.n}:{self.m}:{self.g}: n", self.n, self.m - 1)
        check_size(f"pattern {self.n}:{self.m}:{self.g}: g", self.g, MAX_CHUNK)
        if self.chunk >= MAX_CHUNK:
            raise InputError(f"pattern {self}: a chunk of {self.chunk} outputs exceeds {MAX_CHUNK - 1}")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``n:m:g``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(int(match[1]), int(match[2]), int(match[3])) if match else None

    def __str__(self) -> str:
        return f"{self.n}:{self.m}:{self.g}"

    @property
    def chunk(self) -> int:
        """Outputs of a chunk, C(m, n) g."""
        return comb(self.m, self.n) * self.g

    @property
    def period(self) -> int:
        """Inputs after which the last axis may be cut: m."""
        return self.m

    def members(self) -> BoolArray:
        """(choices, m): which inputs each choice keeps."""
        return np.array([np.isin(np.arange(self.m), choice) for choice in choices(self.n, self.m)])

    def slots(self, mask: BoolArray) -> IntArray | None:
        """The choice of every output in every group of inputs, so that nothing kept is lost.

        Args:
            mask: (outputs, ..., inputs).

        Returns:
            (chunks, groups, chunk) choice numbers, each exactly g times in its chunk; None if there are none.
        """
        return complete(self._cut(mask, False), self.members(), self.g)

    def check(self, mask: BoolArray) -> bool:
        """Whether the outputs of every chunk can be assigned to the choices, g to each."""
        return self.slots(mask) is not None

    def project(self, scores: AnyArray) -> BoolArray:
        """Greedy, as in STen: take (output, choice) pairs by falling sum of scores while both are free.

        Not the best assignment, but a valid one; among equal sums the lowest output and choice win.
        """
        cut = self._cut(scores, 0)
        real = np.arange(cut.shape[0] * self.chunk).reshape(-1, 1, self.chunk) < len(scores)
        members = self.members()
        mask = np.empty(cut.shape, bool)
        step = max(1, _BATCH // (cut.shape[1] * self.chunk * len(members)))
        for first in range(0, len(cut), step):
            part = cut[first : first + step]
            sums = np.where(real[first : first + step, ..., None], part @ members.T.astype(part.dtype), -np.inf)
            mask[first : first + step] = members[greedy(sums, self.g)]
        joined = mask.transpose(0, 2, 1, 3).reshape(-1, cut.shape[1] * self.m)[: len(scores)]
        return joined.reshape(*scores.shape[:-1], -1)[..., : scores.shape[-1]]

    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps.

        A short last group of r inputs keeps most when the choices within it go to the outputs that exist.
        """
        full, rest = divmod(columns, self.m)
        short = 0
        if rest:
            within = np.sort(self.members()[:, :rest].sum(1))[::-1].repeat(self.g)
            chunks, left = divmod(rows, self.chunk)
            short = int(chunks * within.sum() + within[:left].sum())
        return rows * full * self.n + short

    def mask_bits(self, rows: int, columns: int) -> int:
        """An output number of ceil(log2 chunk) bits for every slot; its choice follows from the slot's place."""
        slots = ceil_div(rows, self.chunk) * self.chunk * ceil_div(columns, self.m)
        return slots * (self.chunk - 1).bit_length()

    def _cut(self, array: AnyArray, fill: float) -> AnyArray:
        """(outputs, ..., inputs) padded and cut into (chunks, groups, chunk, m), groups of all inner positions."""
        if array.ndim < 2:
            raise InputError(f"an array of shape {array.shape} is no matrix: n:m:g needs (outputs, ..., inputs)")
        groups = grouped(array, self.m, fill).reshape(len(array), -1, self.m)
        padding = -len(groups) % self.chunk
        padded = np.pad(groups, ((0, padding), (0, 0), (0, 0)), constant_values=fill)
        return padded.reshape(-1, self.chunk, groups.shape[1], self.m).transpose(0, 2, 1, 3)
