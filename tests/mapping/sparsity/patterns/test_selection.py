"""The kernel under the projections: highest of each group, lowest index among equals, on both of its paths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.sparsity.patterns.selection import grouped, keep_in_groups

pytestmark = pytest.mark.golden


@given(
    st.integers(1, 150),
    st.integers(1, 150),
    st.integers(1, 3),
    st.integers(1, 400),
    st.integers(1, 9),
    st.integers(0, 2**32),
)
def test_equals_sorting_every_group(n, m, rows, length, distinct, seed):
    values = np.random.default_rng(seed).integers(-distinct, distinct, (rows, length)).astype(np.float32)
    mask = keep_in_groups(values, n, m)
    for row, kept in zip(values, mask, strict=True):
        for first in range(0, length, m):
            group = row[first : first + m]
            best = np.argsort(-group, kind="stable")[:n]
            np.testing.assert_array_equal(np.flatnonzero(kept[first : first + m]), np.sort(best))


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float16, np.float64])
@pytest.mark.parametrize("m", [4, 100])
def test_any_dtype_with_a_ragged_last_group(dtype, m):
    values = np.zeros((2, 201), dtype)
    values[:, 200] = 1
    mask = keep_in_groups(values, 1, m)
    assert mask[:, 200].all()
    assert (mask.sum(1) == -(-201 // m)).all()


def test_more_rows_than_a_chunk_holds():
    values = np.random.default_rng(0).random((3000, 200), dtype=np.float32)
    np.testing.assert_array_equal(keep_in_groups(values, 2, 8)[2500:], keep_in_groups(values[2500:], 2, 8))


def test_nothing_to_keep_and_nothing_there():
    assert not keep_in_groups(np.ones((2, 100)), 0, 100).any()
    assert keep_in_groups(np.ones((0, 4)), 2, 4).shape == (0, 4)


def test_grouping_pads_the_last_group():
    np.testing.assert_array_equal(grouped(np.arange(5), 2, -1), [[0, 1], [2, 3], [4, -1]])
