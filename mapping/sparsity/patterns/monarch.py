"""Monarch: a dense matrix as the product of two block-diagonal ones, with a fixed permutation between."""

import re
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from mapping.sparsity.patterns.base import SparsityPattern, as_matrix, check_size

_TEXT = re.compile(r"monarch:(\d{1,9})/(left|right)")


@dataclass(frozen=True, slots=True)
class Monarch(SparsityPattern):
    """The mask of one factor of a Monarch matrix of ``blocks`` blocks.

    Source: Monarch, Dao et al. (ICML 2022, arXiv 2204.00595), section 3.1: M = P L P^T R with L and R block-diagonal
    and P the permutation that transposes a vector seen as a (blocks, size) matrix. ``right`` is R, and ``left`` is
    P L P^T: rows i and columns j with equal i mod blocks and j mod blocks. The product M has no zeros; a layer runs
    as two sparse products. Where ``blocks`` does not divide a side, the last block of R is short.
    """

    blocks: int
    factor: Literal["left", "right"]

    def __post_init__(self) -> None:
        """Check the range.

        Raises:
            InputError: Blocks outside [1, 65536] or an unknown factor.
        """
        check_size("monarch blocks", self.blocks, 1 << 16)
        if self.factor not in ("left", "right"):
            raise InputError(f"factor={self.factor!r}: must be 'left' or 'right'")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``monarch:BLOCKS/left`` or ``monarch:BLOCKS/right``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(int(match[1]), "left" if match[2] == "left" else "right") if match else None

    def __str__(self) -> str:
        return f"monarch:{self.blocks}/{self.factor}"

    def mask(self, rows: int, columns: int) -> BoolArray:
        """The one full mask of (rows, columns)."""
        down, across = (self._block(length) for length in (rows, columns))
        return down[:, None] == across

    def _block(self, length: int) -> AnyArray:
        """The block that each index of a side belongs to."""
        index = np.arange(length)
        return index % self.blocks if self.factor == "left" else index // ceil_div(length, self.blocks)

    def check(self, mask: BoolArray) -> bool:
        """Whether nothing outside the blocks is kept."""
        matrix = as_matrix(mask)
        return not (matrix & ~self.mask(*matrix.shape)).any()

    def project(self, scores: AnyArray) -> BoolArray:
        """The blocks, whatever the scores."""
        return self.mask(*as_matrix(scores).shape).reshape(scores.shape)

    def capacity(self, rows: int, columns: int) -> int:
        """Weights of the factor."""
        return int(np.count_nonzero(self.mask(rows, columns)))

    def mask_bits(self, rows: int, columns: int) -> int:
        """None: the pattern is fixed."""
        return 0


def monarch_factors(matrix: AnyArray, blocks: int) -> tuple[AnyArray, AnyArray]:
    """The Monarch matrix nearest to a square matrix in the Frobenius norm.

    Source: arXiv 2204.00595, section 3.3: with rows cut into (size, blocks) and columns into (blocks, size), each
    slice at fixed inner row index and outer column index is a matrix that the best Monarch matrix replaces by its
    best rank-one approximation.

    Args:
        matrix: (n, n) floating, with blocks * blocks = n.
        blocks: Blocks of each factor, sqrt(n).

    Returns:
        ``left`` (n, n) in the pattern ``monarch:blocks/left`` and ``right`` (n, n) in ``monarch:blocks/right``; their
        product is the approximation.

    Raises:
        InputError: A matrix that is not blocks² × blocks².
    """
    n = blocks * blocks
    if matrix.shape != (n, n):
        raise InputError(f"matrix of shape {matrix.shape}: {blocks} blocks need ({n}, {n})")
    # element [l b + j, k b + i] -> slice (j, k), entry (l, i)
    slices = matrix.reshape(blocks, blocks, blocks, blocks).transpose(1, 2, 0, 3)
    u, values, v = np.linalg.svd(slices, full_matrices=False)
    root = np.sqrt(values[..., 0])[..., None]
    left, right = np.zeros((2, blocks, blocks, blocks, blocks), matrix.dtype)
    j, k = np.indices((blocks, blocks))
    left[:, j, k, j] = np.moveaxis(u[..., 0] * root, -1, 0)  # row l b + j, column k b + j
    right[k, j, k, :] = v[..., 0, :] * root  # row k b + j, column k b + i
    return left.reshape(n, n), right.reshape(n, n)
