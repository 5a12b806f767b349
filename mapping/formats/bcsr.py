"""Blocked compressed sparse rows, as SMaT stores them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.formats.base import Format, Reader, Shape, counts_of, join, occupied, scatter, section, tiled, untiled
from mapping.sparsity.patterns.base import check_size
from mapping.sparsity.patterns.selection import grouped


@dataclass(frozen=True, slots=True)
class Bcsr(Format):
    """Every block with a non-zero is stored densely: block row pointers, first columns (int32 both), then the blocks.

    Source: SMaT, Okanovic et al. (SC 2024); spcl/smat, src/cuda_hgemm/src/common/matrix.h, m16n8k16: with b = 16 and nb
    blocks v b² nb + 4 nb + 4 (M / b + 1) bytes. A column index is the block's first column, not its number.
    ``block_info`` adds the two int32 arrays over all blocks that SMaT keeps beside it: the kind (0 empty, 1 at most
    2 of 4, 2 dense) and the number among the stored blocks (-1 if not stored). Edge blocks are filled up with zeros.
    """

    block: int = 16
    block_info: bool = False

    def __post_init__(self) -> None:
        """Refuse a block outside [1, 65536]."""
        check_size("BCSR block", self.block, 1 << 16)

    def __str__(self) -> str:
        return f"BCSR {self.block}x{self.block}" + (" with block info" if self.block_info else "")

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        blocks = tiled(matrix, self.block, self.block)
        stored = occupied(matrix, self.block)
        down, across = np.nonzero(stored)
        pointers = np.searchsorted(down, np.arange(len(stored) + 1))
        sections = [section(pointers, np.int32), section(across * self.block, np.int32), section(blocks[stored])]
        if self.block_info:
            fits = (np.count_nonzero(grouped(blocks != 0, 4, False), axis=-1) <= 2).all((2, 3))
            number = np.where(stored, np.cumsum(stored).reshape(stored.shape) - 1, -1)
            sections += [section(np.where(stored, 2 - fits, 0), np.int32), section(number, np.int32)]
        return join(sections)

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote; block info is passed over."""
        reader = Reader(data)
        down, across = (-(-side // self.block) for side in shape)
        counts = counts_of(reader.take(down + 1, np.int32))
        columns = reader.take(int(counts.sum()), np.int32)
        values = reader.take(len(columns) * self.block**2, dtype).reshape(-1, self.block, self.block)
        if self.block_info:
            reader.take(2 * down * across, np.int32)
        reader.close()
        rows = np.repeat(np.arange(down), counts)
        number = scatter((down, across), rows, columns // self.block, np.arange(1, len(columns) + 1))
        blocks = np.concatenate([np.zeros((1, self.block, self.block), values.dtype), values])
        return untiled(blocks[number], shape)

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """V b² nb + 32 nb + 32 (ceil(M / b) + 1), and 64 ceil(M / b) ceil(K / b) of block info."""
        stored = occupied(mask, self.block)
        blocks = int(np.count_nonzero(stored))
        info = 64 * stored.size if self.block_info else 0
        return (value_bits * self.block**2 + 32) * blocks + 32 * (len(stored) + 1) + info
