"""From outcomes to what strategies are told, and the problem that a space poses."""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice, product

from dse.bounds import Bound, bounds_of
from dse.evaluate import Outcome
from dse.metrics import AREA_METRICS, FITS, NO_AREA, PART_METRICS, Totals
from dse.problem import Observation, Point, Problem
from dse.space import Space
from mapping.errors import InputError
from simulator.cost.resources import HEADINGS

CHECKED_AT_MOST = 20_000
SHOWN_REASONS = 5


class Judge:
    """Objectives and constraints of a space, applied to outcomes."""

    def __init__(self, space: Space) -> None:
        self.space = space
        file = space.file
        self.signs = {name: 1 if goal == "minimise" else -1 for name, goal in file.objectives.items()}
        self.bounds = bounds_of(file)
        if space.part is not None and not any(bound.metric == FITS and bound.sign > 0 for bound in self.bounds):
            self.bounds += (Bound(metric=FITS, sign=1, limit=1.0),)
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
        of = self.space.machine(design.config)
        metrics = self.space.metrics
        fixed = [bound for bound in self.bounds if bound.metric in metrics and not metrics[bound.metric].slopes]
        broken = [bound for bound in fixed if bound.excess(metrics[bound.metric].value(Totals(), of)) > 0]
        if not broken:
            return None
        if broken[0].metric == FITS and broken[0].sign > 0:
            return self._over(broken[0], of.area)
        return f"violates {broken[0]}"

    def _over(self, bound: Bound, area: Mapping[str, float], *, numbers: bool = False) -> str:
        """Which resources of the part a machine takes too many of."""
        part = self.space.part
        assert part is not None
        said = [
            HEADINGS[name] + (f" ({area[name]:,.6g} of {getattr(part, name):,})" if numbers else "")
            for name in AREA_METRICS
            if area[f"{name}_share"] > bound.limit
        ]
        return f"part {part.name}: over {100 * bound.limit:g} % of its {', '.join(said)}"

    def lost_to_area(self, reasons: Mapping[str, int]) -> int:
        """How many of the machines that ``check`` counted have no area, or too much of it."""
        part = self.space.part
        starts = [f"{NO_AREA}:", *(f"violates {name} " for name in (*AREA_METRICS, *PART_METRICS))]
        starts += [f"part {part.name}: over"] if part is not None else []
        return sum(count for reason, count in reasons.items() if reason.startswith(tuple(starts)))

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
        broken = self.broken(outcome)
        if broken:
            return "infeasible", "; ".join(
                self._over(bound, outcome.metrics, numbers=True)
                if bound.metric == FITS and bound.sign > 0
                else f"{bound.metric}={outcome.metrics[bound.metric]:.6g} violates {bound}"
                for bound in broken
            )
        return "complete", None

    def broken(self, outcome: Outcome) -> list[Bound]:
        """The constraints that an outcome breaks, as far as it has their metrics."""
        known = [bound for bound in self.bounds if bound.metric in outcome.metrics]
        return [bound for bound in known if bound.excess(outcome.metrics[bound.metric]) > 0]

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


def no_feasible(judge: Judge, problem: Problem, outcomes: list[Outcome]) -> str:
    """Why none of the outcomes is feasible: how many each reason kills, with and without simulation."""
    reasons, looked_at = judge.check()
    if not outcomes and reasons.total() == looked_at:
        common = reasons.most_common(SHOWN_REASONS)
        killed = "; ".join(f"{count} of {looked_at} machines by: {reason}" for reason, count in common)
        return f"no point can be feasible: {killed}"
    lines = []
    if problem.forecast is not None:
        step = -(-problem.size // CHECKED_AT_MOST)
        points = [point for point in map(problem.point, range(0, problem.size, step)) if problem.valid(point)]
        known = [problem.forecast(point).violations for point in points]
        for bound, excesses in zip(judge.bounds, zip(*known, strict=True), strict=True):
            killed_unseen = sum(excess > 0 for excess in excesses)
            if killed_unseen:
                lines.append(f"{bound} kills {killed_unseen} of {len(points)} before simulation")
    for bound in judge.bounds:
        seen = [outcome.metrics[bound.metric] for outcome in outcomes if bound.metric in outcome.metrics]
        if seen:
            lines.append(f"{bound} kills {sum(bound.excess(value) > 0 for value in seen)} of {len(seen)}")
    others = Counter(
        outcome.reason for outcome in outcomes if outcome.state != "complete" and not judge.broken(outcome)
    )
    lines += [f"{count} by: {reason}" for reason, count in others.most_common(SHOWN_REASONS)]
    return f"no feasible point among {len(outcomes)} evaluated: " + "; ".join(lines)
