"""The values of a SAT program: executed on a DRAM image with NumPy, without a clock.

Sums are taken in the hardware's order: those of a fold as ``arithmetic.fold_sums`` says, then the fold's sum is added
to the accumulator. int32 sums are exact (and wrap, as the adders do); fp32 sums round to nearest even after every
addition, and products of two fp16 values are exact in fp32.
"""

from typing import Any
from zlib import crc32

import numpy as np

from mapping.arrays import AnyArray, ByteArray, Float32Array, IntArray
from mapping.errors import InputError
from mapping.formats import nm
from mapping.graph import Layer
from mapping.sparsity import Pattern, prune_layer
from mapping.tiling import Mapping
from simulator.families import Golden
from simulator.families.sat.arithmetic import fold_sums, fp16_rounded, fp32_sum
from simulator.families.sat.config import SatConfig
from simulator.families.sat.dram import dram_box
from simulator.families.sat.isa import ACTIVATIONS, SAT_ISA, WEIGHTS
from simulator.families.sat.layout import layout
from simulator.families.sat.update.golden import execute as execute_update
from simulator.program import Program, ProgramError

ELEMENT: dict[str, np.dtype[Any]] = {"int8": np.dtype("<i1"), "fp16": np.dtype("<f2")}
ACCUMULATOR: dict[str, np.dtype[Any]] = {"int8": np.dtype("<i4"), "fp16": np.dtype("<f4")}


def operands(layer: Layer, pattern: Pattern, config: SatConfig) -> tuple[AnyArray, AnyArray]:
    """Activations and pruned weights as the machine holds them, int8 or float16.

    Activations that the layer lacks are drawn from N(0, 1) with its seed. int8 is symmetric, one scale for each tensor.

    Returns:
        (images, in_rows, in_cols, in_channels) and (out_channels, kernel rows, kernel columns, channels of a group).

    Raises:
        InputError: Weights that fp16 cannot hold.
    """
    shape = layer.shape
    rng = np.random.default_rng([layer.seed, crc32(f"activations of {layer.name}".encode())])
    activations = layer.activations
    if activations is None:
        activations = rng.standard_normal((shape.images, shape.in_rows, shape.in_cols, shape.in_channels), np.float32)
    drawn = layer.with_weights(layer.values())
    weights = prune_layer(drawn, pattern).weights
    assert weights is not None
    return _quantised(activations, layer, config), _quantised(weights, layer, config)


def _quantised(values: Float32Array, layer: Layer, config: SatConfig) -> AnyArray:
    largest = float(np.abs(values).max(initial=0.0))
    if config.datapath == "int8":
        scale = largest / 127 if largest else 1.0
        return np.rint(values / scale).astype(ELEMENT["int8"])
    if largest > float(np.finfo(np.float16).max):
        raise InputError(f"layer {layer.name}: {largest:g} is outside the range of fp16")
    return values.astype(ELEMENT["fp16"])


def image(layer: Layer, pattern: Pattern, mapping: Mapping, config: SatConfig) -> ByteArray:
    """The DRAM before the program of a layer runs: activations, compressed weight tiles, and zeros for outputs."""
    place = layout(layer, mapping, config)
    activations, weights = operands(layer, pattern, config)
    memory = np.zeros(place.end, np.uint8)
    raw = activations.reshape(-1).view(np.uint8)
    memory[place.activations : place.activations + len(raw)] = raw
    shape, executed = layer.shape, mapping.pattern
    for group, output, channel in np.ndindex(place.weights.shape):
        first = group * shape.group_out_channels + place.tiles.outputs.first[output]
        low = place.tiles.channels.first[channel]
        tile = weights[
            first : first + place.tiles.outputs.count[output],
            :,
            :,
            low : low + place.tiles.channels.count[channel],
        ]
        data = nm.encode(weight_matrix(tile, executed), executed)
        address = place.weights[group, output, channel]
        memory[address : address + len(data)] = data
    return memory


def weight_matrix(tile: AnyArray, executed: Pattern) -> AnyArray:
    """A weight tile (outputs, kernel rows, kernel columns, channels) as the (rows, outputs) matrix that is stored.

    The channels of each kernel position are filled up to whole groups.
    """
    outputs, channels = tile.shape[0], tile.shape[-1]
    flat = tile.reshape(outputs, -1, channels)
    padded = np.pad(flat, ((0, 0), (0, 0), (0, -channels % executed.m)))
    return np.ascontiguousarray(padded.reshape(outputs, -1).T)


def output(layer: Layer, mapping: Mapping, config: SatConfig, memory: ByteArray) -> AnyArray:
    """The output tensor in a DRAM image, (images, out_rows, out_cols, out_channels)."""
    shape, place = layer.shape, layout(layer, mapping, config)
    kind = ELEMENT["fp16"] if config.output == "element" else ACCUMULATOR[config.datapath]
    return (
        memory[place.outputs : place.end]
        .view(kind)
        .reshape(shape.images, shape.out_rows, shape.out_cols, shape.out_channels)
    )


def execute(program: Program, memory: ByteArray, config: SatConfig, order: IntArray | None = None) -> ByteArray:
    """The DRAM after a program has run.

    Args:
        program: What to run.
        memory: The DRAM before; it is not changed.
        config: The machine.
        order: The order of the instructions; by default that in which they stand. Any order in which tokens
            allow them to run gives the same result.

    Raises:
        ProgramError: An instruction reads or writes outside a memory, or reads what was never loaded.
    """
    if program.isa.name != SAT_ISA.name:
        return execute_update(program, memory, config, order)
    machine = Machine(memory.copy(), config)
    run = {"LOAD": machine.load, "GEMM": machine.gemm, "STORE": machine.store}
    names = [[field.name for field in opcode.fields] for opcode in program.isa.opcodes]
    for i in range(len(program)) if order is None else order.tolist():
        opcode = int(program.opcode[i])
        fields = dict(zip(names[opcode], program.operands[i].tolist(), strict=False))
        try:
            run[program.isa.opcodes[opcode].name](fields)
        except ProgramError as error:
            raise ProgramError(f"instruction {i}: {error}") from error
    return machine.memory


GOLDEN = Golden(image=image, execute=execute, output=output)

Fields = dict[str, int]


class _Scratchpad:
    """On-chip bytes that know whether they were written."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.data = np.zeros(size, np.uint8)
        self.written = np.zeros(size, bool)

    def write(self, address: int, data: ByteArray) -> None:
        self._check(address, len(data))
        self.data[address : address + len(data)] = data
        self.written[address : address + len(data)] = True

    def read(self, address: int, size: int) -> ByteArray:
        self._check(address, size)
        if not self.written[address : address + size].all():
            raise ProgramError(f"reads {size} bytes at {address} of the {self.name} scratchpad before they are written")
        return self.data[address : address + size]

    def _check(self, address: int, size: int) -> None:
        if address < 0 or address + size > len(self.data):
            raise ProgramError(f"{size} bytes at {address} lie outside the {self.name} scratchpad of {len(self.data)}")


class Machine:
    """The state of the machine and what each instruction does to it.

    Args:
        memory: (bytes,) the DRAM, which is changed.
        config: The machine.
    """

    def __init__(self, memory: ByteArray, config: SatConfig) -> None:
        self.memory = memory
        self.config = config
        self.element, self.sum = ELEMENT[config.datapath], ACCUMULATOR[config.datapath]
        self.activations = _Scratchpad("activation", config.activation_scratchpad_kib * 1024)
        self.weights = _Scratchpad("weight", config.weight_scratchpad_kib * 1024)
        self.outputs = _Scratchpad("output", config.output_scratchpad_kib * 1024)
        self.decoded: dict[tuple[int, ...], nm.Compressed] = {}

    def load(self, f: Fields) -> None:
        """DRAM to a scratchpad."""
        data = np.ascontiguousarray(dram_box(self.memory, f)).reshape(-1)
        if f["buffer"] == WEIGHTS:
            self.decoded.clear()
        (self.activations if f["buffer"] == ACTIVATIONS else self.weights).write(f["pad_address"], data)

    def store(self, f: Fields) -> None:
        """Accumulators to DRAM."""
        box = dram_box(self.memory, f)
        kind = self.element if f["narrow"] else self.sum
        count = box.size // kind.itemsize
        sums = self.outputs.read(f["pad_address"], count * self.sum.itemsize).view(self.sum)
        stored = fp16_rounded(sums) if f["narrow"] else sums
        box[...] = stored.astype(kind).view(np.uint8).reshape(box.shape)

    def gemm(self, f: Fields) -> None:
        """One fold."""
        groups = np.arange(f["slot_first"], f["slot_first"] + f["slot_count"]) // f["n"]
        activations = self._activations(f, np.unique(groups))
        weights = self._weights(f)
        slots = slice(f["slot_first"], f["slot_first"] + f["slot_count"])
        columns = slice(f["output_first"], f["output_first"] + f["output_count"])
        values = weights.values.reshape(-1, f["outputs"])[slots, columns]
        indices = weights.indices.reshape(-1, f["outputs"])[slots, columns]
        if self.config.datapath == "int8":
            sums = _integer_sums(activations, values, indices, groups - groups[0])
        else:
            sums = self._float_sums(f, activations, values, indices, groups - groups[0])
        self._accumulate(f, sums)

    def _float_sums(
        self, f: Fields, activations: AnyArray, values: AnyArray, indices: AnyArray, group: IntArray
    ) -> AnyArray:
        """(positions, outputs) float32."""
        output_stationary, n = bool(f["output_stationary"]), f["n"]
        if self.config.sparse_rows == "slot":
            # Every row holds one weight: the sum passes from slot to slot.
            activations, n = activations[:, group], 1
        return fold_sums(activations, values, indices, n, output_stationary=output_stationary)

    def _accumulate(self, f: Fields, sums: AnyArray) -> None:
        size = self.sum.itemsize
        end = f["position_first"] + f["position_count"]
        address = f["output_address"] + f["position_first"] * f["outputs"] * size
        region = self.outputs.data[address : f["output_address"] + end * f["outputs"] * size]
        self.outputs._check(address, f["position_count"] * f["outputs"] * size)
        columns = slice(f["output_first"], f["output_first"] + f["output_count"])
        tile = region.view(self.sum).reshape(-1, f["outputs"])
        written = self.outputs.written[address : address + region.size].reshape(len(tile), f["outputs"], size)
        if f["accumulate"]:
            if not written[:, columns].all():
                raise ProgramError("adds to accumulators that were never written")
            sums = self.summed(tile[:, columns], sums)
        tile[:, columns] = sums
        written[:, columns] = True

    def summed(self, standing: AnyArray, sums: AnyArray) -> AnyArray:
        """Accumulators to which the sums of a fold were added; int32 wraps."""
        return standing + sums if self.config.datapath == "int8" else fp32_sum(standing, sums)

    def _activations(self, f: Fields, groups: IntArray) -> AnyArray:
        """(positions, groups, m): what the activation select of each group sees; padding is zero."""
        per_image = f["out_rows"] * f["out_cols"]
        position = f["position_first"] + np.arange(f["position_count"])
        images = int(position[-1]) // per_image + 1
        size = images * f["tile_rows"] * f["tile_cols"] * f["channels"] * self.element.itemsize
        tile = self.activations.read(f["activation_address"], size).view(self.element)
        tile = tile.reshape(images, f["tile_rows"], f["tile_cols"], f["channels"])

        channel_groups = -(-f["channels"] // f["m"])
        kernel = groups // channel_groups
        channel = (groups % channel_groups)[:, None] * f["m"] + np.arange(f["m"])
        within = (position % per_image)[:, None]
        row = within // f["out_cols"] * f["stride_rows"] + kernel // f["kernel_cols"] * f["dilation_rows"]
        col = within % f["out_cols"] * f["stride_cols"] + kernel % f["kernel_cols"] * f["dilation_cols"]
        row, col = row - f["before_rows"], col - f["before_cols"]
        inside = (row >= 0) & (row < f["tile_rows"]) & (col >= 0) & (col < f["tile_cols"])
        valid = inside[:, :, None] & (channel < f["channels"])
        picked = tile[
            (position // per_image)[:, None, None],
            np.where(inside, row, 0)[:, :, None],
            np.where(inside, col, 0)[:, :, None],
            np.minimum(channel, f["channels"] - 1),
        ]
        return np.where(valid, picked, np.zeros((), self.element))

    def _weights(self, f: Fields) -> nm.Compressed:
        pattern = Pattern(f["n"], f["m"])
        rows = f["kernel_rows"] * f["kernel_cols"] * pattern.groups(f["channels"]) * pattern.m
        key = (f["weight_address"], rows, f["outputs"], f["n"], f["m"])
        if key not in self.decoded:
            size = nm.size_bits(rows, f["outputs"], pattern, 8 * self.element.itemsize) // 8
            data = self.weights.read(f["weight_address"], size)
            self.decoded[key] = nm.decode_compressed(data, rows, f["outputs"], pattern, self.element)
        return self.decoded[key]


def _integer_sums(activations: AnyArray, values: AnyArray, indices: AnyArray, group: IntArray) -> AnyArray:
    """(positions, outputs) int32: the order of exact sums does not matter."""
    positions, groups, m = activations.shape
    matrix = np.zeros((groups, m, values.shape[1]), np.float64)
    np.add.at(matrix, (group[:, None], indices, np.arange(values.shape[1])), values)
    # |sum| <= 2**14 * slots: float64 products of matrices are exact far beyond what int32 holds.
    sums = activations.reshape(positions, -1).astype(np.float64) @ matrix.reshape(groups * m, -1)
    return sums.astype(np.int64).astype(ACCUMULATOR["int8"])
