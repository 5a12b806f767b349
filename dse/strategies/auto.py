"""Which strategy suits a space: by its size, and by what an evaluation costs."""

from dataclasses import dataclass

from dse.problem import Problem
from dse.strategies.decompose import evaluations

# Measured in benchmarks/dse: gp takes this long for a suggestion, and up to so many evaluations nothing is ahead of it.
GP_SECONDS = 0.05
GP_POINTS = 1000
KEPT_FOR_FRONT = 0.25  # of the evaluations, where decompose has to show what it found
UNLIMITED_SECONDS = 3600.0  # what a sweep without budget and time limit may take exhaustively


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A strategy, and why."""

    name: str
    reason: str


def advise(problem: Problem, seconds: float, points: int | None) -> Advice:
    """Choose a strategy.

    Args:
        problem: What to search.
        seconds: What an evaluation takes, as measured.
        points: How many can be evaluated; None if there is no limit.
    """
    cost = f"{seconds * 1e3:.3g} ms an evaluation"
    allowed = points if points is not None else int(UNLIMITED_SECONDS / max(seconds, 1e-6))
    if problem.size <= allowed:
        return Advice(name="exhaustive", reason=f"{problem.size:,} points at {cost} fit in {allowed:,} evaluations")
    needed = evaluations(problem)
    if needed is not None and needed <= allowed * (1 - KEPT_FOR_FRONT):
        return Advice(
            name="decompose",
            reason=f"{problem.size:,} points fall apart by layer: at most {needed:,} evaluations before the front",
        )
    if (points is None or points > GP_POINTS) and seconds < GP_SECONDS:
        return Advice(name="nsga2", reason=f"{problem.size:,} points at {cost}: cheaper than modelling them")
    return Advice(name="gp", reason=f"{problem.size:,} points at {cost}: worth modelling for {allowed:,} evaluations")
