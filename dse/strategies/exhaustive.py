"""Every point, in order."""

from dse.problem import Point, Problem
from dse.strategies.base import Strategy


class Exhaustive(Strategy):
    """All valid points; the last axis runs fastest, so points of one machine stand together."""

    batch = 256

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        self._next = 0

    def _propose(self, count: int) -> list[Point]:
        points: list[Point] = []
        while len(points) < count and self._next < self.problem.size:
            point = self.problem.point(self._next)
            self._next += 1
            if self.problem.promising(point):
                points.append(point)
        return points
