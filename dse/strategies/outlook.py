"""What a point can still bring, given what is known of it and of others."""

from collections.abc import Iterable

import numpy as np

from dse.pareto import nondominated
from dse.problem import Forecast, Observation, Point, Problem, Row


class Outlook:
    """Forecasts that get sharper with every observation.

    Of a separable problem, the columns of a group are known that some observation has shown on the same shared
    variables; the other groups are at their bounds. So a point may be known to be dominated, or known altogether,
    before it is evaluated.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._front = np.zeros((0, problem.objectives))
        self._parts: list[dict[Point, Row]] = []
        layers = problem.separable
        self._axes = [] if layers is None else [(*range(layers.shared), *axes) for axes in layers.groups]

    def tell(self, observations: Iterable[Observation]) -> None:
        """Learn from observations."""
        rows = [self._front]
        for seen in observations:
            if seen.objectives is not None and seen.feasible:
                rows.append(np.array([seen.objectives]))
            for group, part in enumerate(seen.parts):
                if group == len(self._parts):
                    self._parts.append({})
                self._parts[group][self._at(seen.point, group)] = part
        front = np.concatenate(rows)
        self._front = front[nondominated(front, keep_equal=False)]

    def of(self, point: Point) -> Forecast:
        """What the evaluation of a valid point can say at best."""
        problem, layers = self.problem, self.problem.separable
        empty = (-np.inf,)
        given = Forecast(objectives=empty * problem.objectives, violations=empty * problem.constraints)
        if problem.forecast is not None:
            given = problem.forecast(point)
        columns = None if layers is None else self._columns(point)
        if layers is None or columns is None:
            return given
        objectives, violations = layers.score(point, np.array([columns]))
        return Forecast(
            objectives=tuple(np.maximum(objectives[0], given.objectives).tolist()),
            violations=tuple(np.maximum(violations[0], given.violations).tolist()),
        )

    def dominated(self, point: Point) -> bool:
        """Whether nothing that its evaluation can say would make a valid point part of the front."""
        forecast = self.of(point)
        if forecast.hopeless:
            return True
        row = np.array(forecast.objectives)
        return bool(((self._front <= row).all(axis=1) & (self._front < row).any(axis=1)).any())

    def _columns(self, point: Point) -> Row | None:
        """The least sums of a point; None where a group has neither been seen nor a bound."""
        layers = self.problem.separable
        bound = None if layers is None else layers.bound(point)
        rows = []
        for group, seen in enumerate(self._parts):
            known = seen.get(self._at(point, group), None if bound is None else bound[group])
            if known is None:
                return None
            rows.append(known)
        return tuple(np.sum(rows, axis=0).tolist()) if rows else None

    def _at(self, point: Point, group: int) -> Point:
        """What decides the columns of a group; layers in no group come last and only depend on what is shared."""
        layers = self.problem.separable
        shared = 0 if layers is None else layers.shared
        axes = self._axes[group] if group < len(self._axes) else range(shared)
        return tuple(point[axis] for axis in axes)
