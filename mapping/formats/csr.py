"""Compressed sparse rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray
from mapping.formats.base import Format, Reader, Shape, counts_of, join, scatter, section


@dataclass(frozen=True, slots=True)
class Csr(Format):
    """Row pointers, column indices (int32 both), then the values, row by row.

    Source: SpInfer, Fan et al. (EuroSys 2025), equation 3: (v + 4) NNZ + 4 (M + 1) bytes.
    """

    def __str__(self) -> str:
        return "CSR"

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        rows, columns = np.nonzero(matrix)
        pointers = np.searchsorted(rows, np.arange(len(matrix) + 1))
        return join([section(pointers, np.int32), section(columns, np.int32), section(matrix[rows, columns])])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        reader = Reader(data)
        counts = counts_of(reader.take(shape[0] + 1, np.int32))
        columns = reader.take(int(counts.sum()), np.int32)
        values = reader.take(len(columns), dtype)
        reader.close()
        return scatter(shape, np.repeat(np.arange(shape[0]), counts), columns, values)

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """(v + 32) NNZ + 32 (M + 1)."""
        return (value_bits + 32) * int(np.count_nonzero(mask)) + 32 * (len(mask) + 1)
