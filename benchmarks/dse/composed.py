"""A space too large to evaluate every point of: one evaluation for each choice of each group on each machine."""

import time
from collections.abc import Callable, Iterator
from itertools import product
from json import dumps

import numpy as np

from benchmarks.dse.known import Known
from dse.evaluate import Outcome
from dse.metrics import Totals
from dse.pareto import Array, nondominated
from dse.problem import Point, Separable
from dse.provenance import versions
from dse.store import Store, StudyRecord, TrialRecord
from dse.strategies.merge import merge

CHECKED = 24  # random points that are also evaluated as they are


class Composed(Known):
    """The sums of a group of layers depend on the machine and the group's own choices alone.

    So the outcome of any point follows from the table of these sums, exactly: the evaluator adds up the same integers.
    ``learn`` also evaluates some random points whole and compares.
    """

    def __init__(self, name: str, store: Store) -> None:
        super().__init__(name, store)
        if self.problem.separable is None:
            raise ValueError(f"{name} has no groups of layers")
        self._layers: Separable = self.problem.separable
        self._choices = [list(product(*(range(self.problem.sizes[a]) for a in axes))) for axes in self._layers.groups]
        self._table: dict[Point, dict[tuple[int, Point], Totals]] = {}

    def learn(self, say: Callable[[str], None]) -> None:
        """Fill the table."""
        began = time.process_time()
        self.store.add_study(self._record())
        machines = list(self._machines())
        for machine in machines:
            self._fill(machine)
        seconds, depth = time.process_time() - began, max(map(len, self._choices))
        say(f"{len(machines):,} machines, {len(machines) * depth:,} evaluations, {seconds:.0f} s of CPU")
        rng = np.random.default_rng(0)
        points = [point for point in self.problem.draw(rng, 2 * CHECKED) if self.problem.valid(point)][:CHECKED]
        for point in points:
            whole = self.evaluator.evaluate(self.space.decode(point))
            if (whole.metrics, whole.parts) != (self.outcome(point).metrics, self.outcome(point).parts):
                raise AssertionError(f"{self.name}: point {point} is not the sum of its parts")
        say(f"{len(points)} random points evaluated whole: equal to the sums of their parts")

    def open(self) -> None:
        """Read the table."""
        missing = sum(not self._read(machine) for machine in self._machines())
        if missing:
            self.refuse(f"{missing:,} machines")

    def outcome(self, point: Point) -> Outcome:
        """The outcome as the evaluator would compose it."""
        values = self.space.decode(point)
        parts = tuple(self._parts(point))
        metrics = self.evaluator.metrics(self.space.design(values), parts)
        return Outcome(key="", state="complete", metrics=metrics, parts=parts)

    def front(self) -> Array:
        """(r, o) objectives of the exact front, each row once: the Pareto sets of every machine, merged."""
        layers = self._layers
        fronts = []
        for machine in self._machines():
            table = self._table[machine]
            groups = [np.array([table[g, c] for c in self._choices[g]], np.float64) for g in range(len(layers.groups))]
            fixed = np.array([table[len(groups), ()]], np.float64)
            objectives, violations = layers.score(
                self._diagonal(machine)[0], merge([*groups, fixed], layers.directions).columns
            )
            rows = objectives[(violations <= 0).all(axis=1)]
            fronts.append(rows[nondominated(rows, keep_equal=False)])
        rows = np.concatenate(fronts)
        return rows[nondominated(rows, keep_equal=False)]

    def _machines(self) -> Iterator[Point]:
        shared = self._layers.shared
        rest = (0,) * (len(self.problem.sizes) - shared)
        return (m for m in product(*map(range, self.problem.sizes[:shared])) if self.problem.valid((*m, *rest)))

    def _diagonal(self, machine: Point) -> list[Point]:
        """Points of a machine that show every choice of every group."""
        points = []
        for step in range(max(map(len, self._choices))):
            point = [*machine, *(0,) * (len(self.problem.sizes) - len(machine))]
            for axes, options in zip(self._layers.groups, self._choices, strict=True):
                for axis, index in zip(axes, options[step % len(options)], strict=True):
                    point[axis] = index
            points.append(tuple(point))
        return points

    def _places(self, point: Point) -> list[tuple[int, Point]]:
        """Where the parts of a point stand in the table of its machine; layers in no group come last."""
        groups = [(g, tuple(point[axis] for axis in axes)) for g, axes in enumerate(self._layers.groups)]
        return [*groups, (len(groups), ())]

    def _parts(self, point: Point) -> tuple[Totals, ...]:
        table = self._table[point[: self._layers.shared]]
        return tuple(table[place] for place in self._places(point))

    def _read(self, machine: Point) -> bool:
        """Take a machine from the store; False if it is not there."""
        points = {self.evaluator.key(self.space.decode(point)): point for point in self._diagonal(machine)}
        found = self.store.results(list(points))
        table: dict[tuple[int, Point], Totals] = {}
        for key, outcome in found.items():
            table.update(zip(self._places(points[key]), outcome.parts, strict=True))
        self._table[machine] = table
        return len(found) == len(points)

    def _fill(self, machine: Point) -> None:
        """Evaluate what the store does not have of a machine."""
        if self._read(machine):
            return
        rows = []
        for number, point in enumerate(self._diagonal(machine)):
            values = self.space.decode(point)
            outcome = self.evaluator.evaluate(values)
            if outcome.state != "complete":
                raise SystemExit(f"{self.name}: {values} is {outcome.state}: {outcome.reason}")
            name = ",".join(map(str, point))
            record = TrialRecord(
                study=self.study, name=name, number=number, key=outcome.key, state="complete", reason=None
            )
            rows.append((record, outcome, values))
        self.store.add_trials(rows, versions())
        self._read(machine)

    def _record(self) -> StudyRecord:
        return StudyRecord(
            name=self.study,
            space=dumps(self.space.file.canonical()),
            digest=self.space.digest,
            strategy="parts",
            seed=0,
            created=time.time(),
        )
