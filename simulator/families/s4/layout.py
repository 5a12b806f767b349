"""Where a layer's tensors lie: activations (NHWC), weights (sub-filter after sub-filter), outputs (NHWC).

One range of addresses covers L2 and DRAM. An activation tensor that takes at most half of L2 stays there between two
layers, so that two neighbours fit; a larger one lies in DRAM.
"""

from dataclasses import dataclass

from mapping.arrays import IntArray
from mapping.graph import ConvShape, ceil_div
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import Geometry

ALIGNMENT = 4096
TENSOR_SHARE = 2  # of an activation tensor that stays there
WEIGHT_SHARE = 4  # weights of a layer stay in L2 while it runs if they take at most a quarter


@dataclass(frozen=True, slots=True)
class Residence:
    """What lies in L2: the activations, the outputs, and all weights while the layer runs."""

    inputs: bool
    outputs: bool
    weights: bool

    @classmethod
    def of(cls, shape: ConvShape, weight_bytes: int, config: S4Config) -> "Residence":
        """Where the tensors of a layer go."""
        inputs = shape.images * shape.in_rows * shape.in_cols * shape.in_channels * config.element_bytes
        outputs = shape.images * shape.out_rows * shape.out_cols * shape.out_channels * config.output_bytes
        return cls(
            TENSOR_SHARE * inputs <= config.l2_bytes,
            TENSOR_SHARE * outputs <= config.l2_bytes,
            WEIGHT_SHARE * weight_bytes <= config.l2_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Addresses of one layer, in bytes.

    Attributes:
        activations: First byte of the activations.
        weights: (output tiles, channel tiles) first byte of each weight tile of the first group.
        group_bytes: Bytes from a group's weights to the next group's.
        outputs: First byte of the outputs.
        end: One past the last byte.
        in_l2: What lies in L2.
    """

    activations: int
    weights: IntArray
    group_bytes: int
    outputs: int
    end: int
    in_l2: Residence


def layout(geometry: Geometry) -> Layout:
    """Place the tensors of a layer."""
    shape, config = geometry.shape, geometry.config
    sizes = geometry.weight_bytes
    activation_bytes = shape.images * shape.in_rows * shape.in_cols * shape.in_channels * config.element_bytes
    output_bytes = geometry.m * shape.out_channels * config.output_bytes
    first_weight = ceil_div(activation_bytes, ALIGNMENT) * ALIGNMENT
    group_bytes = int(sizes.sum())
    weight_bytes = group_bytes * shape.groups * geometry.mapping.split
    outputs = ceil_div(first_weight + weight_bytes, ALIGNMENT) * ALIGNMENT
    return Layout(
        activations=0,
        weights=first_weight + sizes.cumsum().reshape(sizes.shape) - sizes,
        group_bytes=group_bytes,
        outputs=outputs,
        end=outputs + output_bytes,
        in_l2=Residence.of(shape, weight_bytes, config),
    )
