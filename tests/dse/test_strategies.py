"""What every strategy keeps to."""

import subprocess
import sys

import pytest

from dse.catalog import STRATEGIES
from dse.pareto import front
from dse.problem import Observation, Problem
from dse.strategies import make
from dse.strategies.auto import advise
from mapping.errors import InputError
from tests.dse.problems import Tables, Toy, drive

ALL = sorted(STRATEGIES)
ANY_PROBLEM = [name for name in ALL if name != "decompose"]
BUDGET = 96


def points(seen):
    return [observation.point for observation in seen]


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
def test_the_seed_decides(name):
    runs = [points(drive(make(name, Toy().problem(), 3), Toy().observe, BUDGET)) for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) == BUDGET


@pytest.mark.golden
@pytest.mark.parametrize("name", ["gp", "local", "marl", "nsga2", "ppo", "random", "sobol"])
def test_another_seed_asks_other_points(name):
    runs = [points(drive(make(name, Toy().problem(), seed), Toy().observe, BUDGET)) for seed in (0, 1)]
    assert runs[0] != runs[1]


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
def test_no_point_is_asked_twice_and_all_lie_in_the_grid(name):
    class Small(Toy):
        """So few points that most draws repeat one."""

        sizes = (4, 3, 3, 3, 1)

    toy = Small()
    seen = points(drive(make(name, toy.problem(), 0), toy.observe, 100))
    assert len(set(seen)) == len(seen) > 60
    assert all(0 <= i < size for point in seen for i, size in zip(point, toy.sizes, strict=True))


@pytest.mark.golden
@pytest.mark.parametrize("name", ANY_PROBLEM)
def test_a_space_is_searched_to_its_end(name):
    problem = Problem(sizes=(3, 4, 2), ordered=(True, False, True), objectives=2)
    seen = drive(make(name, problem, 0), lambda p: Observation(point=p, objectives=(p[0] + 1.0, 5.0 - p[1])), 100)
    assert len(seen) == 24


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
def test_a_space_of_one_point(name):
    class One(Toy):
        sizes = (1, 1, 1, 1, 1)

    seen = drive(make(name, One().problem(), 0), One().observe, 10)
    assert points(seen) == [(0, 0, 0, 0, 0)]


@pytest.mark.golden
@pytest.mark.parametrize("name", ANY_PROBLEM)
def test_a_space_without_axes(name):
    problem = Problem(sizes=(), ordered=(), objectives=1)
    assert points(drive(make(name, problem, 0), lambda p: Observation(point=p, objectives=(1.0,)), 10)) == [()]


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
def test_points_that_are_not_valid_are_not_asked(name):
    def valid(point):
        return point[0] % 2 == 0

    toy = Toy()
    seen = points(drive(make(name, toy.problem(valid=valid), 0), toy.observe, BUDGET))
    assert seen
    assert all(map(valid, seen))


@pytest.mark.golden
@pytest.mark.parametrize("name", ANY_PROBLEM)
def test_points_that_are_known_to_be_infeasible_are_not_asked(name):
    space = Tables(1, machines=(4, 3), groups=((3,), (3, 2)), limit=16.0)
    seen = drive(make(name, space.problem(), 0), space.observe, 60)
    assert seen
    assert not any(space.forecast(observation.point).hopeless for observation in seen)


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
def test_nothing_is_valid(name):
    assert drive(make(name, Toy().problem(valid=lambda _: False), 0), Toy().observe, BUDGET) == []


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("limit", [60.0, 130.0, -1.0])
def test_constraints(name, limit):
    toy = Toy(limit=limit)
    seen = drive(make(name, toy.problem(), 0), toy.observe, BUDGET)
    # A bound that rules a machine out spares decompose its evaluation.
    assert len(seen) == BUDGET or name == "decompose"
    assert all(observation.feasible == (observation.violations[0] <= 0) for observation in seen)


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
def test_points_that_cannot_be_measured(name):
    toy = Toy(broken={(0, 2), (3, 1)})
    seen = drive(make(name, toy.problem(), 0), toy.observe, BUDGET)
    assert len(seen) == BUDGET
    assert any(observation.objectives is None for observation in seen)


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
def test_nothing_can_be_measured(name):
    seen = drive(make(name, Toy().problem(), 0), lambda p: Observation(point=p, objectives=None), BUDGET)
    assert len(seen) == BUDGET


@pytest.mark.golden
@pytest.mark.parametrize("name", ANY_PROBLEM)
def test_one_objective(name):
    problem = Problem(sizes=(10, 10), ordered=(True, True), objectives=1)
    seen = drive(make(name, problem, 0), lambda p: Observation(point=p, objectives=(abs(p[0] - 7.0) + p[1],)), 100)
    assert front(seen)[0].point == (7, 0)


@pytest.mark.golden
@pytest.mark.parametrize("name", ALL)
def test_odd_batches(name):
    toy = Toy()
    assert len(drive(make(name, toy.problem(), 0), toy.observe, 50, batch=3)) == 50


@pytest.mark.golden
@pytest.mark.parametrize("name", ["gp", "local", "marl", "nsga2", "ppo"])
def test_it_beats_chance(name):
    """Points of the true front found in as many evaluations as random search gets, summed over seeds."""
    toy = Toy(limit=130.0)
    true = toy.front()

    def found(strategy):
        return sum(len(true & set(points(drive(make(strategy, toy.problem(), s), toy.observe, 150)))) for s in range(3))

    assert found(name) > found("random")


@pytest.mark.golden
@pytest.mark.parametrize("name", ["gp", "nsga2", "ppo", "sobol"])
def test_another_process_with_another_hash_seed_asks_the_same(name):
    code = (
        "from tests.dse.problems import Toy, drive; from dse.strategies import make;"
        f"print([s.point for s in drive(make('{name}', Toy().problem(), 5), Toy().observe, 60)])"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]


@pytest.mark.smoke
def test_unknown_strategies_are_refused():
    with pytest.raises(InputError, match="'bayes' is not one of auto, exhaustive"):
        make("bayes", Toy().problem(), 0)
    with pytest.raises(InputError, match="no groups of layers"):
        make("decompose", Toy().problem(separable=None), 0)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("changes", "seconds", "budget", "expected"),
    [
        ({}, 0.01, 1000, "exhaustive"),
        ({}, 0.01, None, "exhaustive"),
        ({}, 0.01, 400, "decompose"),
        ({"separable": None}, 10.0, 100, "gp"),
        ({"separable": None}, 0.001, 600, "gp"),
        ({"separable": None, "sizes": (100, 100)}, 0.001, 2000, "nsga2"),
        ({"separable": None, "sizes": (1000, 1000)}, 1.0, None, "gp"),
        ({"separable": None, "sizes": (10_000, 10_000)}, 0.001, None, "nsga2"),
    ],
)
def test_auto(changes, seconds, budget, expected):
    advice = advise(Toy().problem(**changes), seconds, budget)
    assert advice.name == expected
    assert "points" in advice.reason
