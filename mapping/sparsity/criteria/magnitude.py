"""Magnitude pruning: the largest absolute weights stay."""

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.sparsity.patterns import SparsityPattern


def magnitude_mask(weights: AnyArray, pattern: SparsityPattern) -> BoolArray:
    """Keep the largest magnitudes that the pattern allows.

    Args:
        weights: (out_channels, kernel rows, kernel columns, in_channels / groups), or any (outputs, ..., inputs).
        pattern: What may stay.

    Returns:
        Mask of the same shape.
    """
    return pattern.project(_magnitudes(weights))


def _magnitudes(weights: AnyArray) -> AnyArray:
    """Absolute values; of integers in a wider dtype, where the most negative one has an absolute value."""
    if np.issubdtype(weights.dtype, np.signedinteger):
        weights = weights.astype(np.int32 if weights.itemsize < 4 else np.float64)
    return np.abs(weights)
