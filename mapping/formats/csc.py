"""Compressed sparse columns."""

from dataclasses import dataclass

import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.formats.base import Format, Shape
from mapping.formats.csr import Csr

_ROWS = Csr()


@dataclass(frozen=True, slots=True)
class Csc(Format):
    """CSR of the transposed matrix: (v + 4) NNZ + 4 (K + 1) bytes."""

    def __str__(self) -> str:
        return "CSC"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        return _ROWS.encode(matrix.T)

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        return _ROWS.decode(data, (shape[1], shape[0]), dtype).T

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """(v + 32) NNZ + 32 (K + 1)."""
        return _ROWS.size_bits(mask.T, value_bits)
