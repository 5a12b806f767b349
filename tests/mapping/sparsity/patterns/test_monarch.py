"""Monarch factors."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity.patterns import Monarch, monarch_factors

pytestmark = pytest.mark.golden


def test_the_right_factor_is_block_diagonal():
    np.testing.assert_array_equal(Monarch(3, "right").mask(6, 9), np.kron(np.eye(3), np.ones((2, 3))))


def test_the_left_factor_is_the_permuted_one():
    permute = np.eye(9)[np.arange(9).reshape(3, 3).T.ravel()]
    block_diagonal = np.kron(np.eye(3), np.ones((3, 3)))
    np.testing.assert_array_equal(Monarch(3, "left").mask(9, 9), permute @ block_diagonal @ permute.T)


def test_ragged_sides():
    assert Monarch(2, "right").mask(3, 5).astype(int).tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]
    assert Monarch(2, "left").capacity(3, 5) == 2 * 3 + 1 * 2


def monarch_matrix(b, rng):
    left, right = (
        Monarch(b, factor).mask(b * b, b * b) * rng.standard_normal((b * b, b * b)) for factor in ("left", "right")
    )
    return left @ right


@pytest.mark.parametrize("b", [1, 2, 4, 5])
def test_a_monarch_matrix_is_recovered(b):
    matrix = monarch_matrix(b, np.random.default_rng(b))
    left, right = monarch_factors(matrix, b)
    assert Monarch(b, "left").check(left != 0)
    assert Monarch(b, "right").check(right != 0)
    np.testing.assert_allclose(left @ right, matrix, atol=1e-12)


def test_no_nearby_monarch_matrix_is_closer():
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((16, 16))
    left, right = monarch_factors(matrix, 4)
    error = np.linalg.norm(matrix - left @ right)
    for _ in range(20):
        step = [1e-3 * rng.standard_normal((16, 16)) * (factor != 0) for factor in (left, right)]
        assert np.linalg.norm(matrix - (left + step[0]) @ (right + step[1])) >= error


def test_bad_input():
    with pytest.raises(InputError, match=r"matrix of shape \(6, 6\): 2 blocks need \(4, 4\)"):
        monarch_factors(np.zeros((6, 6)), 2)
    with pytest.raises(InputError, match="factor='up'"):
        Monarch(2, "up")
