"""Which few of many points to ask for: those that together dominate most."""

import numpy as np

from dse.pareto import MARGIN, Array, hypervolume, nondominated


def greedy(rows: Array, known: Array, count: int, weights: Array | None = None) -> list[int]:
    """Indices of up to ``count`` rows, each adding most hypervolume to the known ones and those before.

    What a row adds only shrinks while the archive grows, so old gains are upper bounds: few are computed again.

    Args:
        rows: (m, o), scaled so that 1.1 everywhere is the reference.
        known: (a, o).
        count: How many to choose.
        weights: (m,) of what a row adds; a chance that it turns out feasible, for example.

    Returns:
        Fewer than ``count`` where no other row adds anything.
    """
    corner = np.full(rows.shape[1], MARGIN)
    archive = known[nondominated(known, keep_equal=False)] if len(known) else known.reshape(0, rows.shape[1])
    scale = np.ones(len(rows)) if weights is None else weights
    expected = np.array([_gain(row, archive, corner) for row in rows]) * scale
    chosen: list[int] = []
    while len(chosen) < min(count, len(rows)):
        best = int(expected.argmax())
        if expected[best] <= 0:
            break
        now = _gain(rows[best], archive, corner) * scale[best]
        runner_up = np.partition(expected, -2)[-2] if len(expected) > 1 else 0.0
        if now <= 0 or now < runner_up:
            expected[best] = now
            continue
        chosen.append(best)
        expected[best] = -1.0
        archive = np.concatenate([archive, rows[best : best + 1]])
        archive = archive[nondominated(archive, keep_equal=False)]
    return chosen


def _gain(row: Array, archive: Array, corner: Array) -> float:
    """Hypervolume that a row (o,) adds to the archive (a, o)."""
    if (row >= corner).any() or (len(archive) and (archive <= row).all(axis=1).any()):
        return 0.0
    # Only what is cut to the row's own box matters, and much of that is dominated.
    return float(np.prod(corner - row)) - hypervolume(np.maximum(archive, row), corner)
