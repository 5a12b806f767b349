"""Lowering to SAT: a layer in a mapping becomes a program, without a Python loop over instructions.

The steps of the loop nest are rows of arrays. A step loads the tiles that changed, runs its folds, and stores the
output tile after the last of its channels. Every step that loads anything opens a load group; group g may load
once the folds of group g - buffers have ended, so a buffer is never overwritten while it is read, however often
its tile is used again. Output tiles are handed to the store queue in the same way.
"""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import BoolArray, IntArray
from mapping.errors import InputError
from mapping.graph import Layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import (
    ACTIVATIONS,
    EXECUTE,
    LOAD,
    SAT_ISA,
    STORE,
    TO_EXECUTE,
    TO_LOAD,
    TO_STORE,
    WEIGHTS,
)
from simulator.families.sat.layout import Layout, layout
from simulator.families.sat.room import check_room
from simulator.families.sat.timing import fold_positions, fold_slots
from simulator.families.sat.work import kept_weights
from simulator.program import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of the loop nest in order, (s,) each: indices of the tiles, and what changes."""

    group: IntArray
    output: IntArray
    image: IntArray
    row: IntArray
    col: IntArray
    channel: IntArray
    new_activations: BoolArray
    new_weights: BoolArray
    first_channel: BoolArray
    last_channel: BoolArray

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.group)


def enumerate_steps(groups: int, place: Layout, mapping: Mapping) -> Steps:
    """All steps of a mapping in the order of its loops."""
    tiles = place.tiles
    positions = (len(tiles.images), len(tiles.rows), len(tiles.cols))
    outputs, channels = len(tiles.outputs), len(tiles.channels)
    if mapping.tiling.order == "outputs_outer":
        nest = np.indices((groups, outputs, *positions, channels)).reshape(6, -1)
        group, output, image, row, col, channel = nest
    else:
        nest = np.indices((groups, *positions, outputs, channels)).reshape(6, -1)
        group, image, row, col, output, channel = nest
    return Steps(
        group=group,
        output=output,
        image=image,
        row=row,
        col=col,
        channel=channel,
        new_activations=_changes(group, image, row, col, channel),
        new_weights=_changes(group, output, channel),
        first_channel=channel == 0,
        last_channel=channel == channels - 1,
    )


def lower(layer: Layer, pattern: Pattern, mapping: Mapping, config: SatConfig) -> Program:
    """The program of one layer.

    Args:
        layer: What to run; its weights, if it has any, keep to ``pattern``.
        pattern: The pattern the layer is pruned to.
        mapping: How it runs; ``mapping.pattern`` is ``pattern`` or dense.
        config: The machine.

    Raises:
        InputError: A tile that does not fit on chip or cuts groups of channels apart, too many tiles, or a shape that
            an instruction cannot express.
    """
    _check_encodable(layer)
    check_room(layer, mapping, config)
    place = layout(layer, mapping, config)
    steps = enumerate_steps(layer.shape.groups, place, mapping)
    builder = _Builder(layer, mapping, config, place, steps)
    builder.add_loads()
    builder.add_folds()
    builder.add_stores()
    builder.macs[builder.folds] = kept_weights(layer, pattern, mapping, place, builder.fold_blocks())
    builder.macs[builder.folds] *= builder.operands[builder.folds, SAT_ISA["GEMM"].column("position_count")]
    return builder.program(
        {
            "layer": layer.name,
            "shape": str(layer.shape),
            "pattern": str(pattern),
            "mapping": str(mapping),
            "config": config.model_dump(),
        }
    )


def _check_encodable(layer: Layer) -> None:
    """Refuse kernels that the fields of an instruction cannot hold; all else is bounded by the scratchpads."""
    shape = layer.shape
    for axis, direction in enumerate(("rows", "cols")):
        for name in ("kernel", "stride", "dilation"):
            value = getattr(shape, name)[axis]
            highest = SAT_ISA["GEMM"].field(f"{name}_{direction}").highest
            if value > highest:
                raise InputError(f"layer {layer.name}: {name}_{direction}={value} outside [1, {highest}]")


def _changes(*indices: IntArray) -> BoolArray:
    """Whether any index differs from the step before; the first step always does."""
    changed = np.ones(len(indices[0]), bool)
    changed[1:] = np.logical_or.reduce([index[1:] != index[:-1] for index in indices])
    return changed


class _Builder:
    """The columns of a program while they are filled in."""

    def __init__(self, layer: Layer, mapping: Mapping, config: SatConfig, place: Layout, steps: Steps) -> None:
        self.layer, self.mapping, self.config, self.place, self.steps = layer, mapping, config, place, steps
        tiles, pattern = place.tiles, mapping.pattern
        self.out_rows = tiles.rows.count[steps.row]
        self.out_cols = tiles.cols.count[steps.col]
        self.positions = tiles.images.count[steps.image] * self.out_rows * self.out_cols
        self.outputs = tiles.outputs.count[steps.output]
        self.slots = (layer.shape.positions * -(-tiles.channels.count // pattern.m) * pattern.n)[steps.channel]
        if mapping.dataflow == "weight_stationary":
            self.fold_size = int(fold_slots(pattern.n, config))
            self.inner = -(-self.slots // self.fold_size)
            folds = self.inner * -(-self.outputs // config.cols)
        else:
            self.fold_size = fold_positions(config)
            self.inner = -(-self.outputs // config.cols)
            folds = self.inner * -(-self.positions // self.fold_size)

        counts = np.stack([steps.new_activations, steps.new_weights, folds, steps.last_channel], axis=1)
        first = counts.cumsum().reshape(counts.shape) - counts
        self.activation_loads, self.weight_loads = (
            first[steps.new_activations, 0],
            first[steps.new_weights, 1],
        )
        self.stores = first[steps.last_channel, 3]
        self.first_fold, self.last_fold = first[:, 2], first[:, 2] + folds - 1
        self.fold_step = np.repeat(np.arange(len(steps)), folds)
        self.fold_index = np.arange(len(self.fold_step)) - np.repeat(folds.cumsum() - folds, folds)
        self.folds = first[self.fold_step, 2] + self.fold_index

        total = int(counts.sum())
        self.opcode = np.zeros(total, np.uint8)
        self.queue = np.zeros(total, np.uint8)
        self.wait = np.zeros(total, np.uint16)
        self.release = np.zeros(total, np.uint16)
        self.operands = np.zeros((total, SAT_ISA.width), np.int64)
        self.macs = np.zeros(total, np.int64)

    def add_loads(self) -> None:
        """Load instructions and the tokens between load and execute."""
        steps, buffers = self.steps, self.mapping.buffers
        self._load_activations()
        self._load_weights()

        loads = steps.new_activations | steps.new_weights
        group = loads.cumsum() - 1
        groups = int(group[-1]) + 1
        before_folds = self.first_fold
        first_load = before_folds - steps.new_activations - steps.new_weights
        self.wait[first_load[loads & (group >= buffers)]] |= TO_EXECUTE
        self.release[before_folds[loads] - 1] |= TO_EXECUTE
        self.wait[self.first_fold[loads]] |= TO_LOAD
        ends_group = np.append(loads[1:], True)
        self.release[self.last_fold[ends_group & (group + buffers < groups)]] |= TO_LOAD

    def add_folds(self) -> None:
        """Execute instructions."""
        steps, shape, mapping, config = self.steps, self.layer.shape, self.mapping, self.config
        tiles, step, index = self.place.tiles, self.fold_step, self.fold_index
        inner = self.inner[step]
        outer_index, inner_index = index // inner, index % inner
        if mapping.dataflow == "weight_stationary":
            output_first = outer_index * config.cols
            slot_first = inner_index * self.fold_size
            slot_count = np.minimum(self.fold_size, self.slots[step] - slot_first)
            position_first, position_count = np.zeros_like(step), self.positions[step]
            accumulate = ~steps.first_channel[step] | (inner_index > 0)
        else:
            output_first = inner_index * config.cols
            slot_first, slot_count = np.zeros_like(step), self.slots[step]
            position_first = outer_index * self.fold_size
            position_count = np.minimum(self.fold_size, self.positions[step] - position_first)
            accumulate = ~steps.first_channel[step]
        rows, cols = tiles.row_window, tiles.col_window
        self._fill(
            "GEMM",
            EXECUTE,
            self.folds,
            activation_address=self._half(steps.new_activations, ACTIVATIONS)[step],
            weight_address=self._half(steps.new_weights, WEIGHTS)[step],
            output_address=self._output_half()[step],
            output_stationary=mapping.dataflow == "output_stationary",
            accumulate=accumulate,
            chain_first=index == 0,
            chain_last=self.folds == self.last_fold[step],
            n=mapping.pattern.n,
            m=mapping.pattern.m,
            kernel_rows=shape.kernel[0],
            kernel_cols=shape.kernel[1],
            stride_rows=rows.stride,
            stride_cols=cols.stride,
            dilation_rows=shape.dilation[0],
            dilation_cols=shape.dilation[1],
            before_rows=rows.before[steps.row][step],
            before_cols=cols.before[steps.col][step],
            tile_rows=rows.count[steps.row][step],
            tile_cols=cols.count[steps.col][step],
            channels=tiles.channels.count[steps.channel][step],
            out_rows=self.out_rows[step],
            out_cols=self.out_cols[step],
            outputs=self.outputs[step],
            position_first=position_first,
            position_count=position_count,
            slot_first=slot_first,
            slot_count=slot_count,
            output_first=output_first,
            output_count=np.minimum(config.cols, self.outputs[step] - output_first),
        )

    def add_stores(self) -> None:
        """Store instructions and the tokens between execute and store."""
        steps, shape, config, buffers = self.steps, self.layer.shape, self.config, self.mapping.buffers
        tiles, done = self.place.tiles, self.steps.last_channel
        image, row, col, output = steps.image[done], steps.row[done], steps.col[done], steps.output[done]
        pixel = (tiles.images.first[image] * shape.out_rows + tiles.rows.first[row]) * shape.out_cols
        channel = steps.group[done] * shape.group_out_channels + tiles.outputs.first[output]
        element, pixel_bytes = config.output_bytes, shape.out_channels * config.output_bytes
        self._fill(
            "STORE",
            STORE,
            self.stores,
            dram_address=self.place.outputs + (pixel + tiles.cols.first[col]) * pixel_bytes + channel * element,
            pad_address=self._output_half()[done],
            images=tiles.images.count[image],
            rows=tiles.rows.count[row],
            cols=tiles.cols.count[col],
            run_bytes=tiles.outputs.count[output] * element,
            image_stride=shape.out_rows * shape.out_cols * pixel_bytes,
            row_stride=shape.out_cols * pixel_bytes,
            col_stride=pixel_bytes,
            narrow=config.output == "element",
        )
        tile = steps.first_channel.cumsum() - 1
        count = int(tile[-1]) + 1
        self.wait[self.first_fold[steps.first_channel & (tile >= buffers)]] |= TO_STORE
        self.release[self.last_fold[done]] |= TO_STORE
        self.wait[self.stores] |= TO_EXECUTE
        self.release[self.stores[tile[done] + buffers < count]] |= TO_EXECUTE

    def fold_blocks(self) -> IntArray:
        """(7, folds): convolution group, output tile, channel tile, first slot, slots, first output, outputs."""
        step, fold = self.fold_step, self.operands[self.folds]
        column = SAT_ISA["GEMM"].column
        ranges = [fold[:, column(name)] for name in ("slot_first", "slot_count", "output_first", "output_count")]
        return np.stack([self.steps.group[step], self.steps.output[step], self.steps.channel[step], *ranges])

    def program(self, notes: dict[str, object]) -> Program:
        """The finished program."""
        return Program(
            isa=SAT_ISA,
            queue=self.queue,
            opcode=self.opcode,
            wait=self.wait,
            release=self.release,
            operands=self.operands,
            macs=self.macs,
            notes=notes,
        )

    def _load_activations(self) -> None:
        steps, shape, element = self.steps, self.layer.shape, self.config.element_bytes
        tiles, new = self.place.tiles, self.steps.new_activations
        rows, cols = tiles.row_window, tiles.col_window
        image, row, col, channel = steps.image[new], steps.row[new], steps.col[new], steps.channel[new]
        pixel = (tiles.images.first[image] * shape.in_rows + rows.first[row]) * shape.in_cols + cols.first[col]
        first = steps.group[new] * shape.group_in_channels + tiles.channels.first[channel]
        pixel_bytes = shape.in_channels * element
        self._fill(
            "LOAD",
            LOAD,
            self.activation_loads,
            dram_address=self.place.activations + pixel * pixel_bytes + first * element,
            pad_address=self._half(new, ACTIVATIONS)[new],
            images=tiles.images.count[image],
            rows=rows.count[row],
            cols=cols.count[col],
            run_bytes=tiles.channels.count[channel] * element,
            image_stride=shape.in_rows * shape.in_cols * pixel_bytes,
            row_stride=rows.step * shape.in_cols * pixel_bytes,
            col_stride=cols.step * pixel_bytes,
            buffer=ACTIVATIONS,
        )

    def _load_weights(self) -> None:
        steps, new = self.steps, self.steps.new_weights
        group, output, channel = steps.group[new], steps.output[new], steps.channel[new]
        self._fill(
            "LOAD",
            LOAD,
            self.weight_loads,
            dram_address=self.place.weights[group, output, channel],
            pad_address=self._half(new, WEIGHTS)[new],
            images=1,
            rows=1,
            cols=1,
            run_bytes=self.place.weight_bytes[output, channel],
            buffer=WEIGHTS,
        )

    def _half(self, new: BoolArray, buffer: int) -> IntArray:
        """(s,) address of the half in which the tile of each step lies: they take turns."""
        capacity = self.config.capacity(self.mapping.buffers)
        size = capacity.activation_bytes if buffer == ACTIVATIONS else capacity.weight_bytes
        return (new.cumsum() - 1) % self.mapping.buffers * size

    def _output_half(self) -> IntArray:
        size = self.config.capacity(self.mapping.buffers).output_bytes
        return (self.steps.first_channel.cumsum() - 1) % self.mapping.buffers * size

    def _fill(self, opcode: str, queue: int, rows: IntArray, /, **fields: IntArray | BoolArray | int) -> None:
        self.opcode[rows] = SAT_ISA.index(opcode)
        self.queue[rows] = queue
        for name, values in fields.items():
            self.operands[rows, SAT_ISA[opcode].column(name)] = values
