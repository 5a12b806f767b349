"""The N:M format: round trip bit for bit, and its exact size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.formats import nm
from mapping.sparsity import Pattern

pytestmark = pytest.mark.golden
DTYPES = [np.int8, np.float16, np.float32]


@st.composite
def matrices(draw):
    m = draw(st.integers(1, 40))
    pattern = Pattern(draw(st.integers(1, m)), m)
    rows, columns = draw(st.integers(1, 90)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores = rng.standard_normal((columns, rows))
    mask = pattern.project(scores) & (rng.random((columns, rows)) < draw(st.sampled_from([0.2, 1.0])))
    dtype = draw(st.sampled_from(DTYPES))
    return np.where(mask, scores * 50, 0).T.astype(dtype), pattern


@given(matrices())
def test_round_trip_and_size(case):
    matrix, pattern = case
    data = nm.encode(matrix, pattern)
    assert len(data) * 8 == nm.size_bits(*matrix.shape, pattern, 8 * matrix.itemsize)
    np.testing.assert_array_equal(nm.decode(data, *matrix.shape, pattern, matrix.dtype), matrix)


@pytest.mark.parametrize(
    ("pattern", "ratio"),
    [("2:4", 0.5625), ("1:4", 0.28125), ("2:8", 0.296875), ("2:16", 0.15625)],
)
def test_ratio_to_dense_fp16_is_the_one_of_index_coding(pattern, ratio):
    """(16 + ceil(log2 M)) bits for each kept weight: 2:4 0.5625, 1:4 0.2812, 2:8 0.2969, 2:16 0.1562."""
    assert nm.size_bits(4096, 64, Pattern.parse(pattern), 16) / (4096 * 64 * 16) == ratio


def test_bits_of_a_small_matrix():
    """Values slot by slot, all columns side by side, then their two-bit indices 0, 2, 3, 3, lowest bit first."""
    data = nm.encode(np.array([[5, 0], [0, 0], [0, 7], [6, 9]], np.int8), Pattern(2, 4))
    assert data.tolist() == [5, 7, 6, 9, 0b11_11_10_00]


def test_too_many_weights_in_a_group():
    with pytest.raises(InputError, match="a group of 4 holds 3 non-zeros; the pattern 2:4 allows 2"):
        nm.encode(np.array([[1], [2], [3], [0]], np.int8), Pattern(2, 4))


def test_data_of_the_wrong_length():
    with pytest.raises(InputError, match=r"3 bytes, expected 6 for 8 x 2 at 2:8"):
        nm.decode(np.zeros(3, np.uint8), 8, 2, Pattern(2, 8), np.int8)
