"""Run-length coding of zeros."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, BoolArray, ByteArray, IntArray
from mapping.errors import InputError
from mapping.formats.base import Format, Reader, Shape, join, section
from mapping.graph import ceil_div
from mapping.sparsity.patterns.base import check_size


@dataclass(frozen=True, slots=True)
class RunLength(Format):
    """Pairs of (zeros before, value) in row-major order, packed into 64-bit words.

    Source: Eyeriss, Chen et al. (JSSC 2017), section V: 5-bit runs and 16-bit values, three pairs and one bit that
    marks the last word in 64 bits. Other widths pack floor(63 / (run + value)) pairs. A run beyond the field's range
    continues after a pair of value zero, which stands for one zero itself. Zeros after the last value are not
    stored; places left in the last word are zero.
    """

    run_bits: int = 5

    def __post_init__(self) -> None:
        """Refuse runs outside 1 to 31 bits."""
        check_size("run_bits", self.run_bits, 31)

    def __str__(self) -> str:
        return f"run-length {self.run_bits}b"

    def _per_word(self, value_bits: int) -> int:
        pairs = 63 // (self.run_bits + value_bits)
        if not pairs:
            raise InputError(f"run-length: {self.run_bits}-bit runs and {value_bits}-bit values do not fit 63 bits")
        return pairs

    def _gaps(self, mask: BoolArray) -> IntArray:
        """Zeros before each non-zero."""
        return np.diff(np.flatnonzero(mask), prepend=-1) - 1

    def encode(self, matrix: AnyArray) -> ByteArray:
        """The bytes of a matrix."""
        value_bits = 8 * matrix.itemsize
        per_word = self._per_word(value_bits)
        gaps = self._gaps(matrix != 0)
        continued, rest = np.divmod(gaps, 1 << self.run_bits)
        place = np.cumsum(continued + 1) - 1
        pairs = int(place[-1]) + 1 if len(place) else 0
        words = ceil_div(pairs, per_word)
        run = np.zeros(words * per_word, np.uint64)
        value = np.zeros(words * per_word, np.uint64)
        run[:pairs] = (1 << self.run_bits) - 1
        run[place] = rest
        value[place] = matrix[matrix != 0].view(f"u{matrix.itemsize}")
        shift = np.arange(per_word, dtype=np.uint64) * np.uint64(self.run_bits + value_bits)
        pair = (run | value << np.uint64(self.run_bits)).reshape(words, per_word) << shift
        packed = np.bitwise_or.reduce(pair, axis=1)
        packed[-1:] |= np.uint64(1 << 63)
        return join([section(packed)])

    def decode(self, data: ByteArray, shape: Shape, dtype: npt.DTypeLike) -> AnyArray:
        """The matrix that ``encode`` wrote."""
        kind = np.dtype(dtype)
        value_bits = 8 * kind.itemsize
        per_word = self._per_word(value_bits)
        if len(data) % 8:
            raise InputError(f"{len(data)} bytes are no whole number of 64-bit words")
        words = Reader(data).take(len(data) // 8, np.uint64)
        if not np.array_equal(words >> np.uint64(63), np.arange(len(words)) == len(words) - 1):
            raise InputError("the mark of the last word is missing or misplaced")
        shift = np.arange(per_word, dtype=np.uint64) * np.uint64(self.run_bits + value_bits)
        pair = (words[:, None] >> shift).ravel()
        run = pair & np.uint64((1 << self.run_bits) - 1)
        value = pair >> np.uint64(self.run_bits) & np.uint64((1 << value_bits) - 1)
        place = np.cumsum(run.astype(np.int64) + 1) - 1
        stored = value != 0
        if len(place) and place[stored].max(initial=0) >= shape[0] * shape[1]:
            raise InputError(f"runs end beyond {shape[0]} x {shape[1]}")
        matrix = np.zeros(shape[0] * shape[1], kind)
        matrix[place[stored]] = value[stored].astype(f"u{kind.itemsize}").view(kind)
        return matrix.reshape(shape)

    def size_bits(self, mask: BoolArray, value_bits: int) -> int:
        """64 ceil(pairs / floor(63 / (run + v))), with one pair for each non-zero and each full run before it."""
        pairs = int((self._gaps(mask) >> self.run_bits).sum()) + int(np.count_nonzero(mask))
        return 64 * ceil_div(pairs, self._per_word(value_bits))
