"""Criteria by name."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity import CRITERIA, Pattern, prune_weights
from tests.mapping.sparsity.criteria.cases import case

pytestmark = pytest.mark.golden


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_criterion_returns_a_valid_mask_and_weights_that_keep_to_it(criterion, dtype):
    weights, _, calibration = case(10, 30, seed=0)
    mask, pruned = prune_weights(weights.astype(dtype), Pattern(2, 8), criterion, calibration=calibration, seed=3)
    assert Pattern(2, 8).check(mask)
    assert pruned.dtype == dtype
    assert not pruned[~mask].any()
    assert not np.signbit(pruned[~mask]).any()


def test_sparsegpt_alone_changes_what_stays():
    weights, _, calibration = case(10, 32, seed=0)
    for criterion in CRITERIA:
        mask, pruned = prune_weights(weights, Pattern(2, 4), criterion, calibration=calibration)
        assert (pruned[mask] == weights[mask]).all() == (criterion != "sparsegpt")


def test_bad_input():
    with pytest.raises(InputError, match="criterion 'best': expected one of random, magnitude, wanda, sparsegpt"):
        prune_weights(np.ones((2, 4)), Pattern(2, 4), "best")
    for criterion in ("wanda", "sparsegpt"):
        with pytest.raises(InputError, match="this criterion looks at the layer's inputs"):
            prune_weights(np.ones((2, 4)), Pattern(2, 4), criterion)
