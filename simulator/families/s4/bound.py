"""Cycles that no program of a mapping can beat: plain arithmetic, because scheduling asks for thousands."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import ceil

import numpy as np

from mapping.graph import ConvShape, Layer, ceil_div
from mapping.sparsity import Pattern
from mapping.tiling import LoopOrder
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import pairs_per_filter, pixels, ring_places, spu_runs, tile_bytes
from simulator.families.s4.layout import Residence
from simulator.families.s4.timing import l2_cycles, noc_cycles, pass_cycles, vector_cycles
from simulator.families.s4.vector import vector_work


@dataclass(frozen=True, slots=True)
class _Split:
    """An axis cut into tiles: so many of ``tile``, and one of ``rest`` if that is not 0."""

    length: int
    tile: int

    @property
    def tiles(self) -> int:
        return -(-self.length // self.tile)

    @property
    def first(self) -> int:
        return min(self.tile, self.length)

    @property
    def last(self) -> int:
        return self.length % self.tile or self.tile

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Sizes and how often they occur."""
        if self.length >= self.tile:
            yield self.tile, self.length // self.tile
        if self.length % self.tile:
            yield self.length % self.tile, 1


@dataclass(frozen=True, slots=True)
class Sharing:
    """How SPUs share a layer, see ``S4Mapping``."""

    team: int
    split: int = 1

    def filters(self, shape: ConvShape) -> int:
        """Filters of a group or part."""
        return ceil_div(shape.group_out_channels, self.split)


class Bound:
    """The bound of a layer, shared in some way, with a tile of so many positions, channels and outputs."""

    def __init__(
        self, layer: Layer, executed: Pattern, sharing: Sharing, tile: tuple[int, int, int], config: S4Config
    ) -> None:
        positions, channels, outputs = tile
        self.layer, self.executed, self.config, self.team = layer, executed, config, sharing.team
        self.shape, self.ring = layer.shape, ring_places(sharing.team, config)
        self.groups = _Split(layer.shape.groups * sharing.split, config.spus // sharing.team)
        self.waves = _Split(layer.m, sharing.team * positions)
        self.outputs = _Split(sharing.filters(layer.shape), outputs)
        self.channels = _Split(layer.shape.group_in_channels, channels)
        self.steps = self.groups.tiles * self.waves.tiles * self.outputs.tiles * self.channels.tiles
        self.weights = self.groups.length * sum(
            self._tile_bytes(n, k) * own * other for (n, own), (k, other) in product(self.outputs, self.channels)
        )
        self.place = Residence.of(layer.shape, self.weights, config)
        self.brought = layer.dynamic and self.place.weights  # the second operand comes from L2
        self.work = vector_work(layer.then, bf16=config.datapath == "bf16")
        self.wave_pixels, self.first_pixels = fetched_pixels(layer.shape, sharing.team, positions)

    def cycles(self, order: LoopOrder) -> int:
        """Each queue's work back to back; around the passes, what nothing hides: the first tiles, the last output."""
        return max(self._passes(), self._vector(), *self._transfers(order))

    def _tile_bytes(self, outputs: int, channels: int) -> int:
        return int(tile_bytes(self.shape.positions, outputs, channels, self.ring, self.executed, self.config))

    def _passes(self) -> int:
        total = 0
        for (n, own), (count, waves), (k, tiles) in product(self.outputs, self.waves, self.channels):
            pairs = pairs_per_filter(self.shape.positions, k, self.executed)
            one = pass_cycles(self.ring, -(-n // self.ring), -(-count // self.team), pairs, self.config)
            total += own * waves * tiles * int(one)
        gaps = (self.steps - 1) * self.config.dispatch_latency
        return self._first_tiles() + self.groups.tiles * total + gaps + self._last_output()

    def _first_tiles(self) -> int:
        """Cycles before the first pass: its weights to L2 and on to the rings, or its activations."""
        config, groups = self.config, self.groups.first
        weights = self._tile_bytes(self.outputs.first, self.channels.first) * groups
        if self.brought:
            there = int(l2_cycles(weights, config))
        else:
            there = ceil(weights / self._peak) + config.token_latency + int(noc_cycles(weights, config))
        moved = self.first_pixels * self.channels.first * groups * config.element_bytes
        return max(there, int(l2_cycles(moved, config)) if self.place.inputs else 0) + config.token_latency

    def _last_output(self) -> int:
        """Cycles after the last pass: vector work and store of its outputs."""
        elements = self.groups.last * self.waves.last * self.outputs.last
        moved = int(l2_cycles(elements * self.config.output_bytes, self.config)) if self.place.outputs else 0
        return self._vector_cycles(elements) + moved + 2 * self.config.token_latency

    def _vector(self) -> int:
        total, tiles = 0, 0
        for (g, own), (count, waves), (n, others) in product(self.groups, self.waves, self.outputs):
            total += own * waves * others * self._vector_cycles(g * count * n)
            tiles += own * waves * others
        return total + (tiles - 1) * self.config.dispatch_latency

    def _vector_cycles(self, elements: int) -> int:
        work = self.work
        counts = (work.int_ops * elements, work.float_ops * elements, work.special_ops * elements)
        return int(vector_cycles(*counts, self.config))

    def _transfers(self, order: LoopOrder) -> list[int]:
        """L2, NoC and DRAM; in one go, where the program rounds up tile by tile."""
        config, shape, place = self.config, self.shape, self.place
        outer, alone = order == "outputs_outer", self.channels.tiles == 1
        weight_times = 1 if alone and (outer or self.outputs.tiles == 1) else self.waves.tiles
        input_times = 1 if alone and (not outer or self.waves.tiles == 1) else self.outputs.tiles
        inputs = self.wave_pixels * self.channels.length * self.groups.length * config.element_bytes * input_times
        stored = self.layer.m * shape.out_channels * config.output_bytes
        l2 = inputs * place.inputs + stored * place.outputs + self.weights * weight_times * self.brought
        noc = 0 if self.brought else self.weights * weight_times
        dram = 0 if self.brought else self.weights * (1 if place.weights else weight_times)
        dram += 0 if place.outputs else stored
        if not place.inputs:  # every pixel that is needed, once
            needed = shape.images * min(shape.in_rows * shape.in_cols, shape.out_rows * shape.out_cols)
            dram += needed * shape.in_channels * config.element_bytes
        return [int(l2_cycles(l2, config)), int(noc_cycles(noc, config)), ceil(dram / self._peak)]

    @property
    def _peak(self) -> float:
        return float(self.config.memory.peak_bytes_per_cycle(self.config.clock_hz))


@lru_cache(maxsize=4096)
def fetched_pixels(shape: ConvShape, team: int, positions: int) -> tuple[int, int]:
    """Input pixels that a team fetches in all waves, and in the first."""
    first = np.arange(0, _positions(shape), team * positions, dtype=np.int64)
    count = np.minimum(team * positions, _positions(shape) - first)
    waves = pixels(shape, *spu_runs(first, count, team)).sum(axis=-1)
    return int(waves.sum()), int(waves[0])


@lru_cache(maxsize=4096)
def most_pixels(shape: ConvShape, team: int, positions: int) -> int:
    """Most input pixels that one SPU needs at a time."""
    first = np.arange(0, _positions(shape), team * positions, dtype=np.int64)
    count = np.minimum(team * positions, _positions(shape) - first)
    return int(pixels(shape, *spu_runs(first, count, team)).max())


def _positions(shape: ConvShape) -> int:
    return shape.images * shape.out_rows * shape.out_cols
