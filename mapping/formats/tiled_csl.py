"""Tiled-CSL: values and their locations side by side in one word, tile by tile."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.errors import InputError
from mapping.formats.base import Format, Reader, Shape, counts_of, join, section, tiled, untiled

HEIGHT, WIDTH = 128, 64
_VECTOR = 4
# Location of every element in a tile: the columns are permuted so that a warp's stores meet no bank conflict.
_ROW, _COLUMN = np.indices((HEIGHT, WIDTH))
_LOCATION = (_ROW * WIDTH + (_COLUMN ^ ((_ROW % 8) << 3))).ravel()


@dataclass(frozen=True, slots=True)
class TiledCsl(Format):
    """Tile offsets (int32, in vectors of 4), then words of a 16-bit value and a 16-bit location.

    Source: Flash-LLM, Xia et al. (VLDB 2024); AlibabaResearch/flash-llm, csrc/SpMM_API.cu: tiles of 128 x 64, each
    padded to a multiple of 4 words, 4 NNZ_pad + 4 (NT + 2) bytes for NT tiles. The offsets close with the end and a
    repetition of it for an empty tile. Padding is a zero value at the tile's first zero. Words of a tile are in
    row-major order; the authors deal them out to shared memory banks, which changes their order and no length. Values
    have 16 bits.
    """

    def __str__(self) -> str:
        return "Tiled-CSL"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix of 16-bit values."""
        _check_width(8 * matrix.itemsize)
        tiles = tiled(matrix, HEIGHT, WIDTH).reshape(-1, HEIGHT * WIDTH)
        mask = tiles != 0
        counts = np.count_nonzero(mask, axis=1)
        padded = -(-counts // _VECTOR) * _VECTOR
        ends = np.cumsum(padded)
        words = np.zeros((int(padded.sum()), 2), "<u2")
        tile, place = np.nonzero(mask)
        # Every word first holds its tile's padding; the non-zeros then overwrite all but the last of them.
        words[:, 1] = np.repeat(_LOCATION[np.argmin(mask, axis=1)], padded)
        slot = (ends - padded)[tile] + np.arange(len(tile)) - (np.cumsum(counts) - counts)[tile]
        words[slot, 0] = tiles[tile, place].view(np.uint16)
        words[slot, 1] = _LOCATION[place]
        offsets = np.concatenate([[0], ends, ends[-1:]]) // _VECTOR
        return join([section(offsets, np.int32), section(words)])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        kind = np.dtype(dtype)
        _check_width(8 * kind.itemsize)
        reader = Reader(data)
        down, across = -(-shape[0] // HEIGHT), -(-shape[1] // WIDTH)
        counts = _VECTOR * counts_of(reader.take(down * across + 2, np.int32)[:-1])
        words = reader.take(2 * int(counts.sum()), np.uint16).reshape(-1, 2)
        reader.close()
        stored = words[:, 0] != 0
        if (words[:, 1] >= HEIGHT * WIDTH).any():
            raise InputError(f"location {words[:, 1].max()} lies outside a tile of {HEIGHT} x {WIDTH}")
        tiles = np.zeros((down * across, HEIGHT * WIDTH), np.uint16)
        tile = np.repeat(np.arange(len(tiles)), counts)[stored]
        tiles[tile, _LOCATION[words[stored, 1]]] = words[stored, 0]  # the permutation is its own inverse
        return untiled(tiles.view(kind).reshape(down, across, HEIGHT, WIDTH), shape)

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """32 NNZ_pad + 32 (NT + 2)."""
        _check_width(value_bits)
        counts = np.count_nonzero(tiled(mask, HEIGHT, WIDTH), axis=(2, 3))
        return 32 * int((-(-counts // _VECTOR) * _VECTOR).sum()) + 32 * (counts.size + 2)


def _check_width(value_bits: int) -> None:
    if value_bits != 16:
        raise InputError(f"Tiled-CSL: a word holds a 16-bit value, not one of {value_bits} bits")
