"""NSGA-II on integers, by pymoo."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dse.problem import Observation, Point, Problem
from dse.strategies.base import Strategy
from mapping.arrays import AnyArray

POPULATION = 40
STALLED = 8  # generations in a row without a new point
ILLEGAL = 1e6  # violation of what is not valid or could not be measured


class Nsga2(Strategy):
    """The genetic algorithm of Deb et al. (2002) with simulated binary crossover, rounded to the grid.

    A generation is asked for piece by piece; points that it repeats are answered from memory. When it brings nothing
    new for a while, random points take the place of its offspring.
    """

    batch = POPULATION

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        self._known: dict[Point, Observation] = {}
        self._waiting: deque[Point] = deque()
        self._generation: Any = None
        # A grid that a few generations cover leaves pymoo, which refuses duplicates, without offspring.
        self._exhausted = problem.size <= 2 * POPULATION
        if not self._exhausted:
            self._algorithm, self._tell = _pymoo(problem, seed)

    def tell(self, observations: Sequence[Observation]) -> None:
        """Remember them; pymoo hears of a generation when all of it is known."""
        self._known |= {seen.point: seen for seen in observations}

    def _propose(self, count: int) -> list[Point]:
        for _ in range(STALLED):
            if self._waiting or self._exhausted:
                break
            if not self._next_generation():
                return []
        if not self._waiting:
            self._waiting.extend(self.fresh(count))
        return [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]

    def _next_generation(self) -> bool:
        """Finish a generation and queue what is new of the next one; False while results are missing."""
        if self._generation is not None:
            points = [_point(row) for row in self._generation.get("X")]
            if any(self.problem.valid(p) and p not in self._known for p in points):
                return False
            self._tell_pymoo(points)
        self._generation = self._algorithm.ask()
        if self._generation is None or len(self._generation) == 0:
            self._exhausted = True
            return True
        points = [_point(row) for row in self._generation.get("X")]
        self._waiting.extend(p for p in dict.fromkeys(points) if p not in self.asked and self.problem.valid(p))
        return True

    def _tell_pymoo(self, points: list[Point]) -> None:
        seen = [self._known.get(point) for point in points]
        objectives = np.zeros((len(points), self.problem.objectives))
        violations = np.full((len(points), 1), ILLEGAL)
        for row, result in enumerate(seen):
            if result is not None and result.objectives is not None:
                objectives[row] = result.objectives
                violations[row] = sum(max(violation, 0.0) for violation in result.violations)
        self._tell(self._generation, objectives, violations)


def _point(row: Any) -> Point:  # noqa: ANN401  # a row of an array
    return tuple(round(value) for value in row)


def _pymoo(problem: Problem, seed: int) -> tuple[Any, Callable[[Any, AnyArray, AnyArray], None]]:
    """The algorithm, and a function that tells it objectives (r, o) and violations (r, 1) of a generation."""
    from pymoo.algorithms.moo.nsga2 import NSGA2  # noqa: PLC0415  # slow to import
    from pymoo.core.evaluator import Evaluator  # noqa: PLC0415
    from pymoo.core.problem import Problem as Grid  # noqa: PLC0415
    from pymoo.core.termination import NoTermination  # noqa: PLC0415
    from pymoo.operators.crossover.sbx import SBX  # noqa: PLC0415
    from pymoo.operators.mutation.pm import PM  # noqa: PLC0415
    from pymoo.operators.repair.rounding import RoundingRepair  # noqa: PLC0415
    from pymoo.operators.sampling.rnd import IntegerRandomSampling  # noqa: PLC0415
    from pymoo.problems.static import StaticProblem  # noqa: PLC0415

    grid = Grid(
        n_var=len(problem.sizes),
        n_obj=problem.objectives,
        n_ieq_constr=1,
        xl=np.zeros(len(problem.sizes), int),
        xu=np.array(problem.sizes, int) - 1,
        vtype=int,
    )
    algorithm = NSGA2(
        pop_size=POPULATION,
        sampling=IntegerRandomSampling(),
        crossover=SBX(prob=0.9, eta=3.0, vtype=float, repair=RoundingRepair()),
        mutation=PM(prob=0.9, eta=3.0, vtype=float, repair=RoundingRepair()),
        eliminate_duplicates=True,
    )
    algorithm.setup(grid, termination=NoTermination(), seed=seed, verbose=False)

    def tell(generation: Any, objectives: AnyArray, violations: AnyArray) -> None:  # noqa: ANN401
        Evaluator().eval(StaticProblem(grid, F=objectives, G=violations), generation)
        algorithm.tell(infills=generation)

    return algorithm, tell
