"""Which points and machines come first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.pareto import MARGIN, hypervolume
from dse.strategies import make
from dse.strategies.greedy import greedy
from dse.strategies.ranking import all_dominated, by_promise
from tests.dse.problems import Toy

row = st.tuples(*[st.integers(0, 10).map(lambda i: i / 10)] * 2)
rows = st.lists(row, min_size=1, max_size=8)


@pytest.mark.golden
@given(rows, rows, st.integers(1, 8))
def test_greedy_takes_what_adds_most_at_every_step(candidates, known, count):
    corner = np.full(2, MARGIN)
    chosen = greedy(np.array(candidates), np.array(known), count)
    assert len(set(chosen)) == len(chosen) <= count
    seen = list(known)
    for index in chosen:
        volumes = [hypervolume([*seen, each], corner) for each in candidates]
        assert volumes[index] == pytest.approx(max(volumes))
        assert volumes[index] > hypervolume(seen, corner)
        seen.append(candidates[index])
    if len(chosen) < count:
        assert max(hypervolume([*seen, each], corner) for each in candidates) == pytest.approx(
            hypervolume(seen, corner)
        )


@pytest.mark.golden
@given(rows, rows)
def test_all_dominated_is_what_it_says(bounds, known):
    def dominates(a, b):
        return all(x <= y for x, y in zip(a, b, strict=True)) and a != b

    expected = all(any(dominates(each, bound) for each in known) for bound in bounds)
    assert all_dominated(np.array(bounds), known) == expected
    assert not all_dominated(np.array(bounds), [])
    assert not all_dominated(None, known)


@pytest.mark.golden
def test_machines_come_by_what_they_add():
    bounds = {
        (0,): np.array([[1.0, 9.0], [9.0, 1.0]]),
        (1,): np.array([[1.1, 9.0], [9.0, 1.1]]),  # all but the same: last
        (2,): np.array([[3.0, 3.0]]),
        (3,): None,  # nothing is known of it: first
        (4,): np.zeros((0, 2)),  # nothing on it is feasible
    }
    assert by_promise(bounds) == [(3,), (2,), (0,), (1,)]


@pytest.mark.golden
def test_spread_points_are_further_apart_than_random_ones():
    toy = Toy()

    def nearest(points):
        x = np.array(points) / (np.array(toy.sizes) - 1)
        distances = np.abs(x[:, None] - x).sum(axis=2)
        return np.min(distances + 9 * np.eye(len(x)), axis=1).mean()

    for seed in range(5):
        strategy = make("random", toy.problem(), seed)
        spread, fresh = strategy.spread(12), strategy.fresh(12)
        assert len(set(spread)) == 12
        assert nearest(spread) > 1.2 * nearest(fresh)
