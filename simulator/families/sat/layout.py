"""Where a layer's tensors lie in DRAM: activations (NHWC), weights (tile after tile, compressed), outputs (NHWC)."""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import IntArray
from mapping.graph import Layer, ceil_div
from mapping.tiling import Mapping, Tiles, tile_layer, weight_tile_bytes
from simulator.families.sat.config import SatConfig

TENSOR_ALIGNMENT = 4096
TILE_ALIGNMENT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Addresses of one layer, in bytes.

    Attributes:
        tiles: The tiles of the layer.
        activations: First byte of the activations.
        weights: (groups, output tiles, channel tiles) first byte of each weight tile.
        weight_bytes: (output tiles, channel tiles) bytes of each weight tile.
        outputs: First byte of the outputs.
        end: One past the last byte.
    """

    tiles: Tiles
    activations: int
    weights: IntArray
    weight_bytes: IntArray
    outputs: int
    end: int


def layout(layer: Layer, mapping: Mapping, config: SatConfig) -> Layout:
    """Place the tensors of a layer."""
    shape = layer.shape
    tiles = tile_layer(shape, mapping.tiling)
    sizes = np.array(
        [
            [
                weight_tile_bytes(shape.positions, int(channels), int(outputs), mapping.pattern, config.element_bytes)
                for channels in tiles.channels.count
            ]
            for outputs in tiles.outputs.count
        ],
        np.int64,
    )
    activation_bytes = shape.images * shape.in_rows * shape.in_cols * shape.in_channels * config.element_bytes
    first_weight = _aligned(activation_bytes, TENSOR_ALIGNMENT)
    room = -(-sizes // TILE_ALIGNMENT) * TILE_ALIGNMENT
    within = room.cumsum().reshape(room.shape) - room
    weights = first_weight + np.arange(shape.groups)[:, None, None] * room.sum() + within
    outputs = _aligned(first_weight + shape.groups * int(room.sum()), TENSOR_ALIGNMENT)
    return Layout(
        tiles=tiles,
        activations=0,
        weights=weights,
        weight_bytes=sizes,
        outputs=outputs,
        end=outputs + layer.m * shape.out_channels * config.output_bytes,
    )


def _aligned(address: int, alignment: int) -> int:
    return ceil_div(address, alignment) * alignment
