"""Pruning a layer by magnitude."""

import numpy as np

from mapping.graph import Layer
from mapping.sparsity.criteria.magnitude import magnitude_mask
from mapping.sparsity.patterns import SparsityPattern


def prune_layer(layer: Layer, pattern: SparsityPattern) -> Layer:
    """The layer with what ``pattern`` does not keep set to zero.

    A layer without weights of its own stays without: they are drawn, and pruned, when values are asked for.
    """
    if layer.weights is None or pattern.is_dense:
        return layer
    return layer.with_weights(np.where(magnitude_mask(layer.weights, pattern), layer.weights, np.float32(0)))
