"""What Gaussian processes expect of points that were not evaluated."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dse.problem import Observation, Point, Problem, Separable
from dse.strategies.gaussian import Array, GaussianProcess

FITTED = 320  # points that a process is fitted to
ITERATIONS, REFITTED = 40, 10  # of fitting its lengths: every fourth time, and in between


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Means and deviations of m points: objectives (m, o), logarithms where all are positive, and violations (m, c)."""

    objectives: Array
    spread: Array
    violations: Array
    doubt: Array


class Surrogate(ABC):
    """A model of a problem. What is known of a point without evaluating it is not modelled."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.width = problem.objectives + problem.constraints
        self.exact = np.array(problem.exact or (False,) * self.width, bool)
        self.positive = np.zeros(problem.objectives, bool)
        self._fits = 0

    def fit(self, seen: Sequence[Observation]) -> None:
        """Learn from observations with objectives, the most telling first."""
        self.positive = np.all(np.array([observation.objectives for observation in seen]) > 0, axis=0)
        self._learn(seen, REFITTED if self._fits % 4 else ITERATIONS)
        self._fits += 1

    def expect(self, points: Sequence[Point]) -> Expected:
        """What to expect of points."""
        known = self._known(points)
        mean, deviation = self._model(points, known)
        mean = np.where(self.exact, known, np.maximum(mean, known))
        deviation = np.where(self.exact, 0.0, deviation)
        o = self.problem.objectives
        return Expected(objectives=mean[:, :o], spread=deviation[:, :o], violations=mean[:, o:], doubt=deviation[:, o:])

    def log(self, objectives: Array) -> Array:
        """(r, o) objectives as logarithms where all that were seen are positive."""
        return np.where(self.positive, np.log(np.maximum(objectives, 1e-300)), objectives)

    def _known(self, points: Sequence[Point]) -> Array:
        """(m, o + c) forecasts; objectives as in ``Expected``."""
        if self.problem.forecast is None:
            return np.full((len(points), self.width), -np.inf)
        forecasts = [self.problem.forecast(point) for point in points]
        rows = np.array([(*row.objectives, *row.violations) for row in forecasts]).reshape(-1, self.width)
        o = self.problem.objectives
        return np.concatenate([self.log(rows[:, :o]), rows[:, o:]], axis=1)

    @abstractmethod
    def _learn(self, seen: Sequence[Observation], iterations: int) -> None:
        """Fit the processes."""

    @abstractmethod
    def _model(self, points: Sequence[Point], known: Array) -> tuple[Array, Array]:
        """Means and deviations (m, o + c); those that are exact may be anything."""


class Whole(Surrogate):
    """One process per objective and constraint, each over all axes; objectives relative to their bounds."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        axes = tuple(range(len(problem.sizes)))
        self._processes = {i: _Process(problem, axes) for i in np.flatnonzero(~self.exact).tolist()}

    def _learn(self, seen: Sequence[Observation], iterations: int) -> None:
        points = [observation.point for observation in seen][:FITTED]
        objectives = self.log(np.array([observation.objectives for observation in seen[:FITTED]]))
        violations = np.array([observation.violations for observation in seen[:FITTED]], np.float64)
        rows = np.concatenate([objectives, np.arcsinh(violations).reshape(len(points), -1)], axis=1)
        base = self._base(self._known(points))
        for i, process in self._processes.items():
            process.fit(points, rows[:, i] - base[:, i], iterations)

    def _model(self, points: Sequence[Point], known: Array) -> tuple[Array, Array]:
        mean, deviation = self._base(known), np.zeros((len(points), self.width))
        for i, process in self._processes.items():
            expected, deviation[:, i] = process.predict(points)
            mean[:, i] += expected
        return mean, deviation

    def _base(self, known: Array) -> Array:
        """(m, o + c) what objectives are modelled relative to: finite bounds of logarithms."""
        base = np.zeros_like(known)
        o = self.problem.objectives
        base[:, :o] = np.where(self.positive & (known[:, :o] > np.log(1e-200)), known[:, :o], 0.0)
        return base


class Parts(Surrogate):
    """Of a separable problem: one process per group and column, over the axes that they depend on.

    An observation shows a choice of every group, and a process of one group has few axes. What is predicted are sums
    over the groups; their errors are taken to be independent.
    """

    def __init__(self, problem: Problem, separable: Separable) -> None:
        super().__init__(problem)
        self._layers = separable
        self._axes: list[tuple[int, ...]] = [(*range(separable.shared), *axes) for axes in separable.groups]
        pairs = zip(separable.directions, separable.exact, strict=True)
        self._columns = [index for index, (uses, exact) in enumerate(pairs) if any(uses) and not exact]
        self._processes: dict[tuple[int, int], _Process] = {}

    def _learn(self, seen: Sequence[Observation], iterations: int) -> None:
        groups = len(seen[0].parts)
        self._axes += [tuple(range(self._layers.shared))] * (groups - len(self._axes))
        for group in range(groups):
            # Points that agree on the axes of a group say the same of it.
            rows = {_at(observation.point, self._axes[group]): observation for observation in reversed(seen)}
            kept = list(reversed(rows.values()))[:FITTED]
            points = [observation.point for observation in kept]
            bounds = self._bounds(points, group)
            for column in self._columns:
                values = np.array([observation.parts[group][column] for observation in kept])
                process = self._processes.setdefault((group, column), _Process(self.problem, self._axes[group]))
                process.fit_sum(points, values, bounds[:, column], iterations)

    def _model(self, points: Sequence[Point], known: Array) -> tuple[Array, Array]:
        sums = np.zeros((len(points), len(self._layers.directions)))
        variance = np.zeros_like(sums)
        for group, axes in enumerate(self._axes):
            choices = {_at(point, axes): point for point in points}
            places = {choice: i for i, choice in enumerate(choices)}
            where = [places[_at(point, axes)] for point in points]
            distinct = list(choices.values())
            bounds = self._bounds(distinct, group)
            sums += bounds[where]
            for column in self._columns:
                mean, deviation = self._processes[group, column].predict_sum(distinct, bounds[:, column])
                sums[:, column] += (mean - bounds[:, column])[where]
                variance[:, column] += (deviation**2)[where]
        worse = np.array([1.0 if up else -1.0 for up, _ in self._layers.directions])
        return self._score(points, sums, sums + worse * np.sqrt(variance))

    def _score(self, points: Sequence[Point], sums: Array, worse: Array) -> tuple[Array, Array]:
        """Means and deviations (m, o + c) of points with these sums, and with sums that are a deviation worse."""
        machines = defaultdict(list)
        for i, point in enumerate(points):
            machines[point[: self._layers.shared]].append(i)
        mean, beyond = np.zeros((len(points), self.width)), np.zeros((len(points), self.width))
        for rows in machines.values():
            both = np.concatenate([sums[rows], worse[rows]])
            objectives, violations = self._layers.score(points[rows[0]], both)
            scored = np.concatenate([self.log(objectives), violations], axis=1)
            mean[rows], beyond[rows] = np.split(scored, 2)
        return mean, np.abs(beyond - mean)

    def _bounds(self, points: Sequence[Point], group: int) -> Array:
        """(m, k) bounds of the columns of a group; 0 where there are none."""
        rows = [self._layers.bound(point) for point in points]
        empty = (0.0,) * len(self._layers.directions)
        return np.array([empty if row is None or group >= len(row) else row[group] for row in rows])


class _Process:
    """A Gaussian process on some axes of a grid; a target that does not vary is remembered as it is."""

    def __init__(self, problem: Problem, axes: Sequence[int]) -> None:
        self._axes = [axis for axis in axes if problem.sizes[axis] > 1]
        self._span = np.array([problem.sizes[axis] - 1.0 for axis in self._axes])
        self._process = GaussianProcess(np.array([problem.ordered[axis] for axis in self._axes], bool))
        self._constant: float | None = None
        self._relative = False

    def fit(self, points: Sequence[Point], targets: Array, iterations: int) -> None:
        """Fit targets (n,) at points."""
        self._constant = float(targets[0]) if np.ptp(targets) == 0 or not self._axes else None
        if self._constant is None:
            self._process.fit(self._x(points), targets, iterations)

    def predict(self, points: Sequence[Point]) -> tuple[Array, Array]:
        """Means and deviations (m,)."""
        if self._constant is not None:
            return np.full(len(points), self._constant), np.zeros(len(points))
        return self._process.predict(self._x(points))

    def fit_sum(self, points: Sequence[Point], values: Array, bounds: Array, iterations: int) -> None:
        """Fit values (n,), by their logarithms above the bounds (n,) where all are positive."""
        self._relative = bool((values > 0).all())
        targets = np.log(values) - _log_of(bounds) if self._relative else values
        self.fit(points, targets, iterations)

    def predict_sum(self, points: Sequence[Point], bounds: Array) -> tuple[Array, Array]:
        """Means and deviations (m,) of values."""
        mean, deviation = self.predict(points)
        if not self._relative:
            return mean, deviation
        value = np.exp(mean + _log_of(bounds))
        return value, value * deviation

    def _x(self, points: Sequence[Point]) -> Array:
        return np.array(points)[:, self._axes] / self._span


def _log_of(bounds: Array) -> Array:
    return np.log(np.where(bounds > 0, bounds, 1.0))


def _at(point: Point, axes: Sequence[int]) -> Point:
    return tuple(point[axis] for axis in axes)


def surrogate(problem: Problem) -> Surrogate:
    """The model that suits a problem."""
    return Whole(problem) if problem.separable is None else Parts(problem, problem.separable)
