"""N:M along both axes at once: one mask for the forward and the backward pass."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.sparsity.patterns.base import SparsityPattern
from mapping.sparsity.patterns.nm import Pattern
from mapping.sparsity.patterns.selection import grouped

_TEXT = re.compile(r"(\d{1,9}:\d{1,9})@both")
_CHUNK = 1 << 20  # elements


@dataclass(frozen=True, slots=True)
class Transposable(SparsityPattern):
    """At most N of every M input channels and at most N of every M output channels.

    Blocks of M x M are independent. The projection is the greedy 2-approximation of Hubara et al., "Accelerated
    Sparse Neural Training" (NeurIPS 2021): visit a block's scores from the highest down and keep each whose row and
    column have room. It keeps at least half of the best total of non-negative scores and nothing can be added to it,
    but it may leave rows below N. A ragged last block keeps to the same limits.
    """

    pattern: Pattern

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``N:M@both``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(Pattern.parse(match[1])) if match else None

    def __str__(self) -> str:
        return f"{self.pattern.n}:{self.pattern.m}@both"

    @property
    def is_dense(self) -> bool:
        """Whether nothing is pruned."""
        return self.pattern.is_dense

    @property
    def period(self) -> int:
        """Inputs after which the last axis may be cut: M."""
        return self.pattern.m

    def check(self, mask: BoolArray) -> bool:
        """Whether no group of inputs and no group of outputs keeps more than N."""
        return self.pattern.check(mask) and self.pattern.check(np.swapaxes(mask, 0, -1))

    def project(self, scores: AnyArray) -> BoolArray:
        """The greedy mask; (outputs, ..., inputs) with a block for every inner position."""
        if self.is_dense:
            return np.ones(scores.shape, bool)
        m = self.pattern.m
        outputs, inputs = scores.shape[0], scores.shape[-1]
        planes = np.moveaxis(scores, -1, 1).reshape(outputs, inputs, -1)
        mask = np.empty(planes.shape, bool)
        step = max(1, _CHUNK // (m * (inputs + m)))
        for plane in range(planes.shape[2]):
            for first in range(0, outputs, step * m):
                part = planes[first : first + step * m, :, plane]
                # (rows, inputs) -> (row blocks, column blocks, M outputs, M inputs)
                tall = grouped(grouped(part, m, -np.inf).transpose(1, 2, 0), m, -np.inf)
                kept = _greedy(tall.transpose(2, 0, 3, 1).reshape(-1, m * m), self.pattern.n, m)
                kept = kept.reshape(tall.shape[2], tall.shape[0], m, m).transpose(0, 2, 1, 3)
                mask[first : first + step * m, :, plane] = kept.reshape(tall.shape[2] * m, -1)[: len(part), :inputs]
        inner = scores.shape[1:-1]
        return np.moveaxis(mask.reshape(outputs, inputs, *inner), 1, -1) if inner else mask[:, :, 0]

    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps: in every block N times its shorter side."""
        n, m = self.pattern.n, self.pattern.m

        def sides(length: int) -> list[tuple[int, int]]:
            return [(m, length // m), (length % m, 1)]

        return sum(min(a * min(n, b), b * min(n, a)) * x * y for a, x in sides(rows) for b, y in sides(columns))

    def mask_bits(self, rows: int, columns: int) -> int:
        """N indices of ceil(log2 M) bits for every group of inputs; the other direction follows from them."""
        return self.pattern.mask_bits(rows, columns)


def _greedy(blocks: AnyArray, n: int, m: int) -> BoolArray:
    """Greedy masks of (blocks, m * m) scores; padding is -inf and never kept."""
    order = np.argsort(-blocks, axis=1, kind="stable")
    mask = np.zeros(blocks.shape, bool)
    in_row, in_column = (np.zeros((len(blocks), m), np.uint8) for _ in range(2))
    block = np.arange(len(blocks))
    for cell in order.T:
        row, column = np.divmod(cell, m)
        free = (in_row[block, row] < n) & (in_column[block, column] < n) & (blocks[block, cell] != -np.inf)
        mask[block, cell] = free
        in_row[block, row] += free
        in_column[block, column] += free
    return mask
