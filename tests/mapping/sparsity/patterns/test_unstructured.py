"""Unstructured sparsity."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity.patterns import Unstructured

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(("sparsity", "kept"), [(0.0, 100), (0.29, 71), (0.5, 50), (0.995, 0), (0.9, 10)])
def test_the_share_is_met_to_the_nearest_weight(sparsity, kept):
    """0.29 of 100 is 28.999... in binary and still 29; of 0.5 weights the even number of pruned ones is taken."""
    pattern = Unstructured(sparsity)
    assert pattern.project(np.arange(100.0).reshape(4, 25)).sum() == pattern.capacity(4, 25) == kept
    assert pattern.mask_bits(4, 25) == 100


def test_the_first_of_equals_stay_in_row_major_order():
    np.testing.assert_array_equal(Unstructured(0.5).project(np.ones((2, 3))), [[1, 1, 1], [0, 0, 0]])


def test_out_of_range():
    with pytest.raises(InputError, match=r"unstructured: sparsity=1 outside \[0, 1\)"):
        Unstructured(1.0)
