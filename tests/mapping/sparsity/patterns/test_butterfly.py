"""Flat block butterfly and its low-rank term."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity.patterns import Butterfly, low_rank

pytestmark = pytest.mark.golden


def test_it_is_the_sum_of_the_butterfly_factors():
    """A factor of stride k on n points has, within each run of k, the diagonal and both diagonals k / 2 away."""
    n = 16
    union = np.eye(n, dtype=bool)
    for stride in (2, 4, 8, 16):
        factor = np.kron(np.eye(n // stride), np.kron(np.ones((2, 2)), np.eye(stride // 2)))
        union |= factor.astype(bool)
    np.testing.assert_array_equal(Butterfly(1, 16).mask(n, n), union)
    np.testing.assert_array_equal(Butterfly(3, 16).mask(3 * n, 3 * n), np.kron(union, np.ones((3, 3))))


@pytest.mark.parametrize(("stride", "blocks_per_row"), [(1, 1), (2, 2), (4, 3), (8, 4), (64, 4)])
def test_a_row_of_blocks_holds_one_for_each_stride(stride, blocks_per_row):
    """On 8 x 8 blocks strides above 8 add nothing."""
    assert Butterfly(4, stride).capacity(32, 32) == 8 * blocks_per_row * 16


def test_rectangles_are_stretched():
    square = Butterfly(1, 4).mask(4, 4)
    np.testing.assert_array_equal(Butterfly(1, 4).mask(4, 12), np.repeat(square, 3, axis=1))
    assert Butterfly(1, 2).mask(3, 3).tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 1]]  # the largest square is 2 x 2


def test_ragged_edge_blocks_are_cut():
    np.testing.assert_array_equal(Butterfly(4, 8).mask(30, 29), Butterfly(4, 8).mask(32, 32)[:30, :29])


def test_low_rank_term_is_the_best_for_what_is_left():
    rng = np.random.default_rng(0)
    pattern = Butterfly(4, 2, rank=3)
    mask = pattern.mask(32, 24)
    matrix = rng.standard_normal((32, 24))
    u, v = low_rank(matrix, pattern)
    assert u.size + v.size == pattern.low_rank_weights(32, 24) == 3 * 56
    rest = np.where(mask, 0, matrix)
    singular = np.linalg.svd(rest, compute_uv=False)
    assert np.linalg.norm(rest - u @ v) == pytest.approx(np.sqrt((singular[3:] ** 2).sum()))


@pytest.mark.parametrize(
    ("args", "message"), [((4, 3), "stride=3: must be a power of two"), ((0, 2), "butterfly block=0")]
)
def test_out_of_range(args, message):
    with pytest.raises(InputError, match=message):
        Butterfly(*args)
