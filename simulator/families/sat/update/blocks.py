"""The weights of a layer in DRAM, and how they are cut into blocks that fit on chip.

Master weights and velocities (fp32), gradients and the dense copy (fp16) are tensors (convolution groups, kernel
positions, input channels, output channels), as the weight-update product leaves the gradients. Compressed copies are
written block after block; that the tiles of the products that read them lie in another order is not modelled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import ConvShape, ceil_div
from mapping.sparsity import Pattern
from mapping.tiling import cut, weight_tile_bytes
from simulator.families.sat.config import SatConfig

Count = Any  # an int or an int64 array

ALIGNMENT = 64
HALVES = 2
ELEMENT_BYTES = 2
MASTER_BYTES = 4


@dataclass(frozen=True, slots=True)
class Copy:
    """A compressed copy: its pattern, and whether groups lie along output channels (backward) or input channels."""

    pattern: Pattern
    along_outputs: bool

    def bytes(self, positions: int, inputs: Count, outputs: Count) -> Count:
        """Bytes of the copies of blocks: each kernel position holds its own groups."""
        length, columns = (outputs, inputs) if self.along_outputs else (inputs, outputs)
        return weight_tile_bytes(positions, length, columns, self.pattern, ELEMENT_BYTES)


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """The blocks of a layer's weights, in the order in which they are worked on.

    Attributes:
        shape: The layer.
        resident: Bytes of each weight that a block holds in the scratchpad beside the copies.
        copies: The compressed copies that are made.
        inputs: Input channels of the largest block.
        outputs: Output channels of the largest block.
    """

    shape: ConvShape
    resident: int
    copies: tuple[Copy, ...]
    inputs: int
    outputs: int

    @cached_property
    def grid(self) -> IntArray:
        """(5, blocks): convolution group, first input channel, inputs, first output channel, outputs."""
        inputs, outputs = (
            cut(self.shape.group_in_channels, self.inputs),
            cut(self.shape.group_out_channels, self.outputs),
        )
        group, i, o = np.indices((self.shape.groups, len(inputs), len(outputs))).reshape(3, -1)
        return np.stack([group, inputs.first[i], inputs.count[i], outputs.first[o], outputs.count[o]])

    def __len__(self) -> int:
        """Number of blocks."""
        return self.grid.shape[1]

    @property
    def weights(self) -> int:
        """Weights of the largest block."""
        return self.shape.positions * self.inputs * self.outputs

    @property
    def total(self) -> int:
        """Weights of the layer."""
        return self.shape.groups * self.shape.positions * self.shape.group_in_channels * self.shape.group_out_channels

    def copy_addresses(self) -> list[int]:
        """Where the copies begin in a half of the scratchpad, and where the last one ends."""
        addresses = [_aligned(self.weights * self.resident)]
        for copy in self.copies:
            size = copy.bytes(self.shape.positions, self.inputs, self.outputs)
            addresses.append(_aligned(addresses[-1] + int(size)))
        return addresses

    def box(self, tensor: int, element: int) -> dict[str, IntArray | int]:
        """The blocks in a tensor that begins at ``tensor``, as the fields of a transfer."""
        group, i, inputs, o, outputs = self.grid
        row = self.shape.group_out_channels
        plane = self.shape.group_in_channels * row
        return {
            "dram_address": tensor + ((group * self.shape.positions * plane) + i * row + o) * element,
            "images": self.shape.positions,
            "rows": inputs,
            "cols": 1,
            "run_bytes": outputs * element,
            "image_stride": plane * element,
            "row_stride": row * element,
            "col_stride": outputs * element,
        }


def cut_weights(layer: str, shape: ConvShape, resident: int, copies: tuple[Copy, ...], config: SatConfig) -> Blocks:
    """The largest blocks of whole groups that fit into half the output scratchpad; whole rows of outputs if possible.

    Raises:
        InputError: Not even the smallest block fits; the message says which scratchpad is too small.
    """
    capacity = config.output_scratchpad_kib * 1024 // HALVES

    def group(along_outputs: bool) -> int:
        return max((copy.pattern.m for copy in copies if copy.along_outputs == along_outputs), default=1)

    for outputs in _sizes(shape.group_out_channels, group(True)):
        for inputs in _sizes(shape.group_in_channels, group(False)):
            blocks = Blocks(shape=shape, resident=resident, copies=copies, inputs=inputs, outputs=outputs)
            need = blocks.copy_addresses()[-1]
            if need <= capacity:
                return blocks
    raise InputError(
        f"layer {layer}: output_scratchpad_kib must be at least {ceil_div(need * HALVES, 1024)} "
        f"(is {config.output_scratchpad_kib}) to update its weights"
    )


def _sizes(length: int, group: int) -> Iterator[int]:
    """``length`` and its halves, rounded up to whole groups, down to one group."""
    size = length
    while True:
        yield size
        if size <= group:
            return
        size = ceil_div(ceil_div(size, 2), group) * group


def _aligned(address: int) -> int:
    return ceil_div(address, ALIGNMENT) * ALIGNMENT
