"""SparseGPT: prune column by column and let the columns to the right make up for it."""

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.sparsity.criteria.calibration import Calibration
from mapping.sparsity.criteria.wanda import check_calibration
from mapping.sparsity.patterns import SparsityPattern, Unstructured
from mapping.sparsity.patterns.selection import keep_in_groups

BLOCK = 128  # columns updated together, B = Bs of the paper
DAMPING = 0.01  # of the mean diagonal of the Hessian, as in the authors' code


def sparsegpt(
    weights: AnyArray,
    pattern: SparsityPattern,
    calibration: Calibration,
    *,
    block: int = BLOCK,
    damping: float = DAMPING,
) -> tuple[BoolArray, AnyArray]:
    """Choose the mask by the Hessian of the layer's output error and update the weights that stay.

    Source: Frantar and Alistarh, "SparseGPT" (ICML 2023), algorithm 1. Columns are visited from left to right; a
    pruned weight w_j leaves an error w_j / U_jj that row j of U spreads over the columns after it, where U is the
    upper Cholesky factor of the inverse Hessian. Weights with the smallest (w_j / U_jj)² go. The mask of a group of
    N:M is chosen when its first column is reached; an unstructured one for ``block`` columns at a time; a pattern
    whose inputs depend on each other over the whole width is chosen at the start, from the same scores. Inputs that
    are always zero lose their weights first.

    Args:
        weights: (outputs, ..., inputs) floating.
        pattern: What may stay.
        calibration: Over as many inputs as an output has weights.
        block: Columns whose updates to the rest are delayed and done as one product.
        damping: Added to the Hessian's diagonal, as a share of its mean.

    Returns:
        The mask and the updated weights, zero outside it; both of the weights' shape, weights in their dtype.

    Raises:
        InputError: A calibration of another size, damping that is not positive, or a block below 1.
    """
    check_calibration(weights, calibration)
    if damping <= 0 or block < 1:
        raise InputError(f"damping={damping:g}, block={block}: both must be positive")
    kind = np.promote_types(weights.dtype, np.float32)
    # Columns of the weights become contiguous rows.
    columns = np.ascontiguousarray(weights.reshape(len(weights), -1).T, kind)
    hessian = calibration.gram.copy()
    dead = hessian.diagonal() == 0
    hessian[dead, dead] = 1
    columns[dead] = 0
    hessian[np.diag_indices_from(hessian)] += damping * hessian.diagonal().mean()
    upper = inverse_factor(hessian).astype(kind)
    segments = _segments(pattern, weights.shape, block)
    mask = np.empty(columns.shape, bool)
    first = 0
    while first < len(columns):
        # A block ends where a segment does, so that a segment within it is chosen from up-to-date weights.
        last = max((end for end in segments.values() if first < end <= first + block), default=first + block)
        errors = _prune_block(columns, mask, upper, range(first, last), segments, pattern)
        columns[last:] -= upper[first:last, last:].T @ errors
        first = last
    return mask.T.reshape(weights.shape), columns.T.reshape(weights.shape).astype(weights.dtype)


def _segments(pattern: SparsityPattern, shape: tuple[int, ...], block: int) -> dict[int, int]:
    """First column and end of every run of columns whose mask is chosen at once.

    Groups start anew at every kernel position.
    """
    channels = shape[-1]
    total = int(np.prod(shape[1:]))
    if pattern.period is None:
        width = block if isinstance(pattern, Unstructured) else total
        return {first: min(first + width, total) for first in range(0, total, width)}
    return {
        position + first: position + min(first + pattern.period, channels)
        for position in range(0, total, channels)
        for first in range(0, channels, pattern.period)
    }


def _prune_block(
    columns: AnyArray,
    mask: BoolArray,
    upper: AnyArray,
    block: range,
    segments: dict[int, int],
    pattern: SparsityPattern,
) -> AnyArray:
    """Prune the columns of a block in place; returns their errors (block, outputs), for the columns after it.

    ``columns`` and ``mask`` are (inputs, outputs): one row for every column of the weight matrix.
    """
    errors = np.empty((len(block), columns.shape[1]), columns.dtype)
    for place, column in enumerate(block):
        if column in segments:
            ahead = slice(column, segments[column])
            saliency = (columns[ahead] / upper.diagonal()[ahead, None]) ** 2
            mask[ahead] = _choose(pattern, saliency.T, column).T
        errors[place] = np.where(mask[column], 0, columns[column]) / upper[column, column]
        columns[column, ~mask[column]] = 0
        rest = slice(column + 1, block.stop)
        columns[rest] -= upper[column, rest, None] * errors[place]
    return errors


def _choose(pattern: SparsityPattern, saliency: AnyArray, column: int) -> BoolArray:
    """The mask of (outputs, some columns), the first of which is ``column`` of the whole matrix."""
    if not isinstance(pattern, Unstructured):
        return pattern.project(saliency)
    # Each run of columns gets its share, such that the shares add up to that of the whole matrix.
    outputs, width = saliency.shape
    kept = pattern.kept(outputs * (column + width)) - pattern.kept(outputs * column)
    return keep_in_groups(saliency.reshape(-1), kept, saliency.size).reshape(saliency.shape)


def inverse_factor(hessian: AnyArray) -> AnyArray:
    """The upper triangular U with U^T U = H^-1.

    With rows and columns in reverse order, H = L L^T; turned back this is H = R R^T with R upper triangular, and
    U = R^-1. It saves the second Cholesky factorisation of the paper and the rounding of an explicit H^-1.
    """
    lower = np.linalg.cholesky(hessian[::-1, ::-1])
    return np.triu(np.linalg.inv(lower)[::-1, ::-1])
