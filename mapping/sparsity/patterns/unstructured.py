"""Unstructured sparsity: any weight of the matrix may go."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.sparsity.patterns.base import SparsityPattern, check_sparsity, pruned_count
from mapping.sparsity.patterns.selection import keep_in_groups

_TEXT = re.compile(r"unstructured@(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Unstructured(SparsityPattern):
    """A share ``sparsity`` of all weights is pruned, wherever it stands."""

    sparsity: float

    def __post_init__(self) -> None:
        """Refuse a sparsity outside [0, 1)."""
        check_sparsity("unstructured", self.sparsity)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``unstructured@S``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(float(match[1])) if match else None

    def __str__(self) -> str:
        return f"unstructured@{self.sparsity!r}"

    def check(self, mask: BoolArray) -> bool:
        """Whether the mask keeps no more than the share allows."""
        return int(np.count_nonzero(mask)) <= self.kept(mask.size)

    def project(self, scores: AnyArray) -> BoolArray:
        """Keep the highest scores of the whole array; the lowest index in C order wins ties."""
        return keep_in_groups(scores.reshape(-1), self.kept(scores.size), scores.size).reshape(scores.shape)

    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps."""
        return self.kept(rows * columns)

    def mask_bits(self, rows: int, columns: int) -> int:
        """One bit for each weight."""
        return rows * columns

    def kept(self, total: int) -> int:
        """Weights that stay of ``total``."""
        return total - pruned_count(total, self.sparsity)
