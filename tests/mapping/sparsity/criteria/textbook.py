"""SparseGPT as its paper derives it: one column at a time, one row at a time, every inverse computed afresh."""

import numpy as np

from mapping.sparsity.patterns import Unstructured


def segments(pattern, shape, block):
    """First columns of the runs whose mask is chosen together, and their lengths."""
    channels, total = shape[-1], int(np.prod(shape[1:]))
    if isinstance(pattern, Unstructured):
        return [(first, min(block, total - first)) for first in range(0, total, block)]
    if pattern.period is None:
        return [(0, total)]
    return [
        (position + first, min(pattern.period, channels - first))
        for position in range(0, total, channels)
        for first in range(0, channels, pattern.period)
    ]


def chosen(pattern, saliency, first):
    """An unstructured run of columns fills up the share of all columns up to its end."""
    if not isinstance(pattern, Unstructured):
        return pattern.project(saliency)
    outputs, width = saliency.shape
    kept = pattern.capacity(outputs, first + width) - pattern.capacity(outputs, first)
    best = np.argsort(-saliency.ravel(), kind="stable")[:kept]
    return np.isin(np.arange(saliency.size), best).reshape(saliency.shape)


def textbook_sparsegpt(weights, pattern, gram, block, damping):
    """Optimal brain surgeon steps from left to right.

    The saliency of w_j and the update that makes up for its loss use the inverse of the Hessian over the columns
    from j on (equations 2 and 3 of the paper, with the set of weights that may still change).
    """
    w = weights.reshape(len(weights), -1).copy()
    total = w.shape[1]
    hessian = gram + damping * gram.diagonal().mean() * np.eye(total)
    inverse = {j: np.linalg.inv(hessian[j:, j:]) for j in range(total)}
    mask = np.ones(w.shape, bool)
    starts = dict(segments(pattern, weights.shape, block))
    for j in range(total):
        if j in starts:
            ahead = range(j, j + starts[j])
            saliency = np.stack([w[:, c] ** 2 / inverse[c][0, 0] for c in ahead], axis=1)
            mask[:, list(ahead)] = chosen(pattern, saliency, j)
        for row in range(len(w)):
            if not mask[row, j]:
                w[row, j:] -= w[row, j] / inverse[j][0, 0] * inverse[j][0]
                w[row, j] = 0
    return mask.reshape(weights.shape), w.reshape(weights.shape)
