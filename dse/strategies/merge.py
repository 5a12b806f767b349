"""Pareto sets of sums: choose one row of every group so that no other choice of rows has a sum that dominates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dse.pareto import nondominated
from mapping.arrays import AnyArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums that nothing dominates.

    Attributes:
        columns: (r, k) summed columns.
        choices: (r, g) which row of each group is in the sum.
    """

    columns: AnyArray
    choices: IntArray


def merge(groups: Sequence[AnyArray], directions: Sequence[tuple[int, int]]) -> Sums:
    """All sums of one row per group that no other sum dominates; of equal sums all are kept.

    What is dominated in a partial sum stays dominated whatever is added, so each group is added and filtered in turn:
    the result is exact. A column where both more and less can be worse stays as two, which only keeps more rows.

    Args:
        groups: (rows, k) columns each.
        directions: For each column whether more, and whether less, of it can be worse.
    """
    more = [index for index, (up, _) in enumerate(directions) if up]
    less = [index for index, (_, down) in enumerate(directions) if down]
    columns = np.zeros((1, len(directions)))
    choices = np.zeros((1, 0), np.int64)
    for rows in groups:
        columns = (columns[:, None] + rows[None]).reshape(-1, len(directions))
        old = np.repeat(choices, len(rows), axis=0)
        new = np.tile(np.arange(len(rows)), len(choices))[:, None]
        choices = np.concatenate([old, new], axis=1)
        if more or less:
            keep = nondominated(np.concatenate([columns[:, more], -columns[:, less]], axis=1))
            columns, choices = columns[keep], choices[keep]
    return Sums(columns=columns, choices=choices)
