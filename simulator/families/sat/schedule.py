"""Offline scheduling, first half: mappings worth trying, each with a number of cycles that it cannot beat."""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import ConvShape, Layer
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Dataflow, Mapping, Tiling, cut, tilings, weight_tile_bytes, window
from simulator.families import Candidate
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import EXECUTE, SAT_ISA
from simulator.families.sat.room import check_room
from simulator.families.sat.timing import fold_positions, fold_slots, job
from simulator.program import Program
from simulator.sharing.offers import Offers

DATAFLOWS: tuple[Dataflow, ...] = ("weight_stationary", "output_stationary")
BUFFERS = 2  # halves that transfers and work overlap in
MAX_FOLDS = 2**22  # of one program; its arrays take about a gigabyte


def candidates(layer: Layer, pattern: Pattern, config: SatConfig, buffers: int = BUFFERS) -> list[Candidate]:
    """Mappings of a layer by ascending bound.

    Raises:
        InputError: See ``offers``.
    """
    found = offers(layer, pattern, config, buffers)
    bounds = _bounds(found, config)
    order = np.argsort(bounds, kind="stable").tolist()
    return [Candidate(mapping=found.mappings[i], bound_cycles=int(bounds[i])) for i in order]


def offers(layer: Layer, pattern: Pattern, config: SatConfig, buffers: int = BUFFERS) -> Offers:
    """Mappings of a layer, and what bounds their cycles.

    A sparse layer may also run as a dense one, which wins where groups leave rows of the array empty.

    Raises:
        InputError: M is larger than the machine supports, not even the smallest tile fits on chip, or the layer takes
            too many folds.
    """
    if pattern.m > config.max_group:
        raise InputError(f"pattern {pattern}: M={pattern.m} outside [1, {config.max_group}] (max_group)")
    work: list[_Work] = []
    mappings: list[Mapping] = []
    for executed in dict.fromkeys((pattern, DENSE)):
        options = tilings(
            layer,
            executed,
            config.capacity(buffers),
            output_step=config.cols,
            channel_step=config.rows * executed.m,
            buffers=buffers,
        )
        sizes = _Sizes(layer.shape, options)
        for dataflow in DATAFLOWS:
            if config.dataflows not in ("flexible", dataflow):
                continue
            work.append(_work(sizes, layer.shape, executed, dataflow, config))
            mappings += [
                Mapping(dataflow=dataflow, pattern=executed, tiling=tiling, buffers=buffers) for tiling in options
            ]
    found = _offers(mappings, work)
    few = np.flatnonzero(found.gaps < MAX_FOLDS)
    if not len(few):
        raise InputError(f"layer {layer.name}: every mapping takes more than {MAX_FOLDS:,} folds; use a smaller batch")
    return found if len(few) == len(found) else found.chosen(few)


def bound_cycles(
    shape: ConvShape, options: list[Tiling], executed: Pattern, dataflow: Dataflow, config: SatConfig
) -> IntArray:
    """(t,) cycles that no program of each tiling can beat.

    Its folds back to back between the loads of the first tiles and the store of the last, or all its bytes; bytes at
    peak bandwidth.
    """
    work = _work(_Sizes(shape, options), shape, executed, dataflow, config)
    mappings = [Mapping(dataflow=dataflow, pattern=executed, tiling=tiling) for tiling in options]
    return _bounds(_offers(mappings, [work]), config)


def bound_of(layer: Layer, mapping: Mapping, config: SatConfig) -> int:
    """A number of cycles that a layer in any mapping cannot beat.

    Raises:
        InputError: The mapping does not fit, or takes too many folds.
    """
    check_room(layer, mapping, config)
    sizes = _Sizes(layer.shape, [mapping.tiling])
    found = _offers([mapping], [_work(sizes, layer.shape, mapping.pattern, mapping.dataflow, config)])
    if found.gaps[0] >= MAX_FOLDS:
        raise InputError(f"layer {layer.name}: {mapping} takes more than {MAX_FOLDS:,} folds")
    return int(_bounds(found, config)[0])


def _bounds(found: Offers, config: SatConfig) -> IntArray:
    service = job(found.samples, config).service
    return found.bounds(service, config.dispatch_latency, config.memory.peak_bytes_per_cycle(config.clock_hz))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What the tilings of one dataflow and executed pattern do: (t, f) folds of each size, (t,) bytes."""

    output_stationary: bool
    n: int
    positions: IntArray
    slots: IntArray
    folds: IntArray
    around: IntArray
    moved: IntArray


def _work(sizes: _Sizes, shape: ConvShape, executed: Pattern, dataflow: Dataflow, config: SatConfig) -> _Work:
    output_stationary = dataflow == "output_stationary"
    slots = shape.positions * -(-sizes.channels.size // executed.m) * executed.n
    columns = (-(-sizes.outputs.size // config.cols) * sizes.outputs.count).sum(-1) * shape.groups
    if output_stationary:
        capacity = fold_positions(config)
        full, rest = np.divmod(sizes.points, capacity)
        positions = np.concatenate(
            [np.full_like(rest, capacity), rest], axis=1
        )  # (t, 16), then for either channel tile
        folds = np.concatenate([full, rest > 0], axis=1) * np.tile(sizes.point_tiles, 2) * columns[:, None]
        positions, folds = np.tile(positions, 2), np.repeat(sizes.channels.count, 16, axis=1) * np.tile(folds, 2)
        slots = np.repeat(slots, 16, axis=1)
    else:
        rows = (-(-slots // fold_slots(executed.n, config)) * sizes.channels.count).sum(-1)
        positions, folds = sizes.points, sizes.point_tiles * (rows * columns)[:, None]
        slots = np.zeros_like(positions)
    return _Work(
        output_stationary=output_stationary,
        n=executed.n,
        positions=positions,
        slots=slots,
        folds=folds,
        around=_bytes_around(sizes, shape, executed, config),
        moved=_transfer_bytes(sizes, shape, executed, config),
    )


def _offers(mappings: list[Mapping], work: list[_Work]) -> Offers:
    """Mappings with the work of each dataflow and executed pattern in turn."""
    kinds, kind, count, entries = [], [], [], []
    known = 0
    for some in work:
        used = some.folds > 0
        # Positions times slots are products of the layer: they stay far below 2**63.
        base = int(some.slots.max()) + 1
        distinct, inverse = np.unique(some.positions[used] * base + some.slots[used], return_inverse=True)
        rows = np.zeros((len(distinct), SAT_ISA.width), np.int64)
        rows[:, SAT_ISA["GEMM"].column("output_stationary")] = some.output_stationary
        rows[:, SAT_ISA["GEMM"].column("n")] = some.n
        rows[:, SAT_ISA["GEMM"].column("position_count")] = distinct // base
        rows[:, SAT_ISA["GEMM"].column("slot_count")] = distinct % base
        kinds.append(rows)
        kind.append(known + inverse)
        count.append(some.folds[used])
        entries.append(used.sum(1))
        known += len(distinct)
    return Offers(
        mappings=mappings,
        samples=_folds(np.concatenate(kinds)),
        first=np.concatenate([[0], np.concatenate(entries).cumsum()]),
        kind=np.concatenate(kind),
        count=np.concatenate(count),
        gaps=np.concatenate([some.folds.sum(1) for some in work]) - 1,
        around=np.concatenate([some.around for some in work]),
        moved=np.concatenate([some.moved for some in work]),
    )


def _folds(operands: IntArray) -> Program:
    """Folds with these operands, outside any program."""
    count = len(operands)
    none = np.zeros(count, np.uint16)
    return Program(
        isa=SAT_ISA,
        queue=np.full(count, EXECUTE, np.uint8),
        opcode=np.full(count, SAT_ISA.index("GEMM"), np.uint8),
        wait=none,
        release=none,
        operands=operands,
        macs=np.zeros(count, np.int64),
        notes={},
    )


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
