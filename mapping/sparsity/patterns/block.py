"""Block sparsity: whole blocks of the weight matrix are kept or pruned."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.graph import ceil_div
from mapping.sparsity.patterns.base import SparsityPattern, as_matrix, check_size, check_sparsity, pruned_count
from mapping.sparsity.patterns.selection import keep_in_groups

_TEXT = re.compile(r"block:(\d{1,9})(?:x(\d{1,9}))?@(\d+(?:\.\d+)?)")
MAX_SIDE = 1 << 16


@dataclass(frozen=True, slots=True)
class Block(SparsityPattern):
    """A share ``sparsity`` of all blocks of ``height`` outputs × ``width`` inputs is pruned.

    Blocks at the lower and right edge may be smaller. A block counts with the sum of its scores (the L1 norm under
    magnitude pruning), so that a small edge block has to make up for its size.
    """

    height: int
    width: int
    sparsity: float

    def __post_init__(self) -> None:
        """Check the range.

        Raises:
            InputError: A side outside [1, 65536] or a sparsity outside [0, 1).
        """
        check_size("block height", self.height, MAX_SIDE)
        check_size("block width", self.width, MAX_SIDE)
        check_sparsity("block", self.sparsity)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``block:B@S`` or ``block:HxW@S``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(int(match[1]), int(match[2] or match[1]), float(match[3])) if match else None

    def __str__(self) -> str:
        side = f"{self.height}" if self.height == self.width else f"{self.height}x{self.width}"
        return f"block:{side}@{self.sparsity!r}"

    def check(self, mask: BoolArray) -> bool:
        """Whether no more blocks hold a kept weight than the share allows."""
        touched = block_sums(as_matrix(mask), self.height, self.width) > 0
        return int(np.count_nonzero(touched)) <= self._kept(touched.size)

    def project(self, scores: AnyArray) -> BoolArray:
        """Keep the blocks with the highest sums; the lowest index, row by row, wins ties."""
        matrix = as_matrix(scores)
        sums = block_sums(matrix, self.height, self.width)
        kept = keep_in_groups(sums.reshape(-1), self._kept(sums.size), sums.size).reshape(sums.shape)
        return expand_blocks(kept, self.height, self.width, matrix.shape).reshape(scores.shape)

    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps: the largest blocks."""
        areas = np.outer(_sides(rows, self.height), _sides(columns, self.width)).ravel()
        return int(np.sort(areas)[::-1][: self._kept(areas.size)].sum())

    def mask_bits(self, rows: int, columns: int) -> int:
        """A block column index of ceil(log2 block columns) bits for every kept block."""
        across = ceil_div(columns, self.width)
        return self._kept(ceil_div(rows, self.height) * across) * (across - 1).bit_length()

    def _kept(self, blocks: int) -> int:
        return blocks - pruned_count(blocks, self.sparsity)


def block_sums(matrix: AnyArray, height: int, width: int) -> AnyArray:
    """Sums of the (height, width) blocks of ``matrix`` (rows, columns), edge blocks as they are."""
    rows, columns = matrix.shape
    kind = np.promote_types(matrix.dtype, np.float32)  # counts up to 2^24 are exact
    within = np.add.reduceat(matrix, np.arange(0, columns, width), axis=1, dtype=kind)
    return np.add.reduceat(within, np.arange(0, rows, height), axis=0)


def expand_blocks(blocks: BoolArray, height: int, width: int, shape: tuple[int, ...]) -> BoolArray:
    """The mask of ``shape`` (rows, columns) whose blocks are the cells of ``blocks``."""
    return np.repeat(np.repeat(blocks, height, axis=0)[: shape[0]], width, axis=1)[:, : shape[1]]


def _sides(length: int, side: int) -> AnyArray:
    """Lengths of the blocks that ``length`` is cut into."""
    return np.minimum(side, length - np.arange(0, length, side))
