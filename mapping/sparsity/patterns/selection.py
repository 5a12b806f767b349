"""Keeping the highest of every group: the kernel under all projections.

Ties go to the lowest index. Work proceeds in chunks that stay in the cache, so that the extra memory is a few chunks
whatever the size of the array.
"""

import numpy as np

from mapping.arrays import AnyArray, BoolArray

_CHUNK = 1 << 18  # elements
_SHORT = 64  # up to here comparing all pairs of a group is faster than selecting its N-th


def keep_in_groups(scores: AnyArray, n: int, m: int) -> BoolArray:
    """Keep the n highest of every m consecutive elements of the last axis.

    Args:
        scores: (..., length), finite.
        n: Kept in each group; a short last group of g keeps min(n, g).
        m: Length of a group.

    Returns:
        (..., length) bool.
    """
    length = scores.shape[-1]
    if not scores.size:
        return np.zeros(scores.shape, bool)
    m = min(m, length)
    rows = scores.reshape(-1, length)
    mask = np.empty(rows.shape, bool)
    step = max(1, _CHUNK // length)
    for first in range(0, len(rows), step):
        groups = grouped(rows[first : first + step], m, -np.inf)
        kept = _keep_by_rank(groups, n) if m <= _SHORT else _keep_by_threshold(groups, n)
        mask[first : first + step] = kept.reshape(len(groups), -1)[:, :length]
    return mask.reshape(scores.shape)


def grouped(values: AnyArray, m: int, fill: float) -> AnyArray:
    """``values`` (..., length) padded with ``fill`` and cut into (..., groups, m)."""
    padding = -values.shape[-1] % m
    if padding:
        if np.isinf(fill) and not np.issubdtype(values.dtype, np.floating):
            values = values.astype(np.float64)
        values = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, padding)], constant_values=fill)
    return values.reshape(*values.shape[:-1], -1, m)


def _keep_by_rank(groups: AnyArray, n: int) -> BoolArray:
    """Keep what fewer than n others of its group precede. All pairs are compared, m (m - 1) / 2 for each group."""
    m = groups.shape[-1]
    slots = np.ascontiguousarray(groups.reshape(-1, m).T)
    rank = np.zeros(slots.shape, np.uint8)
    for distance in range(1, m):
        later_wins = slots[distance:] > slots[:-distance]
        rank[:-distance] += later_wins
        rank[distance:] += ~later_wins
    return (rank < n).T.reshape(groups.shape)


def _keep_by_threshold(groups: AnyArray, n: int) -> BoolArray:
    """Keep what reaches the n-th highest of its group, then drop the last of those that tie with it."""
    m = groups.shape[-1]
    if n >= m:
        return np.ones(groups.shape, bool)
    rows = groups.reshape(-1, m)
    if not n:
        return np.zeros(groups.shape, bool)
    threshold = np.partition(rows, m - n, axis=-1)[:, m - n, None]
    mask = rows >= threshold
    excess = np.count_nonzero(mask, axis=-1) - n
    if excess.any():
        row, column = np.nonzero(rows == threshold)
        ends = np.searchsorted(row, np.arange(len(rows)), side="right")
        dropped = ends[row] - np.arange(len(row)) <= excess[row]  # counted from the last of its row
        mask[row[dropped], column[dropped]] = False
    return mask.reshape(groups.shape)
