"""Pareto local search: the neighbours of the best points known."""

from collections.abc import Sequence

from dse.pareto import front
from dse.problem import Observation, Point, Problem
from dse.strategies.base import Strategy
from dse.strategies.outlook import Outlook

FIRST = 16


class Local(Strategy):
    """Explores one-step changes of every point on the front, each once; the first points fill the space.

    Those that are known to be dominated are left out (``dse.strategies.outlook``). Neighbours along an ordered axis are
    the next values; along any other axis all values. While nothing feasible is known, the point that violates least
    stands in for the front. When all neighbours are known, random points follow.
    """

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        self._archive: list[Observation] = []
        self._outlook = Outlook(problem)
        self._least: Observation | None = None

    def tell(self, observations: Sequence[Observation]) -> None:
        """Keep the front, and the least infeasible point."""
        self._outlook.tell(observations)
        self._archive = front([*self._archive, *observations])
        for seen in observations:
            if seen.objectives is not None and (self._least is None or _excess(seen) < _excess(self._least)):
                self._least = seen

    def _propose(self, count: int) -> list[Point]:
        if len(self.asked) < FIRST:
            return self.spread(count)
        centres = self._archive or ([self._least] if self._least else [])
        found: dict[Point, None] = {}
        neighbours = [self._neighbours(seen.point) for seen in centres]
        self.rng.shuffle(neighbours)
        # One of each in turn, so that no part of the front is left behind.
        for turn in range(max(map(len, neighbours), default=0)):
            for options in neighbours:
                if len(found) == count:
                    return list(found)
                if turn < len(options) and not self._useless(options[turn]):
                    self._add(options[turn], found)
        if len(found) < count:
            self.asked.update(found)
            more = self.fresh(count - len(found))
            self.asked.difference_update(found)
            return [*found, *more]
        return list(found)

    def _useless(self, point: Point) -> bool:
        return self.problem.valid(point) and self._outlook.dominated(point)

    def _neighbours(self, point: Point) -> list[Point]:
        options = []
        for axis, (size, ordered) in enumerate(zip(self.problem.sizes, self.problem.ordered, strict=True)):
            here = point[axis]
            steps = (here - 1, here + 1) if ordered else range(size)
            options += [
                (*point[:axis], step, *point[axis + 1 :]) for step in steps if 0 <= step < size and step != here
            ]
        options = [option for option in options if option not in self.asked]
        order = self.rng.permutation(len(options))
        return [options[i] for i in order]


def _excess(seen: Observation) -> float:
    return sum(max(violation, 0.0) for violation in seen.violations)
