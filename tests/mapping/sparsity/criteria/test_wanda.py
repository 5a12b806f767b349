"""Wanda."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity import Calibration, Pattern, magnitude_mask, parse_pattern
from mapping.sparsity.criteria import wanda_mask
from tests.mapping.sparsity.criteria.cases import case, output_error

pytestmark = pytest.mark.golden


def test_a_loud_input_saves_a_small_weight():
    weights = np.array([[1.0, -2.0]])
    calibration = Calibration(2).add(np.array([[3.0, 1.0], [0.0, 1.0]]))  # norms 3 and sqrt 2
    np.testing.assert_array_equal(wanda_mask(weights, Pattern(1, 2), calibration), [[True, False]])
    np.testing.assert_array_equal(magnitude_mask(weights, Pattern(1, 2)), [[False, True]])


def test_equal_inputs_make_it_magnitude():
    weights = np.random.default_rng(0).standard_normal((5, 3, 3, 8)).astype(np.float32)
    calibration = Calibration(72).add(np.ones((4, 72)))
    np.testing.assert_array_equal(
        wanda_mask(weights, Pattern(2, 4), calibration), magnitude_mask(weights, Pattern(2, 4))
    )


def test_output_error_is_below_that_of_magnitude():
    weights, rows, calibration = case(64, 128, seed=0)
    pattern = parse_pattern("fan-in:64")
    errors = [
        output_error(weights, np.where(mask, weights, 0), rows)
        for mask in (wanda_mask(weights, pattern, calibration), magnitude_mask(weights, pattern))
    ]
    assert errors[0] < errors[1]


def test_bad_calibration():
    with pytest.raises(InputError, match="calibration over 3 inputs, but an output has 4 weights"):
        wanda_mask(np.ones((2, 4)), Pattern(2, 4), Calibration(3))
    with pytest.raises(InputError, match="calibration without samples"):
        wanda_mask(np.ones((2, 4)), Pattern(2, 4), Calibration(4))
