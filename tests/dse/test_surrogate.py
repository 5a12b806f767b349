"""What the processes expect of points."""

from itertools import product

import numpy as np
import pytest

from dse.strategies.surrogate import Parts, Whole, surrogate
from tests.dse.problems import Tables, Toy

ALL_POINTS = list(product(*map(range, Toy.sizes)))


def fitted(problem, observe, points):
    model = surrogate(problem)
    model.fit([observe(point) for point in points])
    return model


def errors(model, toy, points):
    """Root mean square error of the expected objectives, beside that of always expecting the mean."""
    expected = model.expect(points)
    true = model.log(np.array([toy.observe(point).objectives for point in points]))
    return np.sqrt(np.mean((expected.objectives - true) ** 2, axis=0)), true.std(axis=0)


@pytest.mark.golden
@pytest.mark.parametrize(("separable", "kind"), [(True, Parts), (False, Whole)])
def test_it_learns(separable, kind):
    toy = Toy()
    problem = toy.problem() if separable else toy.problem(separable=None)
    points = [ALL_POINTS[i] for i in np.random.default_rng(0).permutation(len(ALL_POINTS))]
    model = fitted(problem, toy.observe, points[:60])
    assert isinstance(model, kind)
    error, spread = errors(model, toy, points[60:200])
    assert (error < 0.1 * spread).all()


@pytest.mark.golden
def test_what_was_seen_is_expected_with_little_doubt():
    toy = Toy(limit=130.0)
    points = ALL_POINTS[::11]
    model = fitted(toy.problem(), toy.observe, points)
    expected = model.expect(points)
    true = model.log(np.array([toy.observe(point).objectives for point in points]))
    np.testing.assert_allclose(expected.objectives, true, atol=0.02)
    assert (expected.spread[:, 0] < 0.05).all()
    np.testing.assert_array_equal(expected.spread[:, 1:], 0.0)  # price and quality need no simulation
    violations = np.array([toy.observe(point).violations for point in points])
    np.testing.assert_allclose(expected.violations, violations, atol=3.0)


@pytest.mark.golden
@pytest.mark.parametrize("separable", [True, False])
def test_what_is_known_beforehand_is_taken_as_it_is(separable):
    space = Tables(3)
    problem = space.problem() if separable else space.problem(separable=None)
    points = [point for point in product(*map(range, space.sizes)) if space.valid(point)]
    model = fitted(problem, space.observe, points[::5])
    expected = model.expect(points)
    true = [space.observe(point) for point in points]
    objectives = model.log(np.array([seen.objectives for seen in true]))
    np.testing.assert_allclose(expected.objectives[:, 1:], objectives[:, 1:], rtol=1e-12)
    np.testing.assert_array_equal(expected.violations[:, 1], [seen.violations[1] for seen in true])
    np.testing.assert_array_equal(expected.doubt[:, 1], 0.0)
    least = model.log(np.array([space.forecast(point).objectives for point in points]))
    assert (expected.objectives >= least).all()
