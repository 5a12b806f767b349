"""EdgeLLM: 4-bit weights with a scale for every 128, in blocks of 8 that keep 8, 4, 2 or 1."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray, IntArray
from mapping.errors import InputError
from mapping.formats.base import Format, Reader, Shape, join, pack, section
from mapping.formats.slots import check_room, fill, spread
from mapping.graph import ceil_div
from mapping.sparsity.patterns.selection import grouped

BLOCK, SCALED, VALUE_BITS = 8, 128, 4
# Bits that locate the weights of a block: none, a bitmap, two addresses of 3 bits, one address in a 4-bit field.
MASK_BITS = {8: 0, 4: 8, 2: 6, 1: 4}


@dataclass(frozen=True, slots=True)
class EdgeLlm(Format):
    """fp16 scales, then the masks of the blocks, then ``kept`` int4 values of each block.

    Source: EdgeLLM, Huang et al. (TCAS-I 2025, arXiv 2407.21325), log-scale structured sparsity: 4.125, 3.125, 1.875
    and 1.125 bits per weight for dense, 50 %, 75 % and 87.5 %, which on a bandwidth-bound machine gives the published
    1.32x, 2.2x and 3.67x. Derived from these: 16 / 128 bits of scale, 4 bits for each value, and the mask bits above;
    how the chip orders the sections is not published. Values are int8 within [-8, 7].
    """

    kept: int = 8

    def __post_init__(self) -> None:
        """Refuse another number of weights per block.

        Raises:
            InputError: Not 8, 4, 2 or 1.
        """
        if self.kept not in MASK_BITS:
            raise InputError(f"EdgeLLM: kept={self.kept} must be one of {', '.join(map(str, MASK_BITS))}")

    def __str__(self) -> str:
        return f"EdgeLLM {self.kept}:8"

    def encode(self, matrix: AnyArray, scales: AnyArray | None = None) -> ByteArray:
        """The bytes of a matrix of int4 values in int8.

        Args:
            matrix: (rows, columns) int8 in [-8, 7].
            scales: (rows, ceil(columns / 128)) float16; ones if None.

        Raises:
            InputError: Another dtype, a value out of range, scales of another shape, or a block that is too full.
        """
        if matrix.dtype != np.int8 or matrix.min(initial=0) < -8 or matrix.max(initial=0) > 7:
            raise InputError(f"EdgeLLM: values must be int8 within [-8, 7], not {matrix.dtype}")
        wanted = _scale_shape(matrix.shape)
        scales = np.ones(wanted, np.float16) if scales is None else scales
        if scales.shape != wanted:
            raise InputError(f"EdgeLLM: scales have shape {scales.shape}, expected {wanted}")
        blocks = grouped(matrix, BLOCK, 0)
        values, indices = fill(blocks, self.kept, str(self))
        if self.kept == BLOCK:
            values = blocks
        masks = {8: indices[..., :0], 4: blocks != 0, 2: indices, 1: indices}[self.kept]
        bits = MASK_BITS[self.kept] // max(1, masks.shape[-1])
        return join([section(scales, np.float16), pack(masks, bits), pack(values & 0xF, VALUE_BITS)])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike = np.int8) -> AnyArray:
        """The matrix that ``encode`` wrote, int8."""
        if np.dtype(dtype) != np.int8:
            raise InputError(f"EdgeLLM: values are int8, not {np.dtype(dtype)}")
        reader = Reader(data)
        reader.take(int(np.prod(_scale_shape(shape))), np.float16)
        count = shape[0] * ceil_div(shape[1], BLOCK)
        slots = {8: 0, 4: BLOCK, 2: 2, 1: 1}[self.kept]
        masks = reader.fields(count * slots, MASK_BITS[self.kept] // max(1, slots)).reshape(count, slots)
        values = reader.fields(count * self.kept, VALUE_BITS).reshape(count, self.kept)
        reader.close()
        signed = ((values ^ 8) - 8).astype(np.int8)
        return spread(signed, self._places(masks), BLOCK).reshape(shape[0], -1)[:, : shape[1]]

    def decode_scales(self, data: ByteArray, shape: Shape) -> AnyArray:
        """The scales (rows, ceil(columns / 128)) float16 that ``encode`` wrote for a matrix of ``shape``."""
        wanted = _scale_shape(shape)
        return Reader(data).take(int(np.prod(wanted)), np.float16).reshape(wanted)

    def _places(self, masks: IntArray) -> IntArray:
        """Index in the block of every slot: (blocks, kept)."""
        if self.kept == BLOCK:
            return np.broadcast_to(np.arange(BLOCK), (len(masks), BLOCK))
        if self.kept == 4:
            check_room(masks != 0, self.kept, str(self))
            return np.argsort(masks == 0, axis=-1, kind="stable")[:, : self.kept]
        return masks

    def size_bits(self, mask: BoolArray, value_bits: int = VALUE_BITS) -> int:
        """16 for each 128 weights of a row, and MASK_BITS + 4 kept for each block of 8; sections end on bytes."""
        if value_bits not in (VALUE_BITS, 8):
            raise InputError(f"EdgeLLM: values have {VALUE_BITS} bits, not {value_bits}")
        check_room(grouped(mask, BLOCK, False), self.kept, str(self))
        blocks = len(mask) * ceil_div(mask.shape[1], BLOCK)
        scales = 16 * len(mask) * ceil_div(mask.shape[1], SCALED)
        masks, values = (8 * ceil_div(blocks * bits, 8) for bits in (MASK_BITS[self.kept], VALUE_BITS * self.kept))
        return scales + masks + values

    def dense_bits(self, shape: Shape, value_bits: int = VALUE_BITS) -> int:
        """Bits of the same weights in EdgeLLM's dense layout, 4.125 each."""
        return EdgeLlm(BLOCK).size_bits(np.zeros(shape, bool), value_bits)


def _scale_shape(shape: tuple[int, ...]) -> Shape:
    return shape[0], ceil_div(shape[1], SCALED)
