"""NSGA-II on integers, by pymoo."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dse.problem import Forecast, Observation, Point, Problem
from dse.strategies.base import Strategy
from dse.strategies.outlook import Outlook
from mapping.arrays import AnyArray

POPULATION = 40
STALLED = 8  # generations in a row without a new point
ILLEGAL = 1e6  # violation of what is not valid or could not be measured
NEAR = 0.5  # share of the changes along an ordered axis that go to the next value


class Nsga2(Strategy):
    """The genetic algorithm of Deb et al. (2002) with uniform crossover and steps on the grid.

    The first generation fills the space. Objectives that are positive are compared by their logarithms:
    crowding sees ratios. A generation is asked for piece by piece; points that it repeats are answered from memory, and
    points that are known to be dominated by what makes them so (``dse.strategies.outlook``). When it brings nothing new
    for a while, random points take the place of its offspring.
    """

    batch = POPULATION

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        self._known: dict[Point, Observation] = {}
        self._waiting: deque[Point] = deque()
        self._missing: set[Point] = set()  # of the generation, asked or to be asked
        self._outlook = Outlook(problem)
        self._positive = np.ones(problem.objectives, bool)
        self._generation: Any = None
        first = self.spread(POPULATION)
        # A grid that a few generations cover leaves pymoo, which refuses duplicates, without offspring.
        self._exhausted = problem.size <= 2 * POPULATION or not first
        if not self._exhausted:
            self._algorithm, self._tell = _pymoo(problem, seed, np.array(first))

    def tell(self, observations: Sequence[Observation]) -> None:
        """Remember them; pymoo hears of a generation when all of it is known."""
        self._outlook.tell(observations)
        for seen in observations:
            self._known[seen.point] = seen
            self._missing.discard(seen.point)
            if seen.objectives is not None:
                self._positive &= np.array(seen.objectives) > 0

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
        if self._missing:
            return False
        if self._generation is not None:
            self._tell_pymoo([_point(row) for row in self._generation.get("X")])
        self._generation = self._algorithm.ask()
        if self._generation is None or len(self._generation) == 0:
            self._exhausted = True
            return True
        found: dict[Point, None] = {}
        for point in (_point(row) for row in self._generation.get("X")):
            if not self.problem.valid(point) or not self._outlook.dominated(point):
                self._add(point, found)
        self._waiting.extend(found)
        self._missing = set(found)
        return True

    def _tell_pymoo(self, points: list[Point]) -> None:
        objectives = np.zeros((len(points), self.problem.objectives))
        violations = np.full((len(points), 1), ILLEGAL)
        for row, point in enumerate(points):
            seen = self._answer(point)
            if seen is not None and seen.objectives is not None and np.isfinite(seen.objectives).all():
                objectives[row] = seen.objectives
                violations[row] = sum(max(violation, 0.0) for violation in seen.violations)
        logarithms = np.log(np.maximum(objectives, 1e-300))
        self._tell(self._generation, np.where(self._positive, logarithms, objectives), violations)

    def _answer(self, point: Point) -> Observation | Forecast | None:
        """What is known of a point: an observation, or for a point that was not worth asking, its forecast."""
        if point in self._known or not self.problem.valid(point):
            return self._known.get(point)
        return self._outlook.of(point)


def _point(row: Any) -> Point:  # noqa: ANN401  # a row of an array
    return tuple(round(value) for value in row)


def _pymoo(problem: Problem, seed: int, first: AnyArray) -> tuple[Any, Callable[[Any, AnyArray, AnyArray], None]]:
    """The algorithm, and a function that tells it objectives (r, o) and violations (r, 1) of a generation."""
    from pymoo.algorithms.moo.nsga2 import NSGA2  # noqa: PLC0415  # slow to import
    from pymoo.core.evaluator import Evaluator  # noqa: PLC0415
    from pymoo.core.mutation import Mutation  # noqa: PLC0415
    from pymoo.core.problem import Problem as Grid  # noqa: PLC0415
    from pymoo.core.termination import NoTermination  # noqa: PLC0415
    from pymoo.operators.crossover.ux import UniformCrossover  # noqa: PLC0415
    from pymoo.problems.static import StaticProblem  # noqa: PLC0415

    sizes, ordered = np.array(problem.sizes, int), np.array(problem.ordered)

    class Steps(Mutation):  # type: ignore[misc]  # pymoo has no types
        """Changes one axis on average: to any value, or along an ordered one often to the next."""

        def _do(self, _: Any, x: AnyArray, *, random_state: np.random.Generator, **__: Any) -> AnyArray:  # noqa: ANN401
            changed = random_state.random(x.shape) < 1.0 / max(int((sizes > 1).sum()), 1)
            near = np.clip(x + random_state.choice((-1, 1), x.shape), 0, sizes - 1)
            stepped = ordered & (random_state.random(x.shape) < NEAR)
            return np.where(changed, np.where(stepped, near, random_state.integers(0, sizes, x.shape)), x)

    grid = Grid(
        n_var=len(sizes), n_obj=problem.objectives, n_ieq_constr=1, xl=np.zeros_like(sizes), xu=sizes - 1, vtype=int
    )
    algorithm = NSGA2(
        pop_size=POPULATION,
        sampling=first,
        crossover=UniformCrossover(prob=0.9),
        mutation=Steps(),
        eliminate_duplicates=True,
    )
    algorithm.setup(grid, termination=NoTermination(), seed=seed, verbose=False)

    def tell(generation: Any, objectives: AnyArray, violations: AnyArray) -> None:  # noqa: ANN401
        Evaluator().eval(StaticProblem(grid, F=objectives, G=violations), generation)
        algorithm.tell(infills=generation)

    return algorithm, tell
