"""How much of an objective each parameter explains."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dse.pareto import Array, logarithmic


def importance(levels: npt.ArrayLike, objectives: npt.ArrayLike) -> Array:
    """The share of each objective's variance that each parameter explains on its own.

    Epsilon squared of a one-way analysis of variance, that is eta squared less what chance alone would explain
    (T. L. Kelley, An unbiased correlation ratio measure, 1935); at least 0. An objective that is positive throughout
    counts by its logarithm. Interactions of parameters are not in it: the shares need not add up to 1.

    Args:
        levels: (r, p) the index of each parameter's value in each of r designs.
        objectives: (r, o) values.

    Returns:
        (p, o) shares in [0, 1]; 0 where nothing varies or every design has a value of its own.
    """
    codes, values = np.asarray(levels), logarithmic(objectives)
    return np.array([_explained(column, values) for column in codes.T]).reshape(codes.shape[1], values.shape[1])


def _explained(levels: npt.NDArray[np.int_], values: Array) -> Array:
    """(o,) epsilon squared of one parameter."""
    _, group, sizes = np.unique(levels, return_inverse=True, return_counts=True)
    total = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    inside_freedom = len(values) - len(sizes)
    if inside_freedom == 0 or len(sizes) == 1:
        return np.zeros(values.shape[1])
    sums = np.zeros((len(sizes), values.shape[1]))
    np.add.at(sums, group, values)
    inside = ((values - (sums / sizes[:, None])[group]) ** 2).sum(axis=0)
    between = total - inside - (len(sizes) - 1) * inside / inside_freedom
    return np.clip(np.divide(between, total, out=np.zeros_like(total), where=total > 0), 0, 1)


def codes(rows: Sequence[Sequence[object]]) -> npt.NDArray[np.int_]:
    """(r, p) rows of any values as the index of each value among those of its column."""
    columns = []
    for column in zip(*rows, strict=True):
        order = {value: index for index, value in enumerate(dict.fromkeys(column))}
        columns.append([order[value] for value in column])
    return np.array(columns, int).T.reshape(len(rows), len(columns))
