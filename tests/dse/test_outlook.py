"""What is known of a point before it is evaluated is never contradicted by its evaluation."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dse.problem import Forecast, Observation, Problem
from dse.strategies.outlook import Outlook
from tests.dse.problems import Tables, Toy


def everything(space):
    return [point for point in product(*map(range, space.sizes)) if space.valid(point)]


@pytest.mark.golden
@settings(deadline=None)
@given(seed=st.integers(0, 2**32), told=st.integers(0, 20), limit=st.sampled_from([None, 12.0]))
def test_random_problems(seed, told, limit):
    space = Tables(seed, limit=limit)
    points = everything(space)
    np.random.default_rng(seed).shuffle(points)
    outlook = Outlook(space.problem())
    outlook.tell(map(space.observe, points[:told]))
    true = space.front(space.valid)
    for point in points:
        forecast, seen = outlook.of(point), space.observe(point)
        assert np.all(np.less_equal(forecast.objectives, seen.objectives))
        assert np.all(np.less_equal(forecast.violations, seen.violations))
        assert not (outlook.dominated(point) and point in true)
        assert not seen.feasible or not forecast.hopeless
    for point in points[:told]:
        assert outlook.of(point).objectives == space.observe(point).objectives


@pytest.mark.golden
def test_a_point_whose_groups_were_all_seen_is_known_altogether():
    toy = Toy()
    outlook = Outlook(toy.problem())
    outlook.tell([toy.observe((2, 1, choice, choice % 3, choice % 2)) for choice in range(5)])
    for choices in product(range(5), range(3), range(2)):
        assert outlook.of((2, 1, *choices)).objectives == toy.observe((2, 1, *choices)).objectives
    assert outlook.of((3, 1, 0, 0, 0)).objectives < toy.observe((3, 1, 0, 0, 0)).objectives


@pytest.mark.golden
def test_without_groups_and_forecasts_nothing_is_known():
    outlook = Outlook(Problem(sizes=(4, 4), ordered=(True, True), objectives=2, constraints=1))
    outlook.tell([Observation(point=(0, 0), objectives=(0.0, 0.0), violations=(-1.0,))])
    assert outlook.of((1, 1)) == Forecast(objectives=(-np.inf, -np.inf), violations=(-np.inf,))
    assert not outlook.dominated((1, 1))


@pytest.mark.golden
def test_a_group_without_a_bound_is_not_guessed():
    class Boundless(Toy):
        def bound(self, point):
            return None

    toy = Boundless()
    outlook = Outlook(toy.problem())
    outlook.tell([toy.observe((2, 1, 0, 0, 0))])
    assert outlook.of((2, 1, 1, 0, 0)).objectives == (-np.inf,) * 3
    assert outlook.of((2, 1, 0, 0, 0)).objectives == toy.observe((2, 1, 0, 0, 0)).objectives
