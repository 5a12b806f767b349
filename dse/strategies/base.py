"""The protocol of all strategies: ask for points, tell what became of them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from dse.problem import Observation, Point, Problem

BLOCKS = 32  # of draws, each twice as many as points are wanted
SCANNED_AT_MOST = 2_000_000
POOL = 256  # random points among which those far from each other are looked for


class Strategy(ABC):
    """Chooses what to evaluate next.

    A strategy draws all randomness from its seed and never looks at a clock, so what it asks depends on the problem,
    the seed, the numbers it was asked for, and the observations it was told, in that order. It asks no point twice.

    Args:
        problem: What to search.
        seed: Of all its randomness.
        budget: How many points it will be asked for, if that is known.
    """

    batch: int = 8  # points that it likes to be asked for at once; they do not depend on each other's results

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        self.problem, self.budget = problem, budget
        self.rng = np.random.default_rng(seed)
        self.asked: set[Point] = set()

    def ask(self, count: int) -> list[Point]:
        """Up to ``count`` promising points never asked before; none when the strategy has no more."""
        points = self._propose(count)
        repeated = self.asked.intersection(points)
        if repeated or len(set(points)) < len(points) or len(points) > count:
            raise AssertionError(f"{type(self).__name__} proposed a point twice, or more than {count}")
        self.asked.update(points)
        return points

    def tell(self, observations: Sequence[Observation]) -> None:  # noqa: B027  # not all learn
        """What became of asked points; called in the order in which they were asked."""

    @abstractmethod
    def _propose(self, count: int) -> list[Point]:
        """Points for ``ask``."""

    def fresh(self, count: int) -> list[Point]:
        """Up to ``count`` random promising points never asked before.

        Where draws keep hitting known points a small grid is walked in random order; a large one is given up.
        """
        found: dict[Point, None] = {}
        for _ in range(BLOCKS):
            for point in self.problem.draw(self.rng, 2 * count):
                if len(found) == count:
                    return list(found)
                self._add(point, found)
        if self.problem.size <= SCANNED_AT_MOST:
            for index in self.rng.permutation(self.problem.size).tolist():
                if len(found) == count:
                    break
                self._add(self.problem.point(index), found)
        return list(found)

    def spread(self, count: int) -> list[Point]:
        """Like ``fresh``, but far from each other and from what was asked before; so corners come first."""
        pool = self.fresh(max(count, POOL))
        span = np.maximum(np.array(self.problem.sizes, np.float64) - 1, 1.0)
        if len(pool) <= count or not len(span):
            return pool[:count]
        x, known = np.array(pool) / span, np.array(list(self.asked)).reshape(-1, len(span)) / span
        nearest = np.full(len(pool), np.inf)
        for row in known:
            nearest = np.minimum(nearest, np.abs(x - row).sum(axis=1))
        chosen: list[int] = []
        while len(chosen) < count:
            chosen.append(int(nearest.argmax()))
            nearest = np.minimum(nearest, np.abs(x - x[chosen[-1]]).sum(axis=1))
            nearest[chosen] = -1.0
        return [pool[i] for i in chosen]

    def _add(self, point: Point, found: dict[Point, None]) -> None:
        if point not in found and point not in self.asked and self.problem.promising(point):
            found[point] = None
