"""TCA-BME: bitmaps of 8 x 8 tiles in the order in which tensor cores read them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.errors import InputError
from mapping.formats.base import Format, Reader, Shape, counts_of, join, section
from mapping.graph import ceil_div

GROUP, TILE = 64, 8


@dataclass(frozen=True, slots=True)
class TcaBme(Format):
    """Offsets of the 64 x 64 group tiles (int32), bitmaps of the 8 x 8 tiles (uint64), then the non-zeros.

    Source: SpInfer, Fan et al. (EuroSys 2025), equation 9: 4 (NGT + 1) + 8 NBT + v NNZ bytes. Group tiles are
    row-major; within one come four bands of 16 x 64, in each four blocks of 16 x 16, in each the four tiles column by
    column. The authors' code also pads each group's values to a multiple of 8 and keeps offsets of the bands, which
    the equation leaves out; so does this.
    """

    def __str__(self) -> str:
        return "TCA-BME"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        tiles = _tiles(matrix)
        mask = tiles != 0
        ends = np.cumsum(np.count_nonzero(mask.reshape(-1, GROUP * GROUP), axis=1))
        bitmaps = np.packbits(mask, bitorder="little")
        return join([section(np.concatenate([[0], ends]), np.int32), bitmaps, section(tiles[mask])])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        reader = Reader(data)
        down, across = (ceil_div(side, GROUP) for side in shape)
        counts = counts_of(reader.take(down * across + 1, np.int32))
        mask = reader.flags(down * across * GROUP * GROUP)
        if not np.array_equal(np.count_nonzero(mask.reshape(-1, GROUP * GROUP), axis=1), counts):
            raise InputError("group offsets do not agree with the bitmaps")
        flat = np.zeros(mask.shape, dtype)
        flat[mask] = reader.take(int(counts.sum()), dtype)
        reader.close()
        tiles = flat.reshape(down, across, 4, 4, 2, 2, TILE, TILE)
        matrix = tiles.transpose(0, 2, 5, 6, 1, 3, 4, 7).reshape(down * GROUP, across * GROUP)
        return matrix[: shape[0], : shape[1]]

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """32 (NGT + 1) + 64 NBT + v NNZ; edge tiles are whole ones."""
        groups = ceil_div(mask.shape[0], GROUP) * ceil_div(mask.shape[1], GROUP)
        bitmaps = groups * (GROUP // TILE) ** 2
        return 32 * (groups + 1) + 64 * bitmaps + value_bits * int(np.count_nonzero(mask))


def _tiles(matrix: AnyArray) -> AnyArray:
    """(rows, columns) as (group row, group column, band, block, tile column, tile row, 8, 8)."""
    padded = np.pad(matrix, ((0, -matrix.shape[0] % GROUP), (0, -matrix.shape[1] % GROUP)))
    cut = padded.reshape(padded.shape[0] // GROUP, 4, 2, TILE, padded.shape[1] // GROUP, 4, 2, TILE)
    return cut.transpose(0, 4, 1, 5, 6, 2, 3, 7)
