"""Is the golden order of the array that of the golden executor?"""

import numpy as np
import pytest

from rtl.bench.sat.folds import ARRAYS, PATTERNS, random_fold
from simulator.families.sat import arithmetic, golden

pytestmark = pytest.mark.golden
FP16, INT8 = ARRAYS["fp16"], ARRAYS["tiny"]


def _folds(array, patterns, output_stationary):
    rng = np.random.default_rng(17)
    for n, m in patterns:
        for _ in range(40):
            yield random_fold(array, rng, output_stationary=output_stationary, n=n, m=m)


@pytest.mark.parametrize("output_stationary", [True, False], ids=["os", "ws"])
def test_int8_sums_are_those_of_the_executor(output_stationary):
    for fold in _folds(INT8, PATTERNS, output_stationary):
        group = np.arange(fold.slots) // fold.n
        want = golden._integer_sums(fold.windows, fold.values, fold.indices, group)
        assert (fold.sums().view(np.int32) == want).all()


def test_every_nan_is_the_one_of_the_hardware():
    nans = np.array([0xFFC00000, 0x7FC00001, 0x7F800001], np.uint32).view(np.float32)
    assert (arithmetic.canonical(nans).view(np.uint32) == 0x7FC00000).all()
    assert (arithmetic.fp16_rounded(nans).view(np.uint16) == 0x7E00).all()
