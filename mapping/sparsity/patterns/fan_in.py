"""Constant fan-in: every output sums over the same number of inputs."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.sparsity.patterns.base import SparsityPattern, as_matrix, check_size
from mapping.sparsity.patterns.selection import keep_in_groups

_TEXT = re.compile(r"fan-in:(\d{1,9})")


@dataclass(frozen=True, slots=True)
class FanIn(SparsityPattern):
    """Every output keeps ``inputs`` of its weights, anywhere in its row.

    Source: SRigL, Lasby et al., "Dynamic Sparse Training with Structured Sparsity" (ICLR 2024): the sparse
    layer is two dense arrays (outputs, inputs), weights and their indices. Ablation of whole neurons is not part of
    the mask's shape.
    """

    inputs: int

    def __post_init__(self) -> None:
        """Refuse a fan-in below 1."""
        check_size("fan-in", self.inputs, 1 << 24)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``fan-in:K``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(int(match[1])) if match else None

    def __str__(self) -> str:
        return f"fan-in:{self.inputs}"

    def check(self, mask: BoolArray) -> bool:
        """Whether no output keeps more inputs than the fan-in."""
        return bool((np.count_nonzero(as_matrix(mask), axis=1) <= self.inputs).all())

    def project(self, scores: AnyArray) -> BoolArray:
        """Keep the highest scores of every output; the lowest index wins ties."""
        matrix = as_matrix(scores)
        return keep_in_groups(matrix, self.inputs, matrix.shape[1]).reshape(scores.shape)

    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps; a short row keeps all it has."""
        return rows * min(self.inputs, columns)

    def mask_bits(self, rows: int, columns: int) -> int:
        """An index of ceil(log2 columns) bits for every kept weight."""
        return self.capacity(rows, columns) * (columns - 1).bit_length()
