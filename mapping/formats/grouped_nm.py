"""Grouped n:m:g storage: the place of a slot says which inputs it holds, an index says which output."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.errors import InputError
from mapping.formats.base import Format, Reader, Shape, join, section
from mapping.graph import ceil_div
from mapping.sparsity.patterns.grouped_nm import GroupedNM, choices
from mapping.sparsity.patterns.selection import grouped


@dataclass(frozen=True, slots=True)
class GroupedNMFormat(Format):
    """For every chunk of outputs, group of inputs and slot: n values, then (in a second section) one int16 output.

    Source: STen, Ivanov et al. (arXiv 2304.07613); spcl/sten, grouped_nm_tensor.py: n v + 2 bytes for m elements of an
    output, 0.625 of dense fp32 at 2:4 and 0.15 at 1:10. Slot s of a chunk holds choice s / g, rounded down. Outputs
    and inputs are filled up to whole chunks and groups with zeros. STen numbers the choices in another order with the
    same property.
    """

    pattern: GroupedNM

    def __str__(self) -> str:
        return f"n:m:g {self.pattern}"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        pattern = self.pattern
        chosen = pattern.slots(matrix != 0)
        if chosen is None:
            raise InputError(f"{self}: the matrix does not keep to the pattern")
        output = np.argsort(chosen, axis=-1, kind="stable")  # slot -> output of its chunk
        groups = grouped(matrix, pattern.m, 0)
        rows = np.pad(groups, ((0, -len(groups) % pattern.chunk), (0, 0), (0, 0)))
        cut = rows.reshape(-1, pattern.chunk, groups.shape[1], pattern.m).transpose(0, 2, 1, 3)
        ordered = np.take_along_axis(cut, output[..., None], 2)
        kept = np.array(choices(pattern.n, pattern.m)).repeat(pattern.g, axis=0)
        values = np.take_along_axis(ordered, np.broadcast_to(kept, (*ordered.shape[:2], *kept.shape)), -1)
        return join([section(values), section(output, np.int16)])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        pattern = self.pattern
        slots = (ceil_div(shape[0], pattern.chunk), ceil_div(shape[1], pattern.m), pattern.chunk)
        count = int(np.prod(slots))
        reader = Reader(data)
        values = reader.take(count * pattern.n, dtype).reshape(*slots, pattern.n)
        output = reader.take(count, np.int16).reshape(slots)
        reader.close()
        if not np.array_equal(np.sort(output, axis=-1), np.broadcast_to(np.arange(pattern.chunk), slots)):
            raise InputError(f"{self}: the outputs of a chunk are not numbered 0 to {pattern.chunk - 1}")
        cut = np.zeros((*slots, pattern.m), values.dtype)
        kept = np.array(choices(pattern.n, pattern.m)).repeat(pattern.g, axis=0)
        chunk, group = np.ogrid[: slots[0], : slots[1]]
        cut[chunk[..., None, None], group[..., None, None], output[..., None], kept] = values
        return cut.transpose(0, 2, 1, 3).reshape(slots[0] * pattern.chunk, -1)[: shape[0], : shape[1]]

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """(n v + 16) for each of the slots of all chunks and groups.

        Raises:
            InputError: A mask outside the pattern.
        """
        if not self.pattern.check(mask):
            raise InputError(f"{self}: the matrix does not keep to the pattern")
        slots = ceil_div(len(mask), self.pattern.chunk) * self.pattern.chunk * ceil_div(mask.shape[1], self.pattern.m)
        return slots * (self.pattern.n * value_bits + 16)
