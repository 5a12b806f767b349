"""Exact search where, for fixed hardware, groups of layers are independent."""

import math
from collections import deque
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import product

import numpy as np

from dse.pareto import logarithmic, nondominated, scaled
from dse.problem import Observation, Point, Problem, Row, Separable
from dse.strategies.base import Strategy
from dse.strategies.greedy import greedy
from dse.strategies.merge import merge
from dse.strategies.ranking import all_dominated, bound_front, by_promise

RESERVED = 0.25  # of a budget: at most so much is kept for the front while there are machines to explore


class _Machine:
    """What is known of one hardware point: the columns of every choice of every group."""

    def __init__(self, depths: Sequence[int]) -> None:
        self.depths = depths
        self.missing: set[Point] = set()  # asked, not yet told
        self.columns: list[dict[int, Row]] = [{} for _ in depths]
        self.fixed: tuple[Row, ...] = ()
        self.blamed = False

    def learn(self, chosen: Sequence[int], parts: tuple[Row, ...]) -> None:
        for group, index in enumerate(chosen):
            self.columns[group][index] = parts[group]
        self.fixed = parts[len(self.depths) :]

    def suspects(self) -> Iterator[list[int]]:
        """Choices to try alone: they only failed together with others, so each meets partners known to work."""
        works = [min(known) for known in self.columns]
        for group, depth in enumerate(self.depths):
            for index in range(depth):
                if index not in self.columns[group]:
                    yield [*works[:group], index, *works[group + 1 :]]


class Decompose(Strategy):
    """Evaluates each choice of each group once per machine, and merges the groups' Pareto sets.

    A machine whose groups have up to d choices costs d evaluations, since one point shows a choice of every group, in
    place of their product. Machines come by descending promise of their bounds; one whose every bound is dominated by
    what is known is left out. The front is asked for at the end: then it is the exact front of the space. A budget that
    does not suffice for that is kept in part for what there is of the front; without a budget it is asked for whenever
    the number of explored machines has doubled.

    Raises:
        ValueError: The problem is not separable.
    """

    batch = 16

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        if problem.separable is None:
            raise ValueError("decompose needs a separable problem")
        self._layers: Separable = problem.separable
        shared = self._layers.shared
        self._choices = [list(product(*(range(problem.sizes[a]) for a in axes))) for axes in self._layers.groups]
        self._depths = [len(options) for options in self._choices]
        self._zero = (0,) * (len(problem.sizes) - shared)
        machines = [m for m in product(*map(range, problem.sizes[:shared])) if problem.valid((*m, *self._zero))]
        self._bounds = {m: bound_front(self._layers, self._diagonal(m), self._depths) for m in machines}
        self._machines = deque(by_promise(self._bounds))
        self._open: dict[Point, _Machine] = {}
        self._waiting: deque[Point] = deque()
        self._rest: Iterator[Point] = iter(())  # of machines on which no point works so far
        self._front: dict[Point, Row] = {}
        self._explored, self._show_at = 0, 1

    def tell(self, observations: Sequence[Observation]) -> None:
        """Merge the groups of every machine whose points are all known."""
        for seen in observations:
            machine = self._open.get(seen.point[: self._layers.shared])
            if machine is not None and seen.point in machine.missing:
                machine.missing.remove(seen.point)
                if seen.parts:
                    machine.learn(self._indices(seen.point), seen.parts)
        self._keep_front((seen.point, seen.objectives) for seen in observations if seen.feasible and seen.objectives)
        for key, machine in list(self._open.items()):
            if not machine.missing:
                self._close(key, machine)
        if self._time_to_show():
            self._show_at = 2 * self._explored
            self._waiting = deque([*self._telling(), *self._waiting])

    def _propose(self, count: int) -> list[Point]:
        found: dict[Point, None] = {}
        while len(found) < count:
            if not self._waiting and not self._refill(found):
                break
            self._add(self._waiting.popleft(), found)
        return list(found)

    def _time_to_show(self) -> bool:
        """Whether the budget is just enough for the front; without a budget, whether twice as much is explored."""
        if self.budget is None:
            return self._explored >= self._show_at
        missing = sum(point not in self.asked for point in self._front)
        left = self.budget - len(self.asked)
        shown = any(point in self._front and point not in self.asked for point in self._waiting)
        return left <= min(missing, RESERVED * self.budget) + self.batch and not shown

    def _telling(self) -> list[Point]:
        """Points of the front not asked so far; where the budget is too small, those that dominate most come first."""
        points = [point for point in self._front if point not in self.asked]
        if self.budget is None or len(points) <= self.budget - len(self.asked):
            return points
        rows = logarithmic(list(self._front.values()))
        rows = scaled(rows, rows.min(axis=0), rows.max(axis=0))
        new = np.array([point not in self.asked for point in self._front])
        first = greedy(rows[new], rows[~new], self.budget - len(self.asked))
        return [*(points[i] for i in first), *(point for i, point in enumerate(points) if i not in set(first))]

    def _refill(self, found: Container[Point]) -> bool:
        """Queue the points of the next machine, then the front, then what is left; False if there is nothing."""
        while self._machines:
            key = self._machines.popleft()
            if not all_dominated(self._bounds[key], list(self._front.values())):
                self._open[key] = _Machine(self._depths)
                self._ask_for(self._open[key], self._diagonal(key))
                return True
        if self._open:
            return False
        self._waiting.extend(point for point in self._telling() if point not in found)
        if not self._waiting:
            self._waiting.extend(point for point, _ in zip(self._rest, range(self.batch), strict=False))
        return bool(self._waiting)

    def _close(self, key: Point, machine: _Machine) -> None:
        """Merge the groups of a machine, unless some of its choices are still to be tried alone."""
        if not all(machine.columns):
            # Nothing works on it so far, and no point says why: what is left of it is tried point by point.
            everything = product(*map(range, self._depths))
            self._rest = _chain(self._rest, (self._point(key, chosen) for chosen in everything))
        elif not machine.blamed and any(machine.suspects()):
            machine.blamed = True
            self._ask_for(machine, [self._point(key, chosen) for chosen in machine.suspects()])
            return
        else:
            self._merge(key, machine)
        del self._open[key]
        self._explored += 1

    def _ask_for(self, machine: _Machine, points: Iterable[Point]) -> None:
        machine.missing = set(points) - self.asked
        self._waiting.extend(sorted(machine.missing))

    def _merge(self, key: Point, machine: _Machine) -> None:
        """Add the front of a machine to the front."""
        kept = [sorted(known) for known in machine.columns]
        groups = [np.array([known[i] for i in order]) for known, order in zip(machine.columns, kept, strict=True)]
        sums = merge([*groups, *(np.array([part]) for part in machine.fixed)], self._layers.directions)
        objectives, violations = self._layers.score((*key, *self._zero), sums.columns)
        feasible = (violations <= 0).all(axis=1)
        chosen = sums.choices[feasible, : len(groups)].tolist()
        points = [self._point(key, [order[i] for order, i in zip(kept, row, strict=True)]) for row in chosen]
        self._keep_front(zip(points, map(tuple, objectives[feasible].tolist()), strict=True))

    def _keep_front(self, found: Iterable[tuple[Point, Row]]) -> None:
        merged = self._front | dict(found)
        keep = nondominated(list(merged.values()))
        self._front = {point: row for (point, row), kept in zip(merged.items(), keep, strict=True) if kept}

    def _diagonal(self, key: Point) -> list[Point]:
        """Points of a machine that show every choice of every group."""
        return [self._point(key, [s % depth for depth in self._depths]) for s in range(max(self._depths, default=1))]

    def _point(self, key: Point, chosen: Sequence[int]) -> Point:
        point = [*key, *self._zero]
        for axes, options, index in zip(self._layers.groups, self._choices, chosen, strict=True):
            for axis, value in zip(axes, options[index], strict=True):
                point[axis] = value
        return tuple(point)

    def _add(self, point: Point, found: dict[Point, None]) -> None:
        """A point that is not feasible still shows what its choices cost."""
        if point not in found and point not in self.asked and self.problem.valid(point):
            found[point] = None

    def _indices(self, point: Point) -> list[int]:
        groups = zip(self._layers.groups, self._choices, strict=True)
        return [options.index(tuple(point[axis] for axis in axes)) for axes, options in groups]


def _chain(first: Iterator[Point], second: Iterator[Point]) -> Iterator[Point]:
    yield from first
    yield from second


def evaluations(problem: Problem) -> int | None:
    """How many evaluations explore every machine; None if the problem is not separable."""
    layers = problem.separable
    if layers is None:
        return None
    depths = [math.prod(problem.sizes[axis] for axis in axes) for axes in layers.groups]
    return math.prod(problem.sizes[: layers.shared]) * max(depths, default=1)
