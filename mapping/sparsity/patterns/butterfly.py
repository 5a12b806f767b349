"""Flat block butterfly, a fixed pattern, and the low-rank term that goes with it."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from mapping.sparsity.patterns.base import SparsityPattern, as_matrix, check_size
from mapping.sparsity.patterns.block import expand_blocks

_TEXT = re.compile(r"butterfly:(\d{1,9})/(\d{1,9})(?:\+(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Butterfly(SparsityPattern):
    """Blocks (i, j) with i = j or i xor j a power of two below ``stride``, plus a low-rank matrix of ``rank``.

    Source: Pixelated Butterfly, Dao et al. (ICLR 2022, arXiv 2112.00029): the flat block butterfly of
    maximum stride k is the sum of the identity and of the butterfly factors of strides 2, 4, ..., k. On a grid of
    R x C blocks that is no square of a power of two, block (i, j) takes the place (i P / R, j P / C), rounded down,
    in the largest square of side P = 2^p <= min(R, C), so that the pattern is stretched as in the paper.

    The mask is that of the sparse term alone: the low-rank term U V has no zeros (``low_rank`` computes it).
    """

    block: int
    stride: int
    rank: int = 0

    def __post_init__(self) -> None:
        """Check the range.

        Raises:
            InputError: A size outside its range, or a stride that is no power of two.
        """
        check_size("butterfly block", self.block, 1 << 16)
        check_size("butterfly stride", self.stride, 1 << 16)
        if self.stride & (self.stride - 1):
            raise InputError(f"butterfly stride={self.stride}: must be a power of two")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``butterfly:BLOCK/STRIDE`` or ``butterfly:BLOCK/STRIDE+RANK``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(int(match[1]), int(match[2]), int(match[3] or 0)) if match else None

    def __str__(self) -> str:
        return f"butterfly:{self.block}/{self.stride}" + (f"+{self.rank}" if self.rank else "")

    def mask(self, rows: int, columns: int) -> BoolArray:
        """The one full mask of (rows, columns)."""
        down, across = ceil_div(rows, self.block), ceil_div(columns, self.block)
        side = 1 << (min(down, across).bit_length() - 1)
        apart = (np.arange(down) * side // down)[:, None] ^ (np.arange(across) * side // across)
        kept = (apart & (apart - 1) == 0) & (apart < self.stride)  # zero or a power of two
        return expand_blocks(kept, self.block, self.block, (rows, columns))

    def check(self, mask: BoolArray) -> bool:
        """Whether nothing outside the butterfly is kept."""
        matrix = as_matrix(mask)
        return not (matrix & ~self.mask(*matrix.shape)).any()

    def project(self, scores: AnyArray) -> BoolArray:
        """The butterfly, whatever the scores."""
        return self.mask(*as_matrix(scores).shape).reshape(scores.shape)

    def capacity(self, rows: int, columns: int) -> int:
        """Weights of the sparse term."""
        return int(np.count_nonzero(self.mask(rows, columns)))

    def mask_bits(self, rows: int, columns: int) -> int:
        """None: the pattern is fixed."""
        return 0

    def low_rank_weights(self, rows: int, columns: int) -> int:
        """Weights of the low-rank term, rank (rows + columns)."""
        return self.rank * (rows + columns)


def low_rank(matrix: AnyArray, pattern: Butterfly) -> tuple[AnyArray, AnyArray]:
    """The best low-rank term for what the butterfly leaves of a matrix (Eckart and Young).

    Args:
        matrix: (rows, columns) floating.
        pattern: Sparse pattern and rank.

    Returns:
        U (rows, rank) and V (rank, columns): ``where(mask, matrix, 0) + U @ V`` approximates the matrix. Inside the
        mask the sparse weights then take ``matrix - U @ V`` and are exact.
    """
    rest = np.where(pattern.mask(*matrix.shape), 0, matrix)
    u, values, v = np.linalg.svd(rest, full_matrices=False)
    return u[:, : pattern.rank] * values[: pattern.rank], v[: pattern.rank]
