"""A space of which every point is evaluated once."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dse.evaluate import Evaluator, Outcome
from dse.executors import InProcess
from dse.grid import problem_of
from dse.judge import Judge
from dse.pareto import Array, nondominated
from dse.problem import Observation, Point
from dse.run import run
from dse.space import Space
from dse.store import Store
from dse.study import Study

SPACES = Path(__file__).parent / "spaces"


class Known:
    """A space whose exact front is known, and what any point of it is observed as.

    Args:
        name: Of a file in ``spaces``.
        store: Where results are kept; those of other code are not found there.
    """

    def __init__(self, name: str, store: Store) -> None:
        self.name, self.store = name, store
        self.space = Space.load(SPACES / f"{name}.yaml")
        self.evaluator, self.judge = Evaluator(self.space), Judge(self.space)
        self.problem = problem_of(self.evaluator, self.judge)
        self._outcomes: dict[Point, Outcome] = {}
        self._observed: dict[Point, Observation] = {}
        # One study for each version of the code: a trial keeps the result that it was first recorded with.
        self.study = f"{self.space.file.name}-{self.evaluator.key({})[:12]}"

    def learn(self, say: Callable[[str], None]) -> None:
        """Evaluate what the store does not have."""
        began = time.process_time()
        study = Study(self.space, self.store, name=self.study, strategy="exhaustive", resume=True)
        ended = run(study, InProcess(study.evaluator))
        seconds = time.process_time() - began
        say(f"{ended}: {study.asked:,} points, front {len(study.front()):,}, {seconds:.0f} s of CPU")

    def open(self) -> None:
        """Read what the store has.

        Raises:
            SystemExit: Something is missing, perhaps since the code has changed.
        """
        for record, outcome in self.store.trials(self.study):
            if record.number >= 0:
                self._outcomes[tuple(map(int, record.name.split(",")))] = outcome
        points = map(self.problem.point, range(self.problem.size))
        missing = sum(point not in self._outcomes and self.problem.promising(point) for point in points)
        if missing:
            self.refuse(f"{missing:,} of {self.problem.size:,} points")

    def observe(self, point: Point) -> Observation:
        """What a strategy is told of a point."""
        if point not in self._observed:
            self._observed[point] = self.judge.observe(point, self.outcome(point))
        return self._observed[point]

    def outcome(self, point: Point) -> Outcome:
        """The result of a valid point; decompose also asks for some that are known to be infeasible beforehand."""
        if point not in self._outcomes:
            return self.evaluator.evaluate(self.space.decode(point))
        return self._outcomes[point]

    def front(self) -> Array:
        """(r, o) objectives of the exact front, each row once."""
        seen = map(self.observe, self._outcomes)
        rows = np.array([observation.objectives for observation in seen if observation.feasible])
        return rows[nondominated(rows, keep_equal=False)]

    def refuse(self, what: str) -> None:
        """End with what is missing."""
        raise SystemExit(
            f"{self.name}: {what} have no result of this code in {self.store.url}: "
            f"run `python -m benchmarks.dse truth {self.name}`"
        )
