"""Block sparsity."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity.patterns import Block
from mapping.sparsity.patterns.block import block_sums

pytestmark = pytest.mark.golden


def test_the_blocks_with_the_largest_sums_stay():
    scores = np.array([[1, 1, 9, 0], [1, 1, 0, 0], [2, 2, 3, 0], [2, 2, 0, 0]], float)
    np.testing.assert_array_equal(
        Block(2, 2, 0.5).project(scores), [[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]
    )


def test_the_first_of_equal_blocks_stays():
    np.testing.assert_array_equal(Block(1, 2, 0.5).project(np.ones((1, 4))), [[1, 1, 0, 0]])


def test_ragged_edge_blocks_count_with_what_they_hold():
    np.testing.assert_array_equal(block_sums(np.ones((3, 5)), 2, 2), [[4, 4, 2], [2, 2, 1]])
    mask = Block(2, 2, 0.8).project(np.pad(np.ones((2, 4)), ((0, 1), (0, 1)), constant_values=1.5))
    assert mask.sum() == 4


def test_capacity_is_that_of_the_largest_blocks():
    """3 x 5 in 2 x 2 blocks: areas 4, 4, 2, 2, 2, 1; half of them stay."""
    assert Block(2, 2, 0.5).capacity(3, 5) == 10
    assert Block(2, 2, 0.5).mask_bits(3, 5) == 3 * 2


def test_partly_filled_blocks_count_as_kept():
    mask = np.eye(4, dtype=bool)
    assert Block(2, 2, 0.5).check(mask)
    assert not Block(2, 2, 0.5).check(mask | np.eye(4, k=2, dtype=bool))


@pytest.mark.parametrize(
    ("args", "message"), [((0, 1, 0.5), "block height=0"), ((1, 1, 1.0), r"sparsity=1 outside \[0, 1\)")]
)
def test_out_of_range(args, message):
    with pytest.raises(InputError, match=message):
        Block(*args)
