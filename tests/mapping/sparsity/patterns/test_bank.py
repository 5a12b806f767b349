"""Bank-balanced sparsity."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity.patterns import BankBalanced, Pattern

pytestmark = pytest.mark.golden


def test_every_bank_keeps_its_share():
    mask = BankBalanced(128, 32).project(np.random.default_rng(0).random((7, 512)))
    np.testing.assert_array_equal(mask.reshape(7, 4, 128).sum(-1), 4)


def test_small_banks_are_n_of_m():
    scores = np.random.default_rng(1).integers(0, 5, (4, 30))
    np.testing.assert_array_equal(BankBalanced(8, 4).project(scores), Pattern(2, 8).project(scores))


def test_a_short_last_bank_keeps_up_to_the_share_of_a_full_one():
    pattern = BankBalanced(100, 10)
    assert pattern.project(np.ones((1, 104))).sum() == pattern.capacity(1, 104) == 14
    assert pattern.project(np.ones((1, 190))).sum() == pattern.capacity(1, 190) == 20
    assert pattern.mask_bits(1, 104) == 2 * 10 * 7


@pytest.mark.parametrize(
    ("bank", "rate", "message"),
    [(64, 3, "rate=3 does not divide bank=64"), (0, 1, "bank=0 outside"), (8, 16, r"rate=16 outside \[1, 8\]")],
)
def test_out_of_range(bank, rate, message):
    with pytest.raises(InputError, match=message):
        BankBalanced(bank, rate)


def test_a_bank_is_a_group_of_an_n_m_pattern():
    banks, groups = BankBalanced(32, 8), Pattern(4, 32)
    assert banks.as_nm() == groups
    assert BankBalanced(32, 1).as_nm() == Pattern(1, 1)
    scores = np.random.default_rng(3).random((5, 70))
    np.testing.assert_array_equal(banks.project(scores), groups.project(scores))
    with pytest.raises(InputError, match="M=128 outside"):
        BankBalanced(128, 2).as_nm()
