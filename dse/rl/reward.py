"""One reward from many objectives and constraints."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dse.pareto import logarithmic, scaled
from dse.problem import Observation
from dse.rl.network import Array


class Scalariser:
    """Rewards relative to all feasible points seen so far.

    A weight vector w asks for a part of the front. Objectives f, as logarithms where all are positive, are scaled so
    that the best and worst feasible values seen are 0 and 1; a feasible point earns ``1 - max(w * f) / max(w)`` (a
    weighted Chebyshev distance, which unlike a weighted sum reaches the whole front). A point that breaks constraints
    earns what they are exceeded by, summed, negative, at least -1; one that is not valid or could not be measured
    earns -1.

    Args:
        objectives: How many.
    """

    def __init__(self, objectives: int) -> None:
        self._count = objectives
        self._feasible: list[Sequence[float]] = []
        self._positive: npt.NDArray[np.bool_] = np.ones(objectives, bool)
        self._low, self._high = np.zeros(objectives), np.ones(objectives)

    def weights(self, count: int, rng: np.random.Generator) -> Array:
        """Weight vectors (count, objectives), drawn evenly from all that sum to 1."""
        return rng.dirichlet(np.ones(self._count), count)

    def learn(self, observations: Sequence[Observation]) -> None:
        """Take notice of what is feasible."""
        self._feasible += [seen.objectives for seen in observations if seen.feasible and seen.objectives is not None]
        if self._feasible:
            rows = np.array(self._feasible, np.float64)
            self._positive = np.asarray((rows > 0).all(axis=0))
            rows = logarithmic(rows)
            self._low, self._high = rows.min(axis=0), rows.max(axis=0)

    def metrics(self, seen: Observation | None) -> Array:
        """(objectives,) scaled objectives of a point, 1 where there are none, at most 2: what an agent observes."""
        if seen is None or seen.objectives is None:
            return np.ones(self._count)
        row = np.array(seen.objectives, np.float64)
        usable = self._positive & (row > 0)
        row = np.where(usable, np.log(np.where(usable, row, 1.0)), row)
        return np.clip(scaled(row, self._low, self._high), -1.0, 2.0)

    def reward(self, seen: Observation | None, weights: Array) -> float:
        """Of a point for a weight vector (objectives,); None stands for one that is not valid."""
        if seen is None or seen.objectives is None:
            return -1.0
        if not seen.feasible:
            return -min(sum(max(violation, 0.0) for violation in seen.violations), 1.0)
        return 1.0 - float((weights * self.metrics(seen)).max() / weights.max())
