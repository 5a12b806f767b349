"""Magnitude and random pruning."""

import tracemalloc

import numpy as np
import pytest

from mapping.sparsity import Pattern, magnitude_mask, parse_pattern
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


@pytest.mark.parametrize(
    "pattern", ["2:8", "8:16", "32:64", "2:8@out", "block:16@0.75", "bank:1024/16", "fan-in:275", "unstructured@0.9"]
)
def test_pruning_takes_at_most_four_times_the_memory_of_the_weights(pattern):
    weights = np.random.default_rng(0).standard_normal((1024, 2752), dtype=np.float32)
    tracemalloc.start()
    magnitude_mask(weights, parse_pattern(pattern))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak + weights.nbytes <= 4 * weights.nbytes
