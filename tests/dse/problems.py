"""Small problems with known fronts, for every strategy."""

from itertools import pairwise, product

import numpy as np

from dse.pareto import nondominated
from dse.problem import Forecast, Observation, Problem


class Toy:
    """Machines of two axes and three groups of choices: time is a sum over groups, price a function of the machine."""

    sizes = (6, 4, 5, 3, 2)
    shared = 2
    groups = ((2,), (3,), (4,))
    directions = ((1, 0), (0, 1))
    exact = (False, True)
    objectives = 3

    def __init__(self, *, broken=(), limit=None):
        self.broken, self.limit = set(broken), limit
        self.evaluated = []

    def parts(self, point):
        a, b = point[:2]
        return tuple(
            (float((7 - choice) * (10 - a) + 3 * b + g), float((5 - choice) * (g + 1)))
            for g, choice in enumerate(point[2:])
        )

    def score(self, point, columns):
        columns = np.asarray(columns)
        price = np.full(len(columns), float(point[0] * 3 + (3 - point[1])))
        objectives = np.stack([columns[:, 0], price, -columns[:, 1]], axis=1)
        violations = np.zeros((len(columns), 0)) if self.limit is None else columns[:, :1] - self.limit
        return objectives, violations

    def bound(self, point):
        return tuple((time * 0.9, quality) for time, quality in self.parts(point))

    def observe(self, point):
        self.evaluated.append(point)
        if self.broken & {(axis, value) for axis, value in enumerate(point)}:
            return Observation(point=point, objectives=None)
        parts = self.parts(point)
        objectives, violations = self.score(point, np.sum(parts, axis=0)[None])
        return Observation(
            point=point, objectives=tuple(objectives[0].tolist()), violations=tuple(violations[0].tolist()), parts=parts
        )

    def problem(self, **changes):
        settings = {
            "sizes": self.sizes,
            "ordered": (True, True, True, True, False),
            "objectives": self.objectives,
            "constraints": 0 if self.limit is None else 1,
            "separable": self,
        }
        return Problem(**settings | changes)

    def front(self, valid=lambda point: True):
        """Every point whose objectives no other feasible point dominates."""
        seen = [self.observe(point) for point in product(*map(range, self.sizes)) if valid(point)]
        self.evaluated.clear()
        feasible = [observation for observation in seen if observation.feasible]
        keep = nondominated([observation.objectives for observation in feasible])
        return {observation.point for observation, kept in zip(feasible, keep, strict=True) if kept}


def drive(strategy, observe, budget, batch=None):
    """Ask and tell until the budget or the strategy ends; everything observed, in order."""
    seen = []
    while len(seen) < budget:
        points = strategy.ask(min(batch or strategy.batch, budget - len(seen)))
        if not points:
            break
        told = [observe(point) for point in points]
        strategy.tell(told)
        seen += told
    return seen


class Tables(Toy):
    """A random separable problem: columns drawn for each machine, group and choice; some machines are illegal.

    The first column is bounded from below, the others are known. Of the third, neither much nor little is feasible.
    """

    directions = ((1, 0), (0, 1), (1, 1))
    exact = (False, True, True)

    def __init__(self, seed, machines=(2, 2), groups=((3,), (2, 2)), limit=None):
        rng = np.random.default_rng(seed)
        super().__init__(limit=limit)
        self.shared = len(machines)
        self.sizes = (*machines, *(size for group in groups for size in group))
        ends = np.cumsum([self.shared, *map(len, groups)])
        self.groups = tuple(tuple(range(a, b)) for a, b in pairwise(ends))
        self.columns = [rng.integers(1, 9, (*machines, *group, 3)).astype(float) for group in (*groups, ())]
        self.slack = [rng.integers(0, 3, column.shape) * np.array([1, 0, 0]) for column in self.columns]
        self.price = rng.integers(1, 5, machines).astype(float)
        self.illegal = rng.random(machines) < 0.2

    def valid(self, point):
        return not self.illegal[point[: self.shared]]

    def parts(self, point):
        places = [tuple(point[axis] for axis in axes) for axes in (*self.groups, ())]
        return tuple(tuple(c[(*point[: self.shared], *at)]) for c, at in zip(self.columns, places, strict=True))

    def bound(self, point):
        places = [tuple(point[axis] for axis in axes) for axes in (*self.groups, ())]
        slack = [tuple(s[(*point[: self.shared], *at)]) for s, at in zip(self.slack, places, strict=True)]
        return tuple(tuple(np.subtract(part, s)) for part, s in zip(self.parts(point), slack, strict=True))

    def score(self, point, columns):
        columns = np.asarray(columns)
        price = np.full(len(columns), self.price[point[: self.shared]])
        objectives = np.stack([columns[:, 0], price, -columns[:, 1]], axis=1)
        violations = np.concatenate([columns[:, :1] - (self.limit or 1e3), np.abs(columns[:, 2:] - 14) - 4], axis=1)
        return objectives, violations

    def forecast(self, point):
        objectives, violations = self.score(point, np.sum(self.bound(point), axis=0)[None])
        return Forecast(objectives=tuple(objectives[0].tolist()), violations=tuple(violations[0].tolist()))

    def problem(self, **changes):
        settings = {"ordered": (True,) * len(self.sizes), "constraints": 2, "valid": self.valid}
        settings |= {"forecast": self.forecast, "exact": (False, True, True, False, True)}
        return super().problem(**settings | changes)
