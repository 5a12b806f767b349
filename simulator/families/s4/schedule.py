"""Mappings worth trying, each with a number of cycles that it cannot beat; the parts of chips; what memory must hold."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, ceil_div
from mapping.sparsity import Pattern
from mapping.tiling import LOOP_ORDERS, Tiling
from simulator.families import Candidate
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import Geometry, block_bytes, pairs_per_filter, pixels, ring_places, spu_runs
from simulator.families.s4.layout import Layout, layout
from simulator.families.s4.mapping import S4Mapping, balanced
from simulator.families.s4.timing import l2_cycles, noc_cycles, pass_cycles, vector_cycles
from simulator.families.s4.vector import vector_work

MAX_STEPS = 2**21  # of one program


def part(layer: Layer, config: S4Config) -> Layer:
    """What one chip runs: its share of the images, of a GEMM's rows, or of the heads of an attention product.

    Heads become the groups of one convolution, as many as there are SPUs, so that they run side by side. Shares are
    rounded up: the chip with the largest decides.
    """
    shape, activations = layer.shape, layer.activations
    if layer.dynamic and shape.images == shape.groups == 1:
        heads = ceil_div(layer.repeats, config.chips)
        together = min(heads, config.spus)
        wide = replace(
            shape, in_channels=shape.in_channels * together, out_channels=shape.out_channels * together, groups=together
        )
        return replace(layer, shape=wide, repeats=ceil_div(heads, together), activations=None)
    if shape.images > 1:
        images = ceil_div(shape.images, config.chips)
        own = None if activations is None else activations[:images]
        return replace(layer, shape=replace(shape, images=images), activations=own)
    if shape.kernel == (1, 1) and shape.in_cols == 1 and not any(shape.padding) and shape.stride == (1, 1):
        rows = ceil_div(shape.in_rows, config.chips)
        own = None if activations is None else activations[:, :rows]
        return replace(layer, shape=replace(shape, in_rows=rows), activations=own)
    return layer


def admit(layers: Sequence[tuple[Layer, Pattern]], config: S4Config) -> None:
    """Refuse a model whose weights, with the largest activations, do not fit into the DRAM of a chip.

    Raises:
        InputError: It says by how much.
    """
    weights, activations = 0, 0
    for layer, pattern in layers:
        shape = layer.shape
        if not layer.dynamic:
            executed = balanced(layer, pattern, config)
            filters = shape.out_channels
            weights += block_bytes(shape.positions, filters, shape.group_in_channels, executed, config)
        inputs = shape.images * shape.in_rows * shape.in_cols * shape.in_channels * config.element_bytes
        activations = max(activations, inputs + layer.m * shape.out_channels * config.output_bytes)
    room = config.memory_gb * 10**9
    if weights + activations > room:
        raise InputError(
            f"the model needs {weights / 1e9:.3f} GB for weights and {activations / 1e9:.3f} GB for activations on every "
            f"chip, {(weights + activations - room) / 1e9:.3f} GB more than memory_gb={config.memory_gb}; prune more, "
            "or use a smaller batch"
        )


def candidates(layer: Layer, pattern: Pattern, config: S4Config) -> list[Candidate]:
    """Mappings of a layer by ascending bound.

    Raises:
        InputError: Banks cannot balance the pattern, not even the smallest tile fits into L1, or the layer takes too
            many passes.
    """
    executed = balanced(layer, pattern, config)
    found = []
    for team in _teams(layer.shape, config):
        for positions in _shares(ceil_div(layer.m, team), config):
            widest = _widest(layer.shape, team, positions)
            for outputs in _sizes(layer.shape.group_out_channels, ring_places(team, config) * config.mac_rows, 1):
                channels = _largest_channels(layer.shape, widest, positions, outputs, team, executed, config)
                if channels is None:
                    continue
                tiling = Tiling(images=1, rows=positions, cols=1, channels=channels, outputs=outputs, order=LOOP_ORDERS[0])
                for order in LOOP_ORDERS:
                    mapping = S4Mapping(
                        dataflow="weight_stationary", pattern=executed, tiling=replace(tiling, order=order), team=team
                    )
                    bound = bound_cycles(layer, mapping, config)
                    if bound is not None:
                        found.append(Candidate(mapping=mapping, bound_cycles=bound))
    if not found:
        raise InputError(
            f"layer {layer.name}: {layer.shape} does not fit into l1_activation_kib={config.l1_activation_kib}, "
            f"l1_weight_kib={config.l1_weight_kib}, l1_output_kib={config.l1_output_kib} in at most {MAX_STEPS:,} passes"
        )
    return sorted(found, key=lambda candidate: candidate.bound_cycles)


def _teams(shape: ConvShape, config: S4Config) -> list[int]:
    """SPUs for one group: with one group all of them."""
    return [config.spus] if shape.groups == 1 else list(dict.fromkeys((config.spus, config.cluster_spus, 1)))


def _shares(most: int, config: S4Config) -> list[int]:
    """Positions of an SPU: all that it can get, and powers of two times the columns of its MACs, and below them."""
    sizes, size = [most], config.mac_columns
    while size < most:
        sizes.append(size)
        size *= 2
    size = min(config.mac_columns, most) // 2
    while size:
        sizes.append(size)
        size //= 2
    return sizes


def _sizes(length: int, step: int, smallest: int) -> list[int]:
    """``length``, the powers of two times ``step`` below it, largest first, and below ``step`` down to ``smallest``."""
    sizes, size = [length], step
    while size * 2 < length:
        size *= 2
    while size >= smallest and size:
        if size < length:
            sizes.append(size)
        size //= 2
    return sizes


def _widest(shape: ConvShape, team: int, positions: int) -> int:
    """Most input pixels that an SPU needs for that many positions."""
    m = shape.images * shape.out_rows * shape.out_cols
    first = np.arange(0, m, positions, dtype=np.int64)
    waves = np.arange(0, m, team * positions, dtype=np.int64)
    last, count = spu_runs(waves[-1:], m - waves[-1:], team)  # the last wave is shared out anew
    return int(max(pixels(shape, first, np.minimum(positions, m - first)).max(), pixels(shape, last, count).max()))


def _largest_channels(
    shape: ConvShape, widest: int, positions: int, outputs: int, team: int, executed: Pattern, config: S4Config
) -> int | None:
    """The largest tile of channels for which everything fits into L1, or None."""
    if positions * outputs * config.accumulator_bytes > config.l1_output_kib * 1024:
        return None
    filters = ceil_div(outputs, ring_places(team, config))
    for channels in _sizes(shape.group_in_channels, config.bank, executed.m):
        block = block_bytes(shape.positions, filters, channels, executed, config)
        fits = 4 * block <= config.l1_weight_kib * 1024
        if fits and 2 * widest * channels * config.element_bytes <= config.l1_activation_kib * 1024:
            return channels
    return None


def bound_cycles(layer: Layer, mapping: S4Mapping, config: S4Config) -> int | None:
    """Cycles that no program of the mapping can beat; None if it takes too many passes.

    Each queue's work back to back, and around the passes what nothing hides: the first tiles and the last output.
    """
    geometry = Geometry(shape=layer.shape, mapping=mapping, config=config)
    sizes = [len(axis) for axis in (geometry.groups, geometry.outputs, geometry.waves, geometry.channels)]
    groups, outputs, waves, channels = sizes
    steps = groups * outputs * waves * channels
    if steps > MAX_STEPS:
        return None
    place = layout(geometry)
    return max(_compute(geometry, layer, place, steps), *_transfers(geometry, layer, place))


def _compute(geometry: Geometry, layer: Layer, place: Layout, steps: int) -> int:
    """Passes, or vector work, between the first tiles and the last output."""
    config, shape, executed = geometry.config, geometry.shape, geometry.mapping.pattern
    filters = -(-geometry.outputs.count // geometry.ring)
    share = -(-geometry.waves.count // geometry.mapping.team)
    pairs = np.array([pairs_per_filter(shape.positions, int(count), executed) for count in geometry.channels.count])
    cycles = pass_cycles(
        geometry.ring, *(_counted(values, axis) for axis, values in enumerate((filters, share, pairs))), config
    )
    passes = int((cycles * _weights((filters, share, pairs))).sum()) * len(geometry.groups)
    gap = config.dispatch_latency
    work = vector_work(layer.then, bf16=config.datapath == "bf16")
    tile = (geometry.groups.count, geometry.waves.count, geometry.outputs.count)
    elements = np.prod(np.broadcast_arrays(*(_counted(values, axis) for axis, values in enumerate(tile))), axis=0)
    tiles = vector_cycles(work.int_ops * elements, work.float_ops * elements, work.special_ops * elements, config)
    vector = int((tiles * _weights(tile)).sum())
    first = _first_tiles(geometry, layer, place)
    last = int(geometry.groups.count[-1] * geometry.waves.count[-1] * geometry.outputs.count[-1])
    finish = vector_cycles(work.int_ops * last, work.float_ops * last, work.special_ops * last, config)
    last *= config.output_bytes
    moved = int(l2_cycles(last, config)) if place.outputs_in_l2 else 0
    after = int(finish) + moved + 2 * config.token_latency
    whole = len(geometry.groups) * len(geometry.waves) * len(geometry.outputs)
    return max(first + passes + (steps - 1) * gap + after, vector + (whole - 1) * gap)


def _first_tiles(geometry: Geometry, layer: Layer, place: Layout) -> int:
    """Cycles before the first pass: the first weight tile to L2 and to the rings, or the first activations."""
    config = geometry.config
    weights, groups = int(geometry.weight_bytes[0, 0]), int(geometry.groups.count[0])
    if layer.dynamic and place.weights_in_l2:
        brought = int(l2_cycles(weights * groups, config))
    else:
        peak = config.memory.peak_bytes_per_cycle(config.clock_hz)
        brought = ceil(weights * groups / peak) + int(noc_cycles(weights * groups, config)) + config.token_latency
    moved = int(geometry.wave_pixels[0] * geometry.channels.count[0] * groups) * config.element_bytes
    fetched = int(l2_cycles(moved, config)) if place.inputs_in_l2 else 0
    return max(brought, fetched) + config.token_latency


def _transfers(geometry: Geometry, layer: Layer, place: Layout) -> list[int]:
    """Cycles of NoC, L2 and DRAM."""
    config, shape, tiling = geometry.config, geometry.shape, geometry.mapping.tiling
    outputs, waves, channels = (len(axis) for axis in (geometry.outputs, geometry.waves, geometry.channels))
    outer = tiling.order == "outputs_outer"
    weight_times = 1 if channels == 1 and (outer or outputs == 1) else waves
    input_times = 1 if channels == 1 and (not outer or waves == 1) else outputs
    weights = int(geometry.weight_bytes.sum()) * shape.groups
    inputs = int(geometry.wave_pixels.sum()) * shape.in_channels * config.element_bytes * input_times
    stored = geometry.m * shape.out_channels * config.output_bytes
    bring = layer.dynamic and place.weights_in_l2
    l2 = inputs * place.inputs_in_l2 + stored * place.outputs_in_l2 + weights * weight_times * bring
    noc = 0 if bring else weights * weight_times
    dram = 0 if bring else weights * (1 if place.weights_in_l2 else weight_times)
    dram += stored * (not place.outputs_in_l2)
    if not place.inputs_in_l2:  # every byte at least once
        needed = min(shape.in_rows * shape.in_cols, shape.out_rows * shape.out_cols)
        dram += shape.images * needed * shape.in_channels * config.element_bytes
    peak = config.memory.peak_bytes_per_cycle(config.clock_hz)
    # Rounded up tile by tile in the program; in one go this is a bound.
    return [int(l2_cycles(l2, config)), int(noc_cycles(noc, config)), ceil(dram / peak)]


def _counted(values: IntArray, axis: int) -> IntArray:
    """The distinct values of an axis, along that axis of three."""
    return np.unique(values).reshape([-1 if own == axis else 1 for own in range(3)])


def _weights(axes: Sequence[IntArray]) -> IntArray:
    """How often each combination of distinct values occurs."""
    counts = [np.unique(values, return_counts=True)[1] for values in axes]
    return counts[0][:, None, None] * counts[1][:, None] * counts[2]
