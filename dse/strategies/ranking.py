"""Which machines are promising: fronts of bounds, before anything is evaluated."""

from collections.abc import Sequence

import numpy as np

from dse.pareto import hypervolume, logarithmic, nondominated, scaled
from dse.problem import Row, Separable
from dse.strategies.merge import merge
from mapping.arrays import AnyArray

Point = tuple[int, ...]
MARGIN = 1.1
APART, LITTLE = 64, 1e-4


def bound_front(layers: Separable, points: Sequence[Point], depths: Sequence[int]) -> AnyArray | None:
    """Objectives that no feasible design of a machine can beat.

    Args:
        layers: How the problem falls apart.
        points: Of one machine; the first ``depths[g]`` show all choices of group g.
        depths: Choices of each group.

    Returns:
        (r, o), or None where the problem has no bounds.
    """
    rows: list[tuple[Row, ...]] = []
    for point in points:
        bound = layers.bound(point)
        if bound is None:
            return None
        rows.append(bound)
    groups = [np.array([row[g] for row in rows[:depth]]) for g, depth in enumerate(depths)]
    fixed = [np.array([part]) for part in rows[0][len(groups) :]]
    sums = merge([*groups, *fixed], layers.directions)
    objectives, violations = layers.score(points[0], sums.columns)
    return objectives[(violations <= 0).all(axis=1)]


def by_promise(bounds: dict[Point, AnyArray | None]) -> list[Point]:
    """Machines by the hypervolume that their bounds add to those before; those without bounds before all others.

    That is looked at for up to ``APART`` machines; those that add little follow by the hypervolume of their own bounds.
    A machine whose bounds already violate a constraint holds no feasible design and is left out.
    """
    known = {machine: rows for machine, rows in bounds.items() if rows is not None and len(rows)}
    unbounded = [machine for machine, rows in bounds.items() if rows is None]
    if not known:
        return unbounded
    stacked = logarithmic(np.concatenate(list(known.values())))
    unit = scaled(stacked, stacked.min(axis=0), stacked.max(axis=0))
    parts = np.split(unit, np.cumsum([len(rows) for rows in known.values()])[:-1])
    corner = np.full(unit.shape[1], MARGIN)
    rows_of = dict(zip(known, parts, strict=True))
    volume = {machine: hypervolume(rows, corner) for machine, rows in rows_of.items()}
    ahead: list[Point] = []
    archive, reached = unit[:0], 0.0
    added = dict(volume)
    while added and len(ahead) < APART:
        machine = max(added, key=lambda each: added[each])
        merged = np.concatenate([archive, rows_of[machine]])
        added[machine] = hypervolume(merged, corner) - reached  # it only shrinks, so old values are upper bounds
        if added[machine] < max((more for each, more in added.items() if each != machine), default=0.0):
            continue
        if added[machine] <= LITTLE * reached:
            break
        reached += added.pop(machine)
        archive = merged[nondominated(merged, keep_equal=False)]
        ahead.append(machine)
    return [*unbounded, *ahead, *sorted(added, key=lambda machine: -volume[machine])]


def all_dominated(bounds: AnyArray | None, known: Sequence[Row]) -> bool:
    """Whether each bound (r, o) is worse than some known row."""
    if bounds is None or not known:
        return False
    # A row that something dominates is also dominated by something that nothing dominates: by a known one, then.
    return not nondominated(np.concatenate([np.array(known), bounds]))[len(known) :].any()
