"""Offline scheduling, first half: mappings worth trying, each with a number of cycles that it cannot beat."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import ConvShape, Layer
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Dataflow, Mapping, Tiling, cut, tilings, weight_tile_bytes, window
from simulator.families import Candidate
from simulator.families.sat.config import SatConfig
from simulator.families.sat.timing import fold_cycles, fold_positions, fold_slots

DATAFLOWS: tuple[Dataflow, ...] = ("weight_stationary", "output_stationary")
BUFFERS: Literal[2] = 2
MAX_FOLDS = 2**22  # of one program; its arrays take about a gigabyte


def candidates(layer: Layer, pattern: Pattern, config: SatConfig) -> list[Candidate]:
    """Mappings of a layer by ascending bound.

    A sparse layer may also run as a dense one, which wins where groups leave rows of the array empty.

    Raises:
        InputError: M is larger than the machine supports, not even the smallest tile fits on chip, or the layer takes
            too many folds.
    """
    if pattern.m > config.max_group:
        raise InputError(f"pattern {pattern}: M={pattern.m} outside [1, {config.max_group}] (max_group)")
    found = []
    for executed in dict.fromkeys((pattern, DENSE)):
        options = tilings(
            layer,
            executed,
            config.capacity(BUFFERS),
            output_step=config.cols,
            channel_step=config.rows * executed.m,
            buffers=BUFFERS,
        )
        for dataflow in DATAFLOWS:
            if config.dataflows not in ("flexible", dataflow):
                continue
            bounds, folds = bound_cycles(layer.shape, options, executed, dataflow, config)
            for tiling, bound, count in zip(options, bounds.tolist(), folds.tolist(), strict=True):
                if count > MAX_FOLDS:
                    continue
                mapping = Mapping(dataflow=dataflow, pattern=executed, tiling=tiling, buffers=BUFFERS)
                found.append(Candidate(mapping=mapping, bound_cycles=bound))
    if not found:
        raise InputError(f"layer {layer.name}: every mapping takes more than {MAX_FOLDS:,} folds; use a smaller batch")
    return sorted(found, key=lambda candidate: candidate.bound_cycles)


def bound_cycles(
    shape: ConvShape, options: list[Tiling], executed: Pattern, dataflow: Dataflow, config: SatConfig
) -> tuple[IntArray, IntArray]:
    """Cycles that no program of each tiling can beat.

    Its folds back to back between the loads of the first tiles and the store of the last, or all its bytes; bytes at
    peak bandwidth.

    Returns:
        (t,) int64, one per tiling; and the folds of each.
    """
    sizes = _Sizes(shape, options)
    execute, folds = _execute(sizes, shape, executed, dataflow, config)
    peak = config.memory.peak_bytes_per_cycle(config.clock_hz)
    around = np.ceil(_bytes_around(sizes, shape, executed, config) / peak).astype(np.int64)
    transfer = np.ceil(_transfer_bytes(sizes, shape, executed, config) / peak).astype(np.int64)
    return np.maximum(execute + around, transfer), folds


@dataclass(frozen=True, slots=True)
class _Split:
    """An axis cut into tiles: the two tile sizes (full, rest) and how many there are of each, (t, 2)."""

    size: IntArray
    count: IntArray

    @classmethod
    def of(cls, length: int, tile: IntArray) -> "_Split":
        rest = length % tile
        return cls(np.stack([tile, rest], -1), np.stack([length // tile, (rest > 0).astype(np.int64)], -1))

    @property
    def tiles(self) -> IntArray:
        return self.count.sum(-1)

    @property
    def first(self) -> IntArray:
        return self.size[:, 0]

    @property
    def last(self) -> IntArray:
        return np.where(self.count[:, 1], self.size[:, 1], self.size[:, 0])


class _Sizes:
    """How many tiles of which size every tiling has."""

    def __init__(self, shape: ConvShape, options: list[Tiling]) -> None:
        names = ("images", "rows", "cols", "channels", "outputs")
        table = np.array([[getattr(tiling, name) for name in names] for tiling in options], np.int64)
        self.images, self.rows, self.cols, channels, outputs = table.T
        self.outputs_outer = np.array([tiling.order == "outputs_outer" for tiling in options])
        self.channels = _Split.of(shape.group_in_channels, channels)
        self.outputs = _Split.of(shape.group_out_channels, outputs)
        axes = [
            _Split.of(shape.images, self.images),
            _Split.of(shape.out_rows, self.rows),
            _Split.of(shape.out_cols, self.cols),
        ]
        self.points, self.point_tiles = (
            _product([axis.size for axis in axes]),
            _product([axis.count for axis in axes]),
        )
        self.last_points = np.prod([axis.last for axis in axes], axis=0)


def _product(axes: list[IntArray]) -> IntArray:
    """All products of one entry per axis: (t, 2) each, as (t, 8)."""
    first, second, third = axes
    return (first[:, :, None, None] * second[:, None, :, None] * third[:, None, None, :]).reshape(len(first), -1)


def _execute(
    sizes: _Sizes, shape: ConvShape, executed: Pattern, dataflow: Dataflow, config: SatConfig
) -> tuple[IntArray, IntArray]:
    """(t,) cycles of all folds with the dispatch between them, and how many folds that are."""
    slots = shape.positions * -(-sizes.channels.size // executed.m) * executed.n
    columns = (-(-sizes.outputs.size // config.cols) * sizes.outputs.count).sum(-1)
    if dataflow == "weight_stationary":
        rows = (-(-slots // fold_slots(executed.n, config)) * sizes.channels.count).sum(-1)
        cycles = fold_cycles(False, executed.n, sizes.points, 0, False, False, config)
        cycles = (cycles * sizes.point_tiles).sum(-1) * rows * columns
        folds = sizes.point_tiles.sum(-1) * rows * columns
    else:
        capacity = fold_positions(config)
        full, rest = np.divmod(sizes.points, capacity)
        some = (rest > 0).astype(np.int64)
        streams = full[:, :, None] * _output_fold(np.full_like(rest, capacity), slots, config)
        streams += some[:, :, None] * _output_fold(rest, slots, config)
        cycles = ((streams * sizes.point_tiles[:, :, None]).sum(1) * sizes.channels.count).sum(-1) * columns
        folds = ((full + some) * sizes.point_tiles).sum(-1) * sizes.channels.tiles * columns
    folds = shape.groups * folds
    return shape.groups * cycles + (folds - 1) * config.dispatch_latency, folds


def _output_fold(positions: IntArray, slots: IntArray, config: SatConfig) -> IntArray:
    """(t, 8, 2) cycles of an output-stationary fold of (t, 8) positions for either channel tile."""
    return fold_cycles(True, 1, positions[:, :, None], slots[:, None, :], False, False, config)


def _bytes_around(sizes: _Sizes, shape: ConvShape, executed: Pattern, config: SatConfig) -> IntArray:
    """(t,) bytes of the first activation and weight tile and of the last output tile: no fold hides them."""
    pixels = sizes.images * _fetched(shape, 0, sizes.rows, 1) * _fetched(shape, 1, sizes.cols, 1)
    activations = pixels * sizes.channels.first * config.element_bytes
    weights = weight_tile_bytes(
        shape.positions, sizes.channels.first, sizes.outputs.first, executed, config.element_bytes
    )
    return activations + weights + sizes.last_points * sizes.outputs.last * config.output_bytes


def _transfer_bytes(sizes: _Sizes, shape: ConvShape, executed: Pattern, config: SatConfig) -> IntArray:
    """(t,) bytes that loads and stores move; a tile is loaded whenever it differs from the one before."""
    pixels = shape.images * _fetched(shape, 0, sizes.rows) * _fetched(shape, 1, sizes.cols)
    activations = pixels * shape.group_in_channels * config.element_bytes
    tile_channels, tile_outputs = sizes.channels.size[:, None, :], sizes.outputs.size[:, :, None]
    tile_bytes = weight_tile_bytes(shape.positions, tile_channels, tile_outputs, executed, config.element_bytes)
    weights = (tile_bytes * sizes.outputs.count[:, :, None] * sizes.channels.count[:, None, :]).sum((1, 2))

    outputs, channels, positions = sizes.outputs.tiles, sizes.channels.tiles, sizes.point_tiles.sum(-1)
    whole = channels == 1
    # The outer loop's operand is loaded once if its channels are one tile; the inner one's once for every outer step.
    activation_passes = np.where(
        sizes.outputs_outer, np.where(whole & (positions == 1), 1, outputs), np.where(whole, 1, outputs)
    )
    weight_passes = np.where(
        sizes.outputs_outer, np.where(whole, 1, positions), np.where(whole & (outputs == 1), 1, positions)
    )
    stored = shape.images * shape.out_rows * shape.out_cols * shape.out_channels * config.output_bytes
    return shape.groups * (activations * activation_passes + weights * weight_passes) + stored


def _fetched(shape: ConvShape, axis: int, tiles: IntArray, first: int | None = None) -> IntArray:
    """(t,) input rows (axis 0) or columns (1) that all tiles, or the first, fetch, overlaps counted again."""
    length = (shape.out_rows, shape.out_cols)[axis]
    values, inverse = np.unique(tiles, return_inverse=True)
    sums = [window(shape, 0 if axis == 0 else 1, cut(length, int(tile))).count[:first].sum() for tile in values]
    return np.array(sums)[inverse]
