"""What a space says of a design without simulating it is what the simulation says, or no worse."""

from itertools import product

import numpy as np
import pytest

from dse.evaluate import Evaluator
from dse.grid import problem_of
from dse.judge import Judge
from dse.pareto import front
from dse.strategies import make
from tests.dse.problems import drive
from tests.dse.spaces import tiny

COSTS = {"price": {"rows": 2.0, "memory.channels": 10.0}}
WANTED = {"latency_ms": "minimise", "price": "minimise", "kept_weights": "maximise", "energy_uj": "minimise"}


def posed(**changes):
    space = tiny(**changes)
    evaluator, judge = Evaluator(space), Judge(space)
    return problem_of(evaluator, judge), lambda point: judge.observe(point, evaluator.evaluate(space.decode(point)))


@pytest.mark.shape
def test_forecasts_hold():
    limits = {"kept_weights": {"min": 0.3, "max": 0.9}, "latency_ms": {"max": 1.2}, "utilisation": {"min": 0.1}}
    problem, observe = posed(costs=COSTS, objectives=WANTED, constraints=limits)
    assert problem.exact == (False, True, True, False, True, True, False, False)
    hopeless = 0
    for point in product(*map(range, problem.sizes)):
        forecast, seen = problem.forecast(point), observe(point)
        least = np.array([*forecast.objectives, *forecast.violations])
        said = np.array([*seen.objectives, *seen.violations])
        assert (least <= said).all()
        exact = np.array(problem.exact)
        np.testing.assert_array_equal(least[exact], said[exact])
        assert not (forecast.hopeless and seen.feasible)
        hopeless += forecast.hopeless
        assert forecast.objectives[0] > 0  # a bound, not nothing
        assert forecast.violations[-1] == -np.inf  # utilisation may go either way with cycles
    assert 0 < hopeless < problem.size


@pytest.mark.golden
@pytest.mark.parametrize("limit", [{"max": 0.9}, {"min": 0.3, "max": 0.7}])
def test_decompose_reaches_designs_whose_neighbours_are_known_to_be_infeasible(limit):
    """Both groups dense is never feasible here, but what it costs is a part of designs that are."""
    problem, observe = posed(constraints={"kept_weights": limit}, parameters={"rows": [16, 32], "cols": [16, 32]})
    asked = {name: drive(make(name, problem, 0), observe, 1000) for name in ("exhaustive", "decompose")}
    fronts = {name: {seen.point for seen in front(all_of)} for name, all_of in asked.items()}
    assert fronts["decompose"] == fronts["exhaustive"]
    assert fronts["exhaustive"]
    assert len(asked["exhaustive"]) < problem.size


@pytest.mark.golden
def test_bounds_are_not_given_where_more_may_be_better():
    for wanted in ({"energy_uj": "maximise"}, {"cycles": "maximise"}, {"macs_per_uj": "maximise"}):
        problem, _ = posed(objectives=wanted)
        assert problem.separable.bound((0,) * len(problem.sizes)) is None
        assert problem.forecast((0,) * len(problem.sizes)).objectives == (-np.inf,)
