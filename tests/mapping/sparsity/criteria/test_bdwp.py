"""Masks of the two directions of a training step."""

import numpy as np
import pytest

from mapping.sparsity import Pattern, bidirectional_masks
from mapping.sparsity.patterns import Transposable

pytestmark = pytest.mark.golden


def test_groups_lie_along_the_reduction_axis_of_each_direction():
    weights = np.random.default_rng(0).standard_normal((16, 3, 3, 24)).astype(np.float32)
    forward, backward = bidirectional_masks(weights, Pattern(2, 8))
    np.testing.assert_array_equal(forward.reshape(16, 3, 3, 3, 8).sum(-1), 2)
    np.testing.assert_array_equal(backward.reshape(2, 8, 3, 3, 24).sum(1), 2)
    # Either keeps more of the weights' magnitude than one mask for both directions can.
    both = Transposable(Pattern(2, 8)).project(np.abs(weights))
    assert min(np.abs(weights)[mask].sum() for mask in (forward, backward)) > np.abs(weights)[both].sum()


def test_the_backward_mask_is_the_forward_one_of_the_transposed_weights():
    weights = np.random.default_rng(1).standard_normal((20, 12)).astype(np.float32)
    _, backward = bidirectional_masks(weights, Pattern(1, 8))
    np.testing.assert_array_equal(backward.T, bidirectional_masks(weights.T, Pattern(1, 8))[0])
