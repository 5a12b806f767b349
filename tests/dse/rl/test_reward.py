"""Does a reward say which point is better?"""

import numpy as np
import pytest

from dse.problem import Observation
from dse.rl.reward import Scalariser


def seen(*objectives, violations=()):
    return Observation(point=(), objectives=objectives, violations=violations)


def learnt():
    scalariser = Scalariser(2)
    scalariser.learn([seen(1.0, 100.0), seen(10.0, 10.0), seen(100.0, 1.0)])
    return scalariser


@pytest.mark.golden
def test_each_weight_asks_for_its_part_of_the_front():
    scalariser = learnt()
    points = [seen(1.0, 100.0), seen(10.0, 10.0), seen(100.0, 1.0)]
    for weights, best in (((0.99, 0.01), 0), ((0.5, 0.5), 1), ((0.01, 0.99), 2)):
        rewards = [scalariser.reward(point, np.array(weights)) for point in points]
        assert int(np.argmax(rewards)) == best
        assert all(0 <= reward <= 1 for reward in rewards)
    assert scalariser.reward(points[1], np.array([0.5, 0.5])) == pytest.approx(0.5)  # the middle, by ratios


@pytest.mark.golden
def test_better_than_all_known_pays_more():
    scalariser = learnt()
    weights = np.array([0.5, 0.5])
    assert scalariser.reward(seen(0.1, 0.1), weights) > scalariser.reward(seen(1.0, 1.0), weights) == 1.0


@pytest.mark.golden
def test_what_breaks_a_constraint_pays_less_than_anything_feasible():
    scalariser = learnt()
    weights = np.array([0.3, 0.7])
    feasible = scalariser.reward(seen(100.0, 100.0, violations=(-0.1,)), weights)
    slightly = scalariser.reward(seen(1.0, 1.0, violations=(0.1,)), weights)
    badly = scalariser.reward(seen(1.0, 1.0, violations=(5.0,)), weights)
    assert feasible > slightly > badly == -1.0
    assert scalariser.reward(Observation(point=(), objectives=None), weights) == -1.0
    assert scalariser.reward(None, weights) == -1.0


@pytest.mark.golden
def test_objectives_that_are_not_positive_are_not_ratios():
    scalariser = Scalariser(1)
    scalariser.learn([seen(-1.0), seen(3.0)])
    assert scalariser.metrics(seen(1.0))[0] == pytest.approx(0.5)
    assert scalariser.reward(seen(-1.0), np.ones(1)) == 1.0


@pytest.mark.golden
def test_weights_sum_to_one():
    weights = Scalariser(3).weights(100, np.random.default_rng(0))
    assert weights.shape == (100, 3)
    assert np.allclose(weights.sum(axis=1), 1)
    assert np.allclose(Scalariser(1).weights(4, np.random.default_rng(0)), 1)
