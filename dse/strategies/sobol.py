"""A scrambled Sobol sequence on the grid."""

import numpy as np

from dse.problem import Point, Problem
from dse.strategies.base import Strategy

# Draws in a row that bring nothing new before the rest is drawn at random.
STALLED = 4096


class Sobol(Strategy):
    """Points that fill the grid evenly; where the sequence only repeats itself, random ones."""

    batch = 32

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        from scipy.stats.qmc import Sobol as Sequence  # noqa: PLC0415  # its import takes seconds

        self._sequence = Sequence(len(problem.sizes), scramble=True, rng=self.rng) if problem.sizes else None
        self._stalled = 0

    def _propose(self, count: int) -> list[Point]:
        found: dict[Point, None] = {}
        while self._sequence is not None and len(found) < count and self._stalled < STALLED:
            unit = self._sequence.random(1)[0]
            before = len(found)
            self._add(tuple(int(i) for i in np.floor(unit * self.problem.sizes)), found)
            self._stalled = 0 if len(found) > before else self._stalled + 1
        points = list(found)
        if len(points) < count:
            self.asked.update(points)
            points += self.fresh(count - len(points))
            self.asked.difference_update(points)
        return points
