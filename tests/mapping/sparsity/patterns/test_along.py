"""N:M along a named axis."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity.patterns import Along, Pattern, parse_pattern

pytestmark = pytest.mark.golden
SCORES = np.array([[4, 1], [3, 2], [2, 3], [1, 9], [5, 5]])


def test_inputs_are_the_last_axis():
    np.testing.assert_array_equal(Along(Pattern(1, 2), "in").project(SCORES), Pattern(1, 2).project(SCORES))


def test_outputs_are_the_first_axis():
    """Groups of rows (0, 1), (2, 3) and the short one (4)."""
    mask = parse_pattern("1:2@out").project(SCORES)
    np.testing.assert_array_equal(mask, [[1, 0], [0, 1], [1, 0], [0, 1], [1, 1]])


def test_outputs_of_a_convolution():
    scores = np.random.default_rng(0).random((8, 3, 3, 5))
    mask = Along(Pattern(2, 4), "out").project(scores)
    np.testing.assert_array_equal(mask.reshape(2, 4, 3, 3, 5).sum(1), 2)


def test_sizes_change_places():
    pattern = Along(Pattern(2, 8), "out")
    assert pattern.capacity(20, 3) == 3 * 6
    assert pattern.mask_bits(20, 3) == 3 * 3 * 2 * 3


def test_unknown_axis():
    with pytest.raises(InputError, match="axis='rows': must be 'in' or 'out'"):
        Along(Pattern(1, 2), "rows")
