"""Bank-balanced sparsity: every bank of inputs keeps the same number of weights."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from mapping.sparsity.patterns.base import SparsityPattern, check_size
from mapping.sparsity.patterns.nm import Pattern
from mapping.sparsity.patterns.selection import grouped, keep_in_groups

_TEXT = re.compile(r"bank:(\d{1,9})/(\d{1,9})")
MAX_BANK = 1 << 16


@dataclass(frozen=True, slots=True)
class BankBalanced(SparsityPattern):
    """Of every ``bank`` consecutive input channels, ``bank / rate`` are kept: a ``rate``-fold reduction of the work.

    Source: US 11,113,601, claim 1 (Moffett AI, S4): each fixed group of channels keeps a fixed number of non-zero
    weights, so that all processors finish together. The bank size of the chip is not published. It is N:M at sizes
    beyond M = 64; a short last bank of g channels keeps up to min(bank / rate, g).
    """

    bank: int
    rate: int

    def __post_init__(self) -> None:
        """Check the range.

        Raises:
            InputError: A bank outside [1, 65536], or a rate that does not divide it.
        """
        check_size("bank", self.bank, MAX_BANK)
        check_size("rate", self.rate, self.bank)
        if self.bank % self.rate:
            raise InputError(f"bank:{self.bank}/{self.rate}: rate={self.rate} does not divide bank={self.bank}")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``bank:BANK/RATE``; None for other text."""
        match = _TEXT.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"bank:{self.bank}/{self.rate}"

    @property
    def is_dense(self) -> bool:
        """Whether nothing is pruned."""
        return self.rate == 1

    @property
    def period(self) -> int:
        """Inputs after which the last axis may be cut: one bank."""
        return self.bank

    @property
    def kept(self) -> int:
        """Weights that a full bank keeps."""
        return self.bank // self.rate

    def as_nm(self) -> Pattern:
        """The same masks as an N:M pattern, which is what families take.

        Raises:
            InputError: Banks beyond the largest M.
        """
        return Pattern(self.kept, self.bank)

    @property
    def index_bits(self) -> int:
        """Bits that say where in its bank a kept weight stood, ceil(log2 bank)."""
        return (self.bank - 1).bit_length()

    def check(self, mask: BoolArray) -> bool:
        """Whether no bank keeps more than its share."""
        return bool((np.count_nonzero(grouped(mask, self.bank, False), axis=-1) <= self.kept).all())

    def project(self, scores: AnyArray) -> BoolArray:
        """Keep the highest scores of every bank; the lowest index wins ties."""
        return keep_in_groups(scores, self.kept, self.bank)

    def capacity(self, rows: int, columns: int) -> int:
        """Most weights that a valid mask of (rows, columns) keeps."""
        full, rest = divmod(columns, self.bank)
        return rows * (full * self.kept + min(rest, self.kept))

    def mask_bits(self, rows: int, columns: int) -> int:
        """An index of ceil(log2 bank) bits for every slot."""
        return rows * ceil_div(columns, self.bank) * self.kept * self.index_bits


def parse_nm(text: str) -> Pattern:
    """What the hardware families take: ``dense``, ``N:M``, or ``bank:BANK/RATE`` as N:M with M = BANK.

    Raises:
        InputError: Anything else, or numbers out of range.
    """
    banks = BankBalanced.read(text)
    return Pattern.parse(text) if banks is None else banks.as_nm()
