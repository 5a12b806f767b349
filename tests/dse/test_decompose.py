"""Decomposition is exact."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dse.pareto import front, nondominated
from dse.strategies import make
from dse.strategies.merge import merge
from tests.dse.problems import Tables, Toy, drive

numbers = st.integers(0, 6).map(float)
DIRECTIONS = st.sampled_from([(1, 0), (0, 1), (1, 1), (0, 0)])


@pytest.mark.golden
@pytest.mark.parametrize("budget", [None, 720])
@pytest.mark.parametrize("toy", [Toy(), Toy(limit=130.0), Toy(broken={(3, 1)}), Toy(broken={(0, 2), (2, 4)})])
def test_the_front_is_the_true_front(toy, budget):
    true = toy.front()
    seen = drive(make("decompose", toy.problem(), 0, budget), toy.observe, 10_000)
    assert {observation.point for observation in front(seen)} == true


@pytest.mark.golden
def test_it_takes_fewer_evaluations_than_there_are_points():
    toy = Toy()
    true = toy.front()
    seen = drive(make("decompose", toy.problem(), 0, 720), toy.observe, 10_000)
    assert {observation.point for observation in front(seen)} == true
    assert len(seen) <= 24 * 5 + len(true)


@pytest.mark.golden
def test_a_machine_that_the_bounds_rule_out_is_not_evaluated():
    class Costly(Toy):
        """The second axis only adds time and price."""

        def score(self, point, columns):
            objectives, violations = super().score(point, columns)
            objectives[:, 1] = 100.0 * point[1] + point[0]
            return objectives, violations

    toy = Costly()
    true = toy.front()
    seen = drive(make("decompose", toy.problem(), 0, 720), toy.observe, 10_000)
    assert {observation.point for observation in front(seen)} == true
    assert len({observation.point[:2] for observation in seen}) < 24


@pytest.mark.golden
@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    machines=st.lists(st.integers(1, 3), min_size=1, max_size=2),
    groups=st.lists(st.lists(st.integers(1, 3), max_size=2), min_size=1, max_size=3),
    limit=st.sampled_from([None, 6.0, 12.0, 20.0]),
    budgeted=st.booleans(),
)
def test_on_random_problems_the_front_is_what_exhaustive_search_finds(seed, machines, groups, limit, budgeted):
    space = Tables(seed, tuple(machines), tuple(map(tuple, groups)), limit)
    problem = space.problem()
    # Points that are known to be infeasible are not asked by others; decompose needs them, for what their parts cost.
    budget = 4 * problem.size if budgeted else None
    seen = drive(make("decompose", problem, 0, budget), space.observe, 10_000)
    assert {observation.point for observation in front(seen)} == space.front(space.valid)


@st.composite
def tables(draw):
    columns = draw(st.integers(1, 3))
    row = st.lists(numbers, min_size=columns, max_size=columns)
    groups = draw(st.lists(st.lists(row, min_size=1, max_size=4), min_size=1, max_size=4))
    directions = draw(st.lists(DIRECTIONS, min_size=columns, max_size=columns))
    return [np.array(group) for group in groups], directions


@pytest.mark.golden
@given(tables())
def test_merge_keeps_what_the_full_product_keeps(table):
    groups, directions = table
    sums = merge(groups, directions)
    everything = [
        sum(group[i] for group, i in zip(groups, chosen, strict=True))
        for chosen in product(*(range(len(g)) for g in groups))
    ]
    signed = [
        [value for x, (up, down) in zip(row, directions, strict=True) for value in [x] * up + [-x] * down]
        for row in everything
    ]
    keep = nondominated(signed) if signed[0] else np.ones(len(signed), bool)
    chosen = [c for c, kept in zip(product(*(range(len(g)) for g in groups)), keep, strict=True) if kept]
    assert sorted(map(tuple, sums.choices.tolist())) == sorted(chosen)
    for columns, choice in zip(sums.columns, sums.choices, strict=True):
        np.testing.assert_array_equal(columns, sum(group[i] for group, i in zip(groups, choice, strict=True)))
