"""Pruning a layer."""

import numpy as np
import pytest

from mapping.graph import gemm_layer
from mapping.sparsity import DENSE, Pattern, magnitude_mask, parse_pattern, prune_layer

pytestmark = pytest.mark.golden


def test_magnitude_pruning_compares_absolute_values_along_the_input_channels():
    weights = np.array([[3.0], [-4.0], [0.5], [1.0], [-2.0]], np.float32)
    layer = prune_layer(gemm_layer("g", 1, 5, 1, weights=weights), Pattern(1, 2))
    assert layer.weights is not None
    np.testing.assert_array_equal(layer.weights.ravel(), [0, -4, 0, 1, -2])
    np.testing.assert_array_equal(magnitude_mask(layer.weights, Pattern(1, 4)).ravel(), [0, 1, 0, 0, 1])


def test_any_pattern_prunes_a_layer():
    weights = np.array([[3.0, 1.0], [-4.0, 2.0]], np.float32)
    layer = prune_layer(gemm_layer("g", 1, 2, 2, weights=weights), parse_pattern("unstructured@0.5"))
    assert layer.weights is not None
    np.testing.assert_array_equal(layer.weights.reshape(2, 2), [[3, -4], [0, 0]])


def test_a_layer_without_weights_and_a_dense_pattern_change_nothing():
    bare = gemm_layer("g", 1, 4, 2)
    assert prune_layer(bare, Pattern(1, 2)) is bare
    full = gemm_layer("g", 1, 2, 2, weights=np.ones((2, 2), np.float32))
    assert prune_layer(full, DENSE) is full
