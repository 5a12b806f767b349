"""Constant fan-in."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity.patterns import FanIn

pytestmark = pytest.mark.golden


def test_every_output_keeps_the_same_number_of_inputs():
    scores = np.random.default_rng(0).random((9, 3, 3, 16))
    np.testing.assert_array_equal(FanIn(12).project(scores).reshape(9, -1).sum(1), 12)


def test_a_row_shorter_than_the_fan_in_is_kept_whole():
    assert FanIn(8).project(np.ones((2, 5))).all()
    assert FanIn(8).capacity(2, 5) == 10


def test_an_index_tells_all_inputs_apart():
    assert FanIn(3).mask_bits(10, 768) == 10 * 3 * 10


def test_bad_input():
    with pytest.raises(InputError, match="fan-in=0 outside"):
        FanIn(0)
    with pytest.raises(InputError, match=r"an array of shape \(4,\) is no matrix"):
        FanIn(2).project(np.ones(4))
