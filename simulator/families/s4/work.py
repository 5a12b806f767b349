"""How many products with non-zero weights each pass makes: taken from the real mask where there is one."""

from typing import TYPE_CHECKING

import numpy as np

from mapping.arrays import IntArray
from mapping.graph import Layer
from mapping.sparsity import Pattern
from simulator.families.s4.geometry import Geometry

if TYPE_CHECKING:
    from simulator.families.s4.lower import Steps


def kept_weights(layer: Layer, pattern: Pattern, geometry: Geometry, steps: "Steps") -> IntArray:
    """(s,) non-zero multiply-accumulates of each step.

    Args:
        layer: With weights, they are counted; without, every group keeps what ``pattern`` allows.
        pattern: The pattern the layer is pruned to.
        geometry: Its tiles.
        steps: The steps.
    """
    positions, channels, outputs = geometry.waves.count[steps.wave], geometry.channels, geometry.outputs
    groups, filters = geometry.shape.groups * geometry.mapping.split, geometry.group_filters
    if layer.weights is None:
        kept = np.zeros(layer.shape.group_in_channels, np.int64)
        kept[np.arange(len(kept)) % pattern.m < pattern.n] = 1
        nonzero = np.broadcast_to(kept * layer.shape.positions, (layer.shape.out_channels, len(kept)))
    else:
        nonzero = np.count_nonzero(layer.weights, axis=(1, 2))
    sums = np.add.reduceat(nonzero, channels.first, axis=1)
    sums = np.pad(sums, ((0, groups * filters - len(sums)), (0, 0))).reshape(groups, filters, -1)
    sums = np.add.reduceat(sums, outputs.first, axis=1)
    sums = np.add.reduceat(sums, geometry.groups.first, axis=0)
    return sums[steps.group, steps.output, steps.channel] * positions
