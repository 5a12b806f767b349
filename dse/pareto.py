"""Pareto fronts and hypervolumes, by moocore; every objective is minimised."""

from collections.abc import Sequence
from typing import Any

import moocore
import numpy as np
import numpy.typing as npt

from dse.problem import Observation, Row

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
MARGIN = 1.1  # the reference point lies a tenth of the box beyond its worst corner


def nondominated(objectives: npt.ArrayLike, *, keep_equal: bool = True) -> Mask:
    """Which of (r, o) rows no other row dominates; of equal rows all, or only the first."""
    rows = np.asarray(objectives, np.float64)
    if not len(rows):
        return np.zeros(0, bool)
    if rows.shape[1] == 1:  # moocore compares vectors of two and more
        best = rows[:, 0] == rows.min()
        return best if keep_equal else best & (np.arange(len(rows)) == best.argmax())
    return np.asarray(moocore.is_nondominated(rows, keep_weakly=keep_equal), bool)


def front(observations: Sequence[Observation]) -> list[Observation]:
    """The feasible observations that no other feasible one dominates, in the order given."""
    feasible = [seen for seen in observations if seen.feasible]
    mask = nondominated([seen.objectives for seen in feasible if seen.objectives is not None])
    return [seen for seen, keep in zip(feasible, mask, strict=True) if keep]


def hypervolume(objectives: npt.ArrayLike, reference: Any) -> float:  # noqa: ANN401  # anything like an array
    """Volume that (r, o) rows dominate up to the reference point (o,)."""
    rows, corner = np.asarray(objectives, np.float64), np.asarray(reference, np.float64)
    rows = rows[(rows < corner).all(axis=1)] if len(rows) else rows
    if not len(rows):
        return 0.0
    if rows.shape[1] == 1:
        return float(corner[0] - rows.min())
    return float(moocore.hypervolume(rows, ref=corner))


def scaled(objectives: npt.ArrayLike, low: Array, high: Array) -> Array:
    """(r, o) rows with ``low`` at 0 and ``high`` at 1; an objective that does not vary is 0."""
    span = np.where(high > low, high - low, 1.0)
    return (np.asarray(objectives, np.float64) - low) / span


def logarithmic(objectives: npt.ArrayLike) -> Array:
    """(r, o) rows, each column as a logarithm where all of it is positive: ratios count, not differences."""
    rows = np.array(objectives, np.float64)
    positive = (rows > 0).all(axis=0)
    rows[:, positive] = np.log(rows[:, positive])
    return rows


def covered(rows: Sequence[Row]) -> float:
    """The share that a front dominates of the box between the best and worst values of all feasible ``rows``.

    It depends on the worst value seen: it shows progress within a sweep and does not compare sweeps.
    """
    if not rows:
        return 0.0
    objectives = logarithmic(rows)
    unit = scaled(objectives, objectives.min(axis=0), objectives.max(axis=0))
    return hypervolume(unit[nondominated(unit)], np.full(unit.shape[1], MARGIN)) / MARGIN ** unit.shape[1]
