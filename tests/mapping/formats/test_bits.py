"""The bytes of small matrices, format by format."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.formats.bank_pairs import BankPairs
from mapping.formats.bcsr import Bcsr
from mapping.formats.bitmap import Bitmap
from mapping.formats.blocked_ell import BlockedEll
from mapping.formats.csc import Csc
from mapping.formats.csr import Csr
from mapping.formats.mustafar import Mustafar
from mapping.formats.run_length import RunLength
from mapping.formats.tca_bme import TcaBme
from mapping.formats.tiled_csl import TiledCsl
from mapping.sparsity.patterns import BankBalanced

pytestmark = pytest.mark.golden
SMALL = np.array([[0, 5, 0], [0, 0, 0], [6, 0, 7]], np.int8)


def ints(*values):
    return np.array(values, "<i4").tobytes()


def test_bitmap():
    assert Bitmap().encode(SMALL).tobytes() == bytes([0b01000010, 0b1, 5, 6, 7])


def test_csr_and_csc():
    assert Csr().encode(SMALL).tobytes() == ints(0, 1, 1, 3) + ints(1, 0, 2) + bytes([5, 6, 7])
    assert Csc().encode(SMALL).tobytes() == ints(0, 1, 2, 3) + ints(2, 0, 2) + bytes([6, 5, 7])


def test_bcsr():
    """Blocks (0, 0), (1, 0) and (1, 1) of 2 x 2 hold something; a column index is the block's first column."""
    blocks = bytes([0, 5, 0, 0]) + bytes([6, 0, 0, 0]) + bytes([7, 0, 0, 0])
    plain = ints(0, 1, 3) + ints(0, 0, 2) + blocks
    assert Bcsr(2).encode(SMALL).tobytes() == plain
    assert Bcsr(2, block_info=True).encode(SMALL).tobytes() == plain + ints(1, 0, 1, 1) + ints(0, -1, 1, 2)


def test_bcsr_block_info_tells_two_of_four_from_dense():
    matrix = np.zeros((4, 8), np.int8)
    matrix[0, :2] = matrix[1, 4:7] = 1
    assert Bcsr(4, block_info=True).encode(matrix).tobytes().endswith(ints(1, 2) + ints(0, 1))


def test_blocked_ell():
    """The second block row has two blocks, so that the first gets an empty one."""
    empty = bytes(4)
    blocks = bytes([0, 5, 0, 0]) + empty + bytes([6, 0, 0, 0]) + bytes([7, 0, 0, 0])
    assert BlockedEll(2).encode(SMALL).tobytes() == ints(0, -1, 0, 1) + blocks


def test_run_length():
    """Runs 1, 4, 1: pairs of 5 + 8 bits, four to a word, the mark in bit 63."""
    word = 1 | 5 << 5 | (4 | 6 << 5) << 13 | (1 | 7 << 5) << 26 | 1 << 63
    assert RunLength().encode(SMALL).tobytes() == word.to_bytes(8, "little")


def test_run_length_goes_on_after_a_full_run():
    """1-bit runs: of three zeros, one and a zero value stand for two, and the value's run is 1."""
    word = 1 | (1 | 9 << 1) << 9 | 1 << 63
    assert RunLength(1).encode(np.array([[0, 0, 0, 9]], np.int8)).tobytes() == word.to_bytes(8, "little")


def test_run_length_refuses_values_that_no_word_holds():
    with pytest.raises(InputError, match="5-bit runs and 64-bit values do not fit 63 bits"):
        RunLength().encode(np.ones((1, 1)))


def test_tiled_csl():
    """One tile: value 1.0 at row 9, column 2, stored at column 2 xor 8, and three times the first zero."""
    matrix = np.zeros((10, 3), np.float16)
    matrix[9, 2] = 1
    words = [0x3C00, 9 * 64 + (2 ^ 8)] + [0, 0] * 3
    assert TiledCsl().encode(matrix).tobytes() == ints(0, 1, 1) + np.array(words, "<u2").tobytes()


def test_tiled_csl_holds_16_bits():
    for call in (lambda: TiledCsl().encode(SMALL), lambda: TiledCsl().size_bits(SMALL != 0, 32)):
        with pytest.raises(InputError, match="a word holds a 16-bit value, not one of"):
            call()


def test_tca_bme_order():
    """8 x 8 tiles of a 64 x 64 group: four of a 16 x 16 block column by column, then to the right, then down."""
    matrix = np.zeros((64, 64), np.int8)
    for value, (row, column) in enumerate([(0, 0), (8, 0), (0, 8), (8, 8), (0, 16), (16, 0), (17, 3)], 1):
        matrix[row, column] = value
    data = TcaBme().encode(matrix)
    assert data[:8].tobytes() == ints(0, 7)
    bitmaps = data[8 : 8 + 512].view("<u8")
    assert np.flatnonzero(bitmaps).tolist() == [0, 1, 2, 3, 4, 16]
    assert bitmaps[16] == 1 | 1 << (8 + 3)
    assert data[-7:].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_mustafar():
    """Two tiles of a row of 65: the first element is the highest bit, offsets count pairs, values are padded to 8."""
    matrix = np.zeros((1, 65), np.int8)
    matrix[0, [0, 62, 64]] = [1, 2, 3]
    bitmaps = np.array([1 << 63 | 2, 1 << 63], "<u8").tobytes()
    values = bytes([1, 2, *[0] * 6, 3, *[0] * 7])
    assert Mustafar().encode(matrix).tobytes() == bitmaps + ints(0, 4, 8) + values


def test_bank_pairs():
    """Banks of 4 that keep 2: index in 2 bits, value in 8, no gaps, a missing weight is a zero pair."""
    matrix = np.array([[0, 5, 0, 6, 0, 0, 7]], np.int8)
    bits = [1 | 5 << 2, 3 | 6 << 2, 2 | 7 << 2, 0]
    stream = sum(pair << (10 * place) for place, pair in enumerate(bits))
    assert BankPairs(BankBalanced(4, 2)).encode(matrix).tobytes() == stream.to_bytes(5, "little")
