import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.importance import codes, importance


@pytest.mark.golden
def test_a_parameter_that_decides_alone_explains_everything():
    levels = [[a, b] for a in range(3) for b in range(4)]
    values = [[10.0**a, -float(b)] for a, b in levels]
    assert importance(levels, values) == pytest.approx(np.eye(2), abs=1e-12)


@pytest.mark.golden
def test_two_that_add_up_share_and_chance_is_subtracted():
    # a adds 0 or 1, b adds 0 or 1, each combination twice: half of the variance each, less what chance explains.
    levels = np.array([[a, b] for a in (0, 1) for b in (0, 1)] * 2)
    shares = importance(levels, (levels.sum(axis=1) - 1.0)[:, None])
    by_hand = (2 - 1 * 2 / 6) / 4  # between 2, inside 2 with 6 degrees of freedom, total 4
    assert shares == pytest.approx(np.full((2, 1), by_hand))


@given(st.integers(0, 2**32 - 1))
def test_noise_explains_little(seed):
    rng = np.random.default_rng(seed)
    shares = importance(rng.integers(0, 4, (400, 3)), rng.standard_normal((400, 1)))
    # Its expectation is 0; the chance of a twentieth by 400 draws is below 1e-4.
    assert (shares >= 0).all()
    assert shares.max() < 0.1


def test_what_does_not_vary_explains_nothing():
    assert not importance([[0], [0], [0]], [[1.0], [2.0], [3.0]]).any()
    assert not importance([[0], [1], [2]], [[1.0], [2.0], [3.0]]).any()  # a value of its own for each design
    assert not importance([[0], [0], [1]], [[5.0], [5.0], [5.0]]).any()


def test_values_of_any_kind_become_levels():
    assert codes([["2:8", 4], ["dense", 4], ["2:8", 8]]).tolist() == [[0, 0], [1, 0], [0, 1]]
