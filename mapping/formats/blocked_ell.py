"""Blocked ELLPACK: the same number of blocks in every block row."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.errors import InputError
from mapping.formats.base import Format, Reader, Shape, join, occupied, scatter, section, tiled, untiled
from mapping.sparsity.patterns.base import check_size


@dataclass(frozen=True, slots=True)
class BlockedEll(Format):
    """Block column numbers (int32, -1 for none), then the blocks, with the fullest block row's number for all.

    Source: NVIDIA cuSPARSE, Blocked-ELL storage: with b the block side and w the blocks of a row, 4 (M / b) w bytes
    of indices and v M w b bytes of values. Edge blocks are filled up with zeros.
    """

    block: int = 16

    def __post_init__(self) -> None:
        """Refuse a block outside [1, 65536]."""
        check_size("ELL block", self.block, 1 << 16)

    def __str__(self) -> str:
        return f"blocked ELL {self.block}x{self.block}"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        blocks = tiled(matrix, self.block, self.block)
        stored = occupied(matrix, self.block)
        width = int(stored.sum(1).max(initial=0))
        # A stable sort by "is empty" brings the stored blocks of a row to the front, in order.
        columns = np.argsort(~stored, axis=1, kind="stable")[:, :width]
        present = np.take_along_axis(stored, columns, 1)
        values = blocks[np.arange(len(stored))[:, None], columns]
        return join([section(np.where(present, columns, -1), np.int32), section(values)])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote; the row width follows from the length of the data."""
        reader = Reader(data)
        down, across = (-(-side // self.block) for side in shape)
        cell = 4 + self.block**2 * np.dtype(dtype).itemsize
        width, rest = divmod(len(reader.data), down * cell)
        if rest:
            raise InputError(f"{len(reader.data)} bytes are no whole number of {cell}-byte blocks in {down} block rows")
        columns = reader.take(down * width, np.int32).reshape(down, width)
        values = reader.take(columns.size * self.block**2, dtype).reshape(-1, self.block, self.block)
        present = columns.ravel() >= 0
        rows = np.repeat(np.arange(down), width)[present]
        number = scatter((down, across), rows, columns.ravel()[present], np.arange(1, columns.size + 1)[present])
        blocks = np.concatenate([np.zeros((1, self.block, self.block), values.dtype), values])
        return untiled(blocks[number], shape)

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """(v b² + 32) ceil(M / b) w."""
        stored = occupied(mask, self.block)
        return (value_bits * self.block**2 + 32) * len(stored) * int(stored.sum(1).max(initial=0))
