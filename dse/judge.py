"""From outcomes to what strategies are told, and the problem that a space poses."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from math import ceil

import numpy as np

from dse.evaluate import Evaluator, Outcome
from dse.metrics import Totals, machine_of
from dse.problem import Observation, Point, Problem, Row
from dse.space import Space
from mapping.arrays import AnyArray
from mapping.errors import InputError

CHECKED_AT_MOST = 20_000
_SCALE = 1e-12  # a limit of 0 has no relative excess


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One side of a constraint: ``sign * value`` may not exceed ``sign * limit``."""

    metric: str
    sign: int
    limit: float

    def excess(self, value: float) -> float:
        """How far a value is beyond, relative to the limit; at most 0 where it holds."""
        return self.sign * (value - self.limit) / max(abs(self.limit), _SCALE)

    def __str__(self) -> str:
        return f"{self.metric} {'<=' if self.sign > 0 else '>='} {self.limit:g}"


class Judge:
    """Objectives and constraints of a space, applied to outcomes."""

    def __init__(self, space: Space) -> None:
        self.space = space
        file = space.file
        self.signs = {name: 1 if goal == "minimise" else -1 for name, goal in file.objectives.items()}
        self.bounds = tuple(
            Bound(metric=name, sign=sign, limit=limit)
            for name, limits in file.constraints.items()
            for sign, limit in ((-1, limits.min), (1, limits.max))
            if limit is not None
        )

        self._hardware_reason = lru_cache(maxsize=65_536)(self._find_reason)

    def reason(self, point: Point) -> str | None:
        """Why a point cannot be feasible, as far as it takes no simulation to know: legality and hardware costs."""
        axes = self.space.hardware_axes
        return self._hardware_reason(point[:axes])

    def _find_reason(self, machine: Point) -> str | None:
        point = (*machine, *(0,) * (len(self.space.variables) - len(machine)))
        try:
            design = self.space.design(self.space.decode(point))
        except InputError as error:
            return str(error)
        of = machine_of(self.space.family, design.config, self.space.file.costs)
        metrics = self.space.metrics
        fixed = [bound for bound in self.bounds if not metrics[bound.metric].slopes]
        broken = [bound for bound in fixed if bound.excess(metrics[bound.metric].value(Totals(), of)) > 0]
        return f"violates {broken[0]}" if broken else None

    def check(self) -> tuple[Counter[str], int]:
        """Reasons of the machines that cannot be feasible with their number, and how many were looked at."""
        sizes = self.space.sizes[: self.space.hardware_axes]
        machines = islice(product(*map(range, sizes)), CHECKED_AT_MOST)
        reasons = [self.reason(machine) for machine in machines]
        return Counter(reason for reason in reasons if reason is not None), len(reasons)

    def verdict(self, outcome: Outcome) -> tuple[str, str | None]:
        """The state of a trial and its reason: ``complete`` only where every constraint holds."""
        if outcome.state != "complete":
            return outcome.state, outcome.reason
        broken = [bound for bound in self.bounds if bound.excess(outcome.metrics[bound.metric]) > 0]
        if broken:
            return "infeasible", "; ".join(
                f"{bound.metric}={outcome.metrics[bound.metric]:.6g} violates {bound}" for bound in broken
            )
        return "complete", None

    def observe(self, point: Point, outcome: Outcome) -> Observation:
        """What a strategy is told."""
        if outcome.state != "complete":
            return Observation(point=point, objectives=None, seconds=outcome.seconds)
        return Observation(
            point=point,
            objectives=tuple(sign * outcome.metrics[name] for name, sign in self.signs.items()),
            violations=tuple(bound.excess(outcome.metrics[bound.metric]) for bound in self.bounds),
            parts=tuple(tuple(map(float, part)) for part in outcome.parts),
            seconds=outcome.seconds,
        )


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

    def score(self, point: Point, columns: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Objectives (r, o) and violations (r, c) of summed columns (r, k), on the hardware of a point."""
        space, judge = self._evaluator.space, self._judge
        machine = machine_of(space.family, space.design(space.decode(point)).config, space.file.costs)
        totals = [Totals(*row) for row in columns.tolist()]

        def column(name: str) -> list[float]:
            value = space.metrics[name].value
            return [value(total, machine) for total in totals]

        objectives = [np.multiply(sign, column(name)) for name, sign in judge.signs.items()]
        violations = [[bound.excess(value) for value in column(bound.metric)] for bound in judge.bounds]
        return np.array(objectives).T, np.array(violations).reshape(len(violations), len(totals)).T

    def bound(self, point: Point) -> tuple[Row, ...] | None:
        """Per group: cycles of its kept weights at full utilisation; bytes of those weights and of the outputs.

        Returns:
            None if an objective or constraint gets better with a larger sum of cycles or bytes, for then these are
            bounds on the wrong side.
        """
        if any(self.directions[Totals._fields.index(name)][1] for name in ("cycles", "dram_bytes", "macs")):
            return None
        design = self._evaluator.space.design(self._evaluator.space.decode(point))
        peak = self._evaluator.space.family.peak_macs(design.config)
        rows: list[Row] = []
        for work, choice in zip(self._evaluator.work_on(design.config), design.choices, strict=True):
            total = Totals()
            for layer, runs, pattern in zip(work.layers, work.runs, work.patterns(choice.pattern), strict=True):
                shape, channels = layer.shape, layer.shape.group_in_channels
                kept = pattern.kept(channels)
                macs = layer.m * shape.positions * shape.out_channels * kept
                weights = 0 if layer.dynamic else shape.positions * shape.out_channels
                total = total.plus(
                    Totals(cycles=ceil(macs / peak), macs=macs, kept=weights * kept, weights=weights * channels), runs
                )
            rows.append(tuple(map(float, total)))
        return tuple(rows)

    def _directions(self) -> list[tuple[int, int]]:
        """For each column of ``Totals``: whether more of it, and whether less of it, can make anything worse."""
        uses = [(self._judge.space.metrics[name].slopes, sign) for name, sign in self._judge.signs.items()]
        uses += [(self._judge.space.metrics[bound.metric].slopes, bound.sign) for bound in self._judge.bounds]
        worse = [[slopes[name] * sign for slopes, sign in uses if name in slopes] for name in Totals._fields]
        return [(int(1 in signs), int(-1 in signs)) for signs in worse]


def problem_of(evaluator: Evaluator, judge: Judge) -> Problem:
    """The problem that a space poses to a strategy."""
    space = evaluator.space
    return Problem(
        sizes=space.sizes,
        ordered=tuple(variable.ordered for variable in space.variables),
        objectives=len(judge.signs),
        constraints=len(judge.bounds),
        valid=lambda point: judge.reason(point) is None,
        separable=Layers(evaluator, judge) if space.groups else None,
    )


def no_feasible(judge: Judge, outcomes: list[Outcome]) -> str:
    """Why none of the outcomes is feasible: how many each reason kills."""
    if not outcomes:
        reasons, looked_at = judge.check()
        killed = "; ".join(f"{count} by: {reason}" for reason, count in reasons.most_common(5))
        return f"no point can be feasible: of {looked_at} machines are ruled out {killed or 'none'}"
    measured = [outcome for outcome in outcomes if outcome.state == "complete"]
    lines = [
        f"{bound} kills {sum(bound.excess(o.metrics[bound.metric]) > 0 for o in measured)} of {len(measured)}"
        for bound in judge.bounds
    ]
    other = len(outcomes) - len(measured)
    lines += [f"{other} could not be built, mapped or evaluated"] if other else []
    return f"no feasible point among {len(outcomes)}: " + "; ".join(lines)
