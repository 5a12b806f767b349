"""Pruning a layer by magnitude, and which layers of a network are pruned."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import numpy as np

from mapping.errors import InputError
from mapping.graph import Layer
from mapping.sparsity.criteria.magnitude import magnitude_mask
from mapping.sparsity.patterns import SparsityPattern

KEPT_DENSE = ("first", "last")


def prune_layer(layer: Layer, pattern: SparsityPattern) -> Layer:
    """The layer with what ``pattern`` does not keep set to zero.

    A layer without weights of its own stays without: they are drawn, and pruned, when values are asked for.
    """
    if layer.weights is None or pattern.is_dense:
        return layer
    return layer.with_weights(np.where(magnitude_mask(layer.weights, pattern), layer.weights, np.float32(0)))


def kept_dense(layers: Sequence[Layer], keep: Iterable[str]) -> set[str]:
    """Names of the layers that are not pruned.

    Args:
        layers: Of a network, in order.
        keep: Names or globs, and ``first`` and ``last``.

    Raises:
        InputError: An entry that matches no layer.
    """
    kept: set[str] = set()
    for entry in keep:
        if entry in KEPT_DENSE:
            kept.add(layers[0 if entry == "first" else -1].name)
            continue
        matches = {layer.name for layer in layers if fnmatchcase(layer.name, entry)}
        if not matches:
            raise InputError(f"keep: no layer matches {entry!r}")
        kept |= matches
    return kept
