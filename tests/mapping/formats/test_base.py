"""The pieces that formats are built from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.formats.base import Reader, counts_of, occupied, pack, scatter, tiled, unpack, untiled

pytestmark = pytest.mark.golden


@given(st.integers(1, 40), st.integers(0, 60), st.integers(0, 2**32))
def test_fields_of_any_width(bits, count, seed):
    fields = np.random.default_rng(seed).integers(0, 1 << bits, count)
    data = pack(fields, bits)
    assert len(data) == -(-count * bits // 8)
    np.testing.assert_array_equal(unpack(data, count, bits), fields)


def test_the_lowest_bit_comes_first():
    assert pack(np.array([1, 2, 3, 0, 5]), 3).tolist() == [0b11_010_001, 0b101_000_0]


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 7), st.integers(1, 7))
def test_tiles_fill_up_the_edges(rows, columns, height, width):
    array = np.arange(1, rows * columns + 1).reshape(rows, columns)
    tiles = tiled(array, height, width)
    assert tiles.shape == (-(-rows // height), -(-columns // width), height, width)
    assert tiles.sum() == array.sum()
    np.testing.assert_array_equal(untiled(tiles, array.shape), array)


def test_occupied_tiles():
    assert occupied(np.array([[0, 0, 1], [0, 0, 0], [0, 2, 0]]), 2).tolist() == [[False, True], [True, False]]


def test_a_reader_says_what_is_missing_and_what_is_left():
    reader = Reader(np.arange(6, dtype=np.uint8))
    assert reader.take(2, np.uint16).tolist() == [0x0100, 0x0302]
    with pytest.raises(InputError, match="6 bytes end before 1 values of int32 at byte 4"):
        reader.take(1, np.int32)
    with pytest.raises(InputError, match="6 bytes, expected 4"):
        reader.close()


@pytest.mark.parametrize("pointers", [[1, 2], [0, 3, 2]])
def test_pointers_rise_from_zero(pointers):
    with pytest.raises(InputError, match="pointers do not rise from 0"):
        counts_of(np.array(pointers))


def test_nothing_is_scattered_outside():
    with pytest.raises(InputError, match=r"element \(1, 4\) lies outside 2 x 4"):
        scatter((2, 4), np.array([0, 1]), np.array([3, 4]), np.array([1, 1]))
