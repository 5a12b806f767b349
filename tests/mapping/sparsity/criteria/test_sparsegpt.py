"""SparseGPT against a slow textbook, and against magnitude where it matters: the layer's output."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity import Calibration, magnitude_mask, parse_pattern
from mapping.sparsity.criteria import sparsegpt, wanda_mask
from mapping.sparsity.criteria.sparsegpt import inverse_factor
from tests.mapping.sparsity.criteria.cases import case, output_error
from tests.mapping.sparsity.criteria.textbook import textbook_sparsegpt

pytestmark = pytest.mark.golden
PATTERNS = [
    "2:4",
    "2:8",
    "3:7",
    "unstructured@0.6",
    "bank:16/4",
    "fan-in:9",
    "block:4@0.5",
    "2:4@both",
    "1:4@out",
    "dense",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("inputs", "block"), [(32, 8), (37, 16), (29, 128), (33, 1)])
def test_equals_the_textbook(pattern, inputs, block):
    weights, _, calibration = case(12, inputs, seed=inputs)
    chosen = parse_pattern(pattern)
    mask, pruned = sparsegpt(weights, chosen, calibration, block=block)
    expected_mask, expected = textbook_sparsegpt(weights, chosen, calibration.gram, block, 0.01)
    np.testing.assert_array_equal(mask, expected_mask)
    np.testing.assert_allclose(pruned, expected, rtol=1e-8, atol=1e-10)
    assert chosen.check(mask)


def test_groups_of_a_convolution_start_anew_at_every_kernel_position():
    weights, _, calibration = case(6, 3 * 2 * 5, seed=1)
    kernel = weights.reshape(6, 3, 2, 5)
    mask, pruned = sparsegpt(kernel, parse_pattern("1:4"), calibration, block=7)
    expected_mask, expected = textbook_sparsegpt(kernel, parse_pattern("1:4"), calibration.gram, 7, 0.01)
    np.testing.assert_array_equal(mask, expected_mask)
    np.testing.assert_allclose(pruned, expected, rtol=1e-8, atol=1e-10)
    assert (mask.sum(-1) == 2).all()


@pytest.mark.parametrize(
    "pattern", ["2:4", "1:4@out", "2:4@both", "2:4:1", "bank:4/2", "fan-in:9", "butterfly:2/4", "dense"]
)
def test_masks_of_a_convolution_keep_to_every_pattern(pattern):
    weights, _, calibration = case(12, 3 * 2 * 7, seed=2)
    chosen = parse_pattern(pattern)
    mask, _ = sparsegpt(weights.reshape(12, 3, 2, 7), chosen, calibration, block=16)
    assert chosen.check(mask)


@pytest.mark.parametrize("pattern", ["2:4", "2:8", "1:8", "unstructured@0.75", "block:8@0.5"])
@pytest.mark.parametrize("seed", range(3))
def test_output_error_on_correlated_inputs_is_below_that_of_magnitude_and_wanda(pattern, seed):
    weights, rows, calibration = case(48, 96, seed)
    chosen = parse_pattern(pattern)
    _, pruned = sparsegpt(weights, chosen, calibration)
    for mask in (magnitude_mask(weights, chosen), wanda_mask(weights, chosen, calibration)):
        assert output_error(weights, pruned, rows) < output_error(weights, np.where(mask, weights, 0), rows)


def test_the_update_is_optimal_for_the_columns_that_remain():
    """With one pruned column, first of all, the others must solve the damped least-squares problem."""
    weights, _, calibration = case(1, 6, seed=3)
    weights[0, 0] = 1e-3
    mask, pruned = sparsegpt(weights, parse_pattern("fan-in:5"), calibration)
    assert mask[0].tolist() == [False, True, True, True, True, True]
    hessian = calibration.gram + 0.01 * calibration.gram.diagonal().mean() * np.eye(6)
    best = np.linalg.solve(hessian[1:, 1:], hessian[1:] @ weights[0])
    np.testing.assert_allclose(pruned[0, 1:], best)


def test_inputs_that_are_always_zero_lose_their_weights_first():
    weights, rows, _ = case(4, 16, seed=0)
    rows[:, [3, 7]] = 0
    mask, pruned = sparsegpt(weights, parse_pattern("3:4"), Calibration(16).add(rows))
    assert not mask[:, [3, 7]].any()
    assert not pruned[~mask].any()


def test_dtype_and_inputs_are_kept():
    weights, _, calibration = case(8, 16, seed=0)
    single = weights.astype(np.float32)
    before, gram = single.copy(), calibration.gram.copy()
    mask, pruned = sparsegpt(single, parse_pattern("2:4"), calibration)
    assert pruned.dtype == np.float32
    np.testing.assert_array_equal(single, before)
    np.testing.assert_array_equal(calibration.gram, gram)
    np.testing.assert_allclose(pruned, sparsegpt(weights, parse_pattern("2:4"), calibration)[1], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(pruned != 0, mask)


def test_the_factor_is_the_upper_cholesky_of_the_inverse():
    _, _, calibration = case(1, 20, seed=5)
    expected = np.linalg.cholesky(np.linalg.inv(calibration.gram)).T
    np.testing.assert_allclose(inverse_factor(calibration.gram), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("options", "message"), [({"damping": 0.0}, "damping=0"), ({"block": 0}, "block=0")])
def test_bad_options(options, message):
    weights, _, calibration = case(2, 4, seed=0)
    with pytest.raises(InputError, match=message):
        sparsegpt(weights, parse_pattern("2:4"), calibration, **options)
