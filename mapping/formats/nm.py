"""N:M compressed storage: the kept values, then their indices in the group.

Both sections run over (group, slot, column): all columns of a slot lie side by side, as an array that holds one
column of outputs per column of processing elements reads them. Slots of a group are in ascending index; a slot
without a weight holds value 0 and index 0. Indices have ceil(log2 M) bits each, lowest bit first; each section is
filled up with zero bits to a whole byte. Dense storage is the case 1:1: no index section.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.errors import InputError
from mapping.formats.base import Format, Shape
from mapping.graph import ceil_div
from mapping.sparsity.patterns.nm import Pattern


@dataclass(frozen=True, slots=True)
class Compressed:
    """A compressed matrix: values and indices, (groups, n, columns) each."""

    values: AnyArray
    indices: ByteArray


def size_bits(rows: int, columns: int, pattern: Pattern, value_bits: int) -> int:
    """Exact length of what ``encode`` returns, in bits.

    Args:
        rows: Length of the reduction axis; a short last group takes the room of a full one.
        columns: Number of outputs.
        pattern: N:M along the rows.
        value_bits: Bits of one value, a multiple of 8.
    """
    slots = pattern.groups(rows) * pattern.n * columns
    return slots * value_bits + 8 * ceil_div(slots * pattern.index_bits, 8)


def compress(matrix: AnyArray, pattern: Pattern) -> Compressed:
    """Collect the non-zeros of each group.

    Args:
        matrix: (rows, columns), groups of M along the rows.
        pattern: What the matrix keeps to.

    Raises:
        InputError: A group with more than N non-zeros.
    """
    rows, columns = matrix.shape
    groups = pattern.groups(rows)
    if pattern.is_dense:
        return Compressed(matrix[:, None, :], np.zeros((rows, 1, columns), np.uint8))
    padded = np.zeros((groups * pattern.m, columns), matrix.dtype)
    padded[:rows] = matrix
    grouped = padded.reshape(groups, pattern.m, columns)
    most = int(np.count_nonzero(grouped != 0, axis=1).max(initial=0))
    if most > pattern.n:
        raise InputError(f"a group of {pattern.m} holds {most} non-zeros; the pattern {pattern} allows {pattern.n}")
    # A stable sort by "is zero" brings the non-zeros of a group to the front in ascending index.
    indices = np.argsort(grouped == 0, axis=1, kind="stable")[:, : pattern.n]
    values = np.take_along_axis(grouped, indices, axis=1)
    return Compressed(values, np.where(values != 0, indices, 0).astype(np.uint8))


def expand(compressed: Compressed, rows: int, pattern: Pattern) -> AnyArray:
    """The (rows, columns) matrix behind a compressed one."""
    groups, columns = compressed.values.shape[0], compressed.values.shape[2]
    grouped = np.zeros((groups, pattern.m, columns), compressed.values.dtype)
    # Empty slots, value 0 at index 0, must not overwrite what another slot has put there.
    group, slot, column = np.nonzero(compressed.values)
    grouped[group, compressed.indices[group, slot, column], column] = compressed.values[group, slot, column]
    return grouped.reshape(-1, columns)[:rows]


def encode(matrix: AnyArray, pattern: Pattern) -> ByteArray:
    """The bytes of a matrix; see the module for their order.

    Args:
        matrix: (rows, columns) of an integer or floating dtype, stored little-endian.
        pattern: What the matrix keeps to.

    Raises:
        InputError: A group with more than N non-zeros.
    """
    compressed = compress(matrix, pattern)
    little = compressed.values.astype(matrix.dtype.newbyteorder("<"), copy=False)
    values = np.frombuffer(np.ascontiguousarray(little).tobytes(), np.uint8)
    bits = (compressed.indices.reshape(-1, 1) >> np.arange(pattern.index_bits, dtype=np.uint8)) & 1
    return np.concatenate([values, np.packbits(bits.astype(bool).ravel(), bitorder="little")])


def decode_compressed(data: ByteArray, rows: int, columns: int, pattern: Pattern, dtype: npt.DTypeLike) -> Compressed:
    """Values and indices of what ``encode`` returned; the dtype is that of the values.

    Raises:
        InputError: Data of another length than ``size_bits`` says.
    """
    kind = np.dtype(dtype)
    expected = size_bits(rows, columns, pattern, 8 * kind.itemsize) // 8
    if len(data) != expected:
        raise InputError(f"{len(data)} bytes, expected {expected} for {rows} x {columns} at {pattern}")
    shape = (pattern.groups(rows), pattern.n, columns)
    slots = int(np.prod(shape))
    values = np.frombuffer(data[: slots * kind.itemsize].tobytes(), kind.newbyteorder("<")).astype(kind)
    bits = np.unpackbits(data[slots * kind.itemsize :], bitorder="little", count=slots * pattern.index_bits)
    weight = (1 << np.arange(pattern.index_bits, dtype=np.uint8)).astype(np.uint8)
    indices = (bits.reshape(slots, -1) * weight).sum(-1, dtype=np.uint8)
    return Compressed(values.reshape(shape), indices.reshape(shape))


def decode(data: ByteArray, rows: int, columns: int, pattern: Pattern, dtype: npt.DTypeLike) -> AnyArray:
    """The (rows, columns) matrix that ``encode`` wrote.

    Raises:
        InputError: Data of another length than ``size_bits`` says.
    """
    return expand(decode_compressed(data, rows, columns, pattern, dtype), rows, pattern)


@dataclass(frozen=True, slots=True)
class NMFormat(Format):
    """The format behind the interface of the others: weights (outputs, inputs), which SAT reads transposed.

    v + ceil(log2 M) bits for each of the N slots of a group; 0.5625 of dense fp16 at 2:4.
    """

    pattern: Pattern

    def __str__(self) -> str:
        return f"N:M {self.pattern}"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        return encode(matrix.T, self.pattern)

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        return decode(data, shape[1], shape[0], self.pattern, dtype).T

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """See the module's ``size_bits``.

        Raises:
            InputError: A mask outside the pattern.
        """
        if not self.pattern.check(mask):
            raise InputError(f"{self}: the matrix does not keep to the pattern")
        return size_bits(mask.shape[1], mask.shape[0], self.pattern, value_bits)
