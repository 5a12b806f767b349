"""Magnitude and random pruning."""

import numpy as np
import pytest

from mapping.sparsity import Pattern, magnitude_mask
from mapping.sparsity.criteria import random_mask

pytestmark = pytest.mark.golden


def test_the_most_negative_integer_is_the_largest_magnitude():
    weights = np.array([[-128, 127, 1, 0]], np.int8)
    np.testing.assert_array_equal(magnitude_mask(weights, Pattern(1, 4)), [[True, False, False, False]])


def test_random_depends_on_the_seed_and_on_nothing_else():
    weights = np.random.default_rng(0).standard_normal((32, 64))
    first = random_mask(weights, Pattern(2, 8), seed=1)
    np.testing.assert_array_equal(first, random_mask(np.zeros((32, 64)), Pattern(2, 8), seed=1))
    assert (first != random_mask(weights, Pattern(2, 8), seed=2)).any()
    assert first.mean() == 0.25
