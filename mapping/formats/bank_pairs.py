"""Bank-balanced sparsity as index-value pairs."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray, IntArray
from mapping.formats.base import Format, Reader, Shape, join, section
from mapping.formats.slots import check_room, fill, spread
from mapping.graph import ceil_div
from mapping.sparsity.patterns.bank import BankBalanced
from mapping.sparsity.patterns.selection import grouped


@dataclass(frozen=True, slots=True)
class BankPairs(Format):
    """Every bank has its fixed number of pairs: index in the bank of ceil(log2 bank) bits, then value.

    Source: US 11,113,601 (Moffett AI, S4): processors walk index-value pairs, the same number in every sub-filter.
    Pairs of v + ceil(log2 bank) bits follow each other without gaps, row by row, bank by bank; the width of the
    chip's own index is not published. A pair without a weight is zero.
    """

    pattern: BankBalanced

    def __str__(self) -> str:
        return f"bank pairs {self.pattern.bank}/{self.pattern.rate}"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        values, indices = fill(grouped(matrix, self.pattern.bank, 0), self.pattern.kept, str(self))
        value = np.unpackbits(section(values), bitorder="little").reshape(values.size, -1)
        index = indices.reshape(-1, 1) >> np.arange(self.pattern.index_bits) & 1
        return join([np.packbits(np.hstack([index.astype(np.uint8), value]), bitorder="little")])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        groups = spread(*self.pairs(data, shape, dtype), self.pattern.bank)
        return groups.reshape(shape[0], -1)[:, : shape[1]]

    def pairs(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> tuple[AnyArray, IntArray]:
        """What ``encode`` wrote for a matrix of ``shape`` as it is stored: values and indices, (rows, banks, kept).

        Raises:
            InputError: Data of another length.
        """
        kind, bits = np.dtype(dtype), self.pattern.index_bits
        slots = (shape[0], ceil_div(shape[1], self.pattern.bank), self.pattern.kept)
        pairs, width = int(np.prod(slots)), bits + 8 * kind.itemsize
        reader = Reader(data)
        fields = np.unpackbits(
            reader.take(ceil_div(pairs * width, 8), np.uint8), bitorder="little", count=pairs * width
        ).reshape(pairs, width)
        reader.close()
        indices = fields[:, :bits].astype(np.int64) @ (1 << np.arange(bits))
        values = Reader(np.packbits(fields[:, bits:], bitorder="little")).take(pairs, kind)
        return values.reshape(slots), indices.reshape(slots)

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """8 ceil(pairs (v + ceil(log2 bank)) / 8), with bank / rate pairs for every bank of every row."""
        check_room(grouped(mask, self.pattern.bank, False), self.pattern.kept, str(self))
        pairs = len(mask) * ceil_div(mask.shape[1], self.pattern.bank) * self.pattern.kept
        return 8 * ceil_div(pairs * (value_bits + self.pattern.index_bits), 8)
