"""Mustafar: a bitmap, an offset and padded values for every 64 elements of a row."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.formats.base import Format, Reader, Shape, counts_of, join, section
from mapping.graph import ceil_div
from mapping.sparsity.patterns.selection import grouped

TILE = 64
_PADDED = 8


@dataclass(frozen=True, slots=True)
class Mustafar(Format):
    """Bitmaps of the 1 x 64 tiles (int64, first element in the highest bit), offsets (int32, in pairs), values.

    Source: Mustafar, Joo et al. (2025); dhjoo98/mustafar, kernel/compression.py, the layout of a pruned KV cache. A
    tile's values are padded to a multiple of 8: per tile v ceil8(nnz) + 8 + 4 bytes. As in the authors' code, one
    closing offset more than tiles is stored. Tiles are row-major; a short last tile of a row is filled with zeros.
    """

    def __str__(self) -> str:
        return "Mustafar"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        tiles = grouped(matrix, TILE, 0).reshape(-1, TILE)
        mask = tiles != 0
        counts = np.count_nonzero(mask, axis=1)
        padded = _pad(counts)
        ends = np.cumsum(padded)
        values = np.zeros(int(padded.sum()), matrix.dtype)
        tile, place = np.nonzero(mask)
        slot = (ends - padded)[tile] + np.arange(len(tile)) - (np.cumsum(counts) - counts)[tile]
        values[slot] = tiles[tile, place]
        bitmaps = np.packbits(mask[:, ::-1], bitorder="little")
        return join([bitmaps, section(np.concatenate([[0], ends]) // 2, np.int32), section(values)])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        reader = Reader(data)
        across = ceil_div(shape[1], TILE)
        count = shape[0] * across
        mask = reader.flags(count * TILE).reshape(count, TILE)[:, ::-1]
        padded = 2 * counts_of(reader.take(count + 1, np.int32))
        values = reader.take(int(padded.sum()), dtype)
        reader.close()
        first = np.arange(TILE) < np.count_nonzero(mask, axis=1)[:, None]
        slots = np.arange(TILE) < padded[:, None]
        packed = np.zeros(mask.shape, dtype)
        packed[slots] = values[: np.count_nonzero(slots)]
        tiles = np.zeros(mask.shape, dtype)
        tiles[mask] = packed[first]
        return tiles.reshape(shape[0], across * TILE)[:, : shape[1]]

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """For T tiles: v ceil8(nnz) each, 64 T of bitmaps and 32 (T + 1) of offsets."""
        counts = np.count_nonzero(grouped(mask, TILE, False), axis=-1)
        return value_bits * int(_pad(counts).sum()) + 64 * counts.size + 32 * (counts.size + 1)


def _pad(counts: AnyArray) -> AnyArray:
    return -(-counts // _PADDED) * _PADDED
