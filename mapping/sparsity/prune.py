"""Which weights stay: magnitude pruning."""

import numpy as np

from mapping.arrays import BoolArray, Float32Array
from mapping.graph import Layer
from mapping.sparsity.pattern import Pattern


def magnitude_mask(weights: Float32Array, pattern: Pattern) -> BoolArray:
    """Keep the N largest magnitudes of every group along the last axis, the input channels.

    Args:
        weights: (out_channels, kernel rows, kernel columns, in_channels / groups) float32.
        pattern: What may stay.

    Returns:
        Mask of the same shape.
    """
    return pattern.project(np.abs(weights))


def prune_layer(layer: Layer, pattern: Pattern) -> Layer:
    """The layer with what ``pattern`` does not keep set to zero.

    A layer without weights of its own stays without: they are drawn, and pruned, when values are asked for.
    """
    if layer.weights is None or pattern.is_dense:
        return layer
    return layer.with_weights(np.where(magnitude_mask(layer.weights, pattern), layer.weights, np.float32(0)))
