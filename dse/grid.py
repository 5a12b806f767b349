"""The problem that a space poses to a strategy: its grid, how it falls apart, and what is known without simulation."""

from functools import lru_cache
from math import ceil

import numpy as np

from dse.choices import Choice
from dse.evaluate import Evaluator, sum_parts
from dse.judge import Judge
from dse.metrics import Machine, Metric, Totals
from dse.problem import Forecast, Point, Problem, Row
from dse.space import Design
from dse.workload import Work
from mapping.arrays import AnyArray

CACHED = 200_000
NOTHING = float("-inf")
# What the least sums say exactly, and what they only bound from below.
_EXACT = frozenset({"kept", "weights"})
_BOUNDED = frozenset({"cycles", "dram_bytes", "macs", "energy_fj"})


class Layers:
    """How a space falls apart: for fixed hardware the groups of layers only meet in sums (see ``Separable``)."""

    def __init__(self, evaluator: Evaluator, judge: Judge) -> None:
        space = evaluator.space
        self._evaluator, self._judge = evaluator, judge
        self.shared = space.hardware_axes
        axes = [variable.group for variable in space.variables]
        self.groups = tuple(
            tuple(axis for axis, group in enumerate(axes) if group == index) for index in range(len(space.groups))
        )
        self.directions = tuple(self._directions())
        self.exact = tuple(name in _EXACT for name in Totals._fields)
        self.measured = (*judge.signs, *(bound.metric for bound in judge.bounds))
        self._proxies = any(name in space.file.proxies for name in self.measured)
        self._machine = lru_cache(maxsize=CACHED)(self._find_machine)
        self._least = lru_cache(maxsize=CACHED)(self._find_least)
        # Machines of one chip differ in their peak alone.
        self._least_of = lru_cache(maxsize=CACHED)(lambda index, *given: _least_of(evaluator.work[index], *given))
        self.forecast = lru_cache(maxsize=CACHED)(self._forecast)

    def score(self, point: Point, columns: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Objectives (r, o) and violations (r, c) of rows of summed columns (r, k), on the hardware of a point."""
        machine, judge = self._machine(point[: self.shared]), self._judge
        totals = [Totals(*row) for row in columns.tolist()]

        def column(name: str) -> list[float]:
            value = judge.space.metrics[name].value
            return [value(total, machine) for total in totals]

        objectives = [np.multiply(sign, column(name)) for name, sign in judge.signs.items()]
        violations = [[bound.excess(value) for value in column(bound.metric)] for bound in judge.bounds]
        return np.array(objectives).T, np.array(violations).reshape(len(violations), len(totals)).T

    def bound(self, point: Point) -> tuple[Row, ...] | None:
        """Per group: cycles of its kept weights at full utilisation, multiply-accumulates, kept and all weights.

        Returns:
            None if an objective or constraint gets better with a larger sum of cycles, bytes, multiply-accumulates or
            energy, for then these are bounds on the wrong side.
        """
        if any(self.directions[Totals._fields.index(name)][1] for name in _BOUNDED):
            return None
        return tuple(tuple(map(float, part)) for part in self._least_parts(point))

    def _forecast(self, point: Point) -> Forecast:
        """What is known of a point: metrics of the machine and of kept weights, and bounds from the least work."""
        machine, judge = self._machine(point[: self.shared]), self._judge
        least = sum_parts(self._least_parts(point))

        said = self._evaluator.chosen.proxies(judge.space.design(judge.space.decode(point))) if self._proxies else {}

        def at_least(name: str, sign: int) -> float | None:
            if name in judge.space.chosen:
                return said.get(name)
            metric = judge.space.metrics[name]
            return metric.value(least, machine) if _bounded(metric, sign) else None

        values = [(sign, at_least(name, sign)) for name, sign in judge.signs.items()]
        limits = [(bound, at_least(bound.metric, bound.sign)) for bound in judge.bounds]
        return Forecast(
            objectives=tuple(NOTHING if value is None else sign * value for sign, value in values),
            violations=tuple(NOTHING if value is None else bound.excess(value) for bound, value in limits),
        )

    def known(self) -> tuple[bool, ...]:
        """For each objective, then each constraint, whether ``forecast`` is what an evaluation says."""
        space = self._judge.space
        return tuple(
            name in space.file.proxies or (name in space.metrics and space.metrics[name].slopes.keys() <= _EXACT)
            for name in self.measured
        )

    def _find_machine(self, machine: Point) -> Machine:
        space = self._judge.space
        return space.machine(self._design(machine).config)

    def _design(self, machine: Point, group: int | None = None, chosen: Point = ()) -> Design:
        """The design of a machine, with the first choices of all groups but one."""
        space = self._judge.space
        point = [*machine, *(0,) * (len(space.variables) - len(machine))]
        for axis, index in zip(self.groups[group] if group is not None else (), chosen, strict=True):
            point[axis] = index
        return space.design(space.decode(tuple(point)))

    def _least_parts(self, point: Point) -> tuple[Totals, ...]:
        machine = point[: self.shared]
        parts = [
            self._least(machine, group, tuple(point[axis] for axis in axes)) for group, axes in enumerate(self.groups)
        ]
        return (*parts, self._least(machine, None, ()))

    def _find_least(self, machine: Point, group: int | None, chosen: Point) -> Totals:
        """What a group, or the layers in none, takes at least on a machine."""
        design = self._design(machine, group, chosen)
        index = -1 if group is None else group
        work, choice = self._evaluator.work_on(design.config)[index], design.choices[index]
        family = self._evaluator.space.family
        peak = family.peak_macs(design.config)
        return self._least_of(index, choice, peak) if family.part is None else _least_of(work, choice, peak)

    def _directions(self) -> list[tuple[int, int]]:
        """For each column of ``Totals``: whether more of it, and whether less of it, can make anything worse."""
        metrics = self._judge.space.metrics
        uses = [(metrics[name].slopes, sign) for name, sign in self._judge.signs.items() if name in metrics]
        uses += [(metrics[each.metric].slopes, each.sign) for each in self._judge.bounds if each.metric in metrics]
        worse = [[slopes[name] * sign for slopes, sign in uses if name in slopes] for name in Totals._fields]
        return [(int(1 in signs), int(-1 in signs)) for signs in worse]


def _least_of(work: Work, choice: Choice, peak: float) -> Totals:
    """What a group takes at least at so many multiply-accumulates a cycle."""
    total = Totals()
    for layer, runs, pattern in zip(work.layers, work.runs, work.patterns(choice.pattern), strict=True):
        shape, channels = layer.shape, layer.shape.group_in_channels
        kept = pattern.kept(channels)
        # Where values of weights count, some that the pattern keeps may turn out to be zero.
        macs = layer.m * shape.positions * shape.out_channels * kept if layer.weights is None else 0
        weights = 0 if layer.dynamic else shape.positions * shape.out_channels
        least = Totals(cycles=ceil(macs / peak), macs=macs, kept=weights * kept, weights=weights * channels)
        total = total.plus(least, runs)
    return total


def problem_of(evaluator: Evaluator, judge: Judge) -> Problem:
    """The problem that a space poses to a strategy."""
    space = evaluator.space
    layers = Layers(evaluator, judge)
    whole = [name for name in layers.measured if name in space.chosen]
    together = f"{', '.join(whole)}: not a sum over groups of layers" if whole else ""
    if space.family.admit is not None:  # one group may leave no room for another
        together = f"family {space.family.name!r} says of all layers together whether they fit"
    return Problem(
        sizes=space.sizes,
        ordered=tuple(variable.ordered for variable in space.variables),
        objectives=len(judge.signs),
        constraints=len(judge.bounds),
        valid=lambda point: judge.reason(point) is None,
        separable=layers if space.groups and not together else None,
        together=together,
        forecast=layers.forecast,
        exact=layers.known(),
    )


def _bounded(metric: Metric, sign: int) -> bool:
    """Whether a metric times a sign can only be larger than it is at the least sums."""
    return all(name in _EXACT or (name in _BOUNDED and slope * sign > 0) for name, slope in metric.slopes.items())
