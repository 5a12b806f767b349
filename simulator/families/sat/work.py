"""How many non-zero weights each fold multiplies with: taken from the real mask where there is one."""

import numpy as np

from mapping.arrays import IntArray
from mapping.graph import Layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.families.sat.layout import Layout


def kept_weights(layer: Layer, pattern: Pattern, mapping: Mapping, place: Layout, blocks: IntArray) -> IntArray:
    """Non-zero weights of each fold.

    The first slots of a group hold its non-zeros; the last may be empty.

    Args:
        layer: With weights, they are counted; without, every group keeps what ``pattern`` allows.
        pattern: The pattern the layer is pruned to.
        mapping: How it runs.
        place: The tiles.
        blocks: (7, folds) as from the lowering: convolution group, output tile, channel tile, first slot, slots,
            first output, outputs.

    Returns:
        (folds,) int64.
    """
    group, output, channel, slot_first, slot_count, output_first, output_count = blocks
    result = np.zeros(blocks.shape[1], np.int64)
    outputs_before = place.tiles.outputs.first
    for tile in range(len(place.tiles.channels)):
        chosen = channel == tile
        sums = _slot_sums(layer, pattern, mapping, place, tile)
        low, high = slot_first[chosen], slot_first[chosen] + slot_count[chosen]
        if layer.weights is None:
            result[chosen] = (sums[high] - sums[low]) * output_count[chosen]
            continue
        left = group[chosen] * layer.shape.group_out_channels + outputs_before[output[chosen]] + output_first[chosen]
        right = left + output_count[chosen]
        result[chosen] = sums[high, right] - sums[low, right] - sums[high, left] + sums[low, left]
    return result


def _slot_sums(layer: Layer, pattern: Pattern, mapping: Mapping, place: Layout, tile: int) -> IntArray:
    """Non-zeros in all slots before each slot of a channel tile: (slots + 1,), or (slots + 1, out_channels + 1)."""
    first = int(place.tiles.channels.first[tile])
    count = int(place.tiles.channels.count[tile])
    executed, positions = mapping.pattern, layer.shape.positions
    if layer.weights is None:
        kept = np.zeros(count, np.int64)
        kept[np.arange(first, first + count) % pattern.m < pattern.n] = 1
        per_slot = np.tile(_slots(kept[:, None], executed)[:, 0], positions)
        return np.concatenate([[0], per_slot.cumsum()])
    weights = layer.weights[..., first : first + count] != 0
    kept = weights.reshape(layer.shape.out_channels, positions, count).transpose(1, 2, 0)
    per_slot = np.concatenate([_slots(kept[position].astype(np.int64), executed) for position in range(positions)])
    sums = np.zeros((len(per_slot) + 1, layer.shape.out_channels + 1), np.int64)
    sums[1:, 1:] = per_slot.cumsum(0).cumsum(1)
    return sums


def _slots(kept: IntArray, executed: Pattern) -> IntArray:
    """(channels, columns) of 0 and 1 as (slots, columns): the first slots of a group hold its non-zeros."""
    channels, columns = kept.shape
    padded = np.zeros((executed.groups(channels) * executed.m, columns), np.int64)
    padded[:channels] = kept
    per_group = padded.reshape(-1, executed.m, columns).sum(1)
    slot = np.arange(executed.n)[None, :, None]
    return (per_group[:, None, :] > slot).astype(np.int64).reshape(-1, columns)
