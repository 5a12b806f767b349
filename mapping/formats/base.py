"""What every storage format can do, and the pieces that formats are built from."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray, IntArray
from mapping.errors import InputError

Shape = tuple[int, int]


class Format(ABC):
    """A way to store a sparse weight matrix.

    Matrices are (rows, columns) = (outputs, inputs). A negative zero counts as zero and may come back as
    +0; every other value comes back bit for bit. Numbers are little-endian and bits are stored lowest first,
    unless a format says otherwise; a section that ends within a byte is filled up with zero bits.
    """

    __slots__ = ()

    @abstractmethod
    def __str__(self) -> str:
        """Name with parameters, for tables."""

    @abstractmethod
    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix.

        Args:
            matrix: (rows, columns) int8, float16, float32 or another dtype of 1, 2, 4 or 8 bytes.

        Raises:
            InputError: A matrix or dtype that the format cannot hold.
        """

    @abstractmethod
    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix of ``shape`` and ``dtype`` that ``encode`` wrote.

        Raises:
            InputError: Data that ``encode`` cannot have written for this shape and dtype.
        """

    @abstractmethod
    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """Exact length of what ``encode`` returns, in bits, from the places of the non-zeros alone.

        Args:
            mask: (rows, columns), true where the matrix is not zero.
            value_bits: Bits of one value.

        Raises:
            InputError: A mask or width that the format cannot hold.
        """

    def dense_bits(self, shape: Shape, value_bits: int) -> int:
        """Bits of the matrix stored densely: what a ratio compares with."""
        return shape[0] * shape[1] * value_bits


def section(values: AnyArray, dtype: npt.DTypeLike | None = None) -> ByteArray:
    """The bytes of an array in C order, little-endian."""
    kind = np.dtype(values.dtype if dtype is None else dtype).newbyteorder("<")
    return np.frombuffer(np.ascontiguousarray(values, kind).tobytes(), np.uint8)


def join(sections: Sequence[ByteArray]) -> ByteArray:
    """Sections one after another."""
    return np.concatenate([np.zeros(0, np.uint8), *sections])


class Reader:
    """Takes sections off the front of encoded data."""

    def __init__(self, data: ByteArray) -> None:
        self.data = np.asarray(data, np.uint8)
        self.place = 0

    def take(self, count: int, dtype: npt.DTypeLike) -> AnyArray:
        """The next ``count`` values.

        Raises:
            InputError: Fewer bytes left than that, or a negative count.
        """
        kind = np.dtype(dtype)
        end = self.place + count * kind.itemsize
        if count < 0 or end > len(self.data):
            raise InputError(f"{len(self.data)} bytes end before {count} values of {kind} at byte {self.place}")
        taken = self.data[self.place : end]
        self.place = end
        return np.frombuffer(taken.tobytes(), kind.newbyteorder("<")).astype(kind)

    def fields(self, count: int, bits: int) -> IntArray:
        """The next ``count`` fields of ``bits`` bits, filled up to a whole byte."""
        return unpack(self.take(-(-count * bits // 8), np.uint8), count, bits)

    def flags(self, count: int) -> BoolArray:
        """The next ``count`` bits, filled up to a whole byte."""
        return np.unpackbits(self.take(-(-count // 8), np.uint8), bitorder="little", count=count).astype(bool)

    def close(self) -> None:
        """Check that nothing is left.

        Raises:
            InputError: Something is.
        """
        if self.place != len(self.data):
            raise InputError(f"{len(self.data)} bytes, expected {self.place}")


def pack(fields: AnyArray, bits: int) -> ByteArray:
    """Non-negative integers as fields of ``bits`` bits, lowest bit first, filled up to a whole byte."""
    spread = fields.reshape(-1, 1).astype(np.int64) >> np.arange(bits) & 1
    return np.packbits(spread.astype(bool).ravel(), bitorder="little")


def unpack(data: ByteArray, count: int, bits: int) -> IntArray:
    """The inverse of ``pack``: (count,) int64."""
    spread = np.unpackbits(data, bitorder="little", count=count * bits).reshape(count, bits)
    return spread.astype(np.int64) @ (1 << np.arange(bits, dtype=np.int64))


def counts_of(pointers: AnyArray) -> IntArray:
    """Lengths of the runs between pointers.

    Raises:
        InputError: Pointers that do not begin at 0, or fall.
    """
    wide: IntArray = pointers.astype(np.int64)
    lengths = wide[1:] - wide[:-1]
    if pointers[0] != 0 or (lengths < 0).any():
        raise InputError("pointers do not rise from 0")
    return lengths


def scatter(shape: Shape, rows: AnyArray, columns: AnyArray, values: AnyArray) -> AnyArray:
    """A matrix of zeros with ``values`` at (rows, columns).

    Raises:
        InputError: A place outside the shape.
    """
    outside = (rows < 0) | (rows >= shape[0]) | (columns < 0) | (columns >= shape[1])
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise InputError(f"element ({rows[first]}, {columns[first]}) lies outside {shape[0]} x {shape[1]}")
    matrix = np.zeros(shape, values.dtype)
    matrix[rows, columns] = values
    return matrix


def tiled(array: AnyArray, height: int, width: int) -> AnyArray:
    """(rows, columns) padded with zeros and cut into (tile rows, tile columns, height, width)."""
    padded = np.pad(array, ((0, -array.shape[0] % height), (0, -array.shape[1] % width)))
    return padded.reshape(-1, height, padded.shape[1] // width, width).swapaxes(1, 2)


def occupied(array: AnyArray, side: int) -> BoolArray:
    """(tile rows, tile columns) bool: which ``side`` x ``side`` tiles hold a non-zero."""
    return np.asarray(np.any(tiled(array != 0, side, side), axis=(2, 3)))


def untiled(tiles: AnyArray, shape: Shape) -> AnyArray:
    """The inverse of ``tiled``."""
    down, across, height, width = tiles.shape
    return tiles.swapaxes(1, 2).reshape(down * height, across * width)[: shape[0], : shape[1]]
