"""Which positions, filters and channels each SPU has: a layer in a mapping, cut up."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import ConvShape, ceil_div
from mapping.sparsity import Pattern
from mapping.tiling import Axis, Tiling, cut
from simulator.families.s4.config import S4Config
from simulator.families.s4.mapping import S4Mapping
from simulator.program import Program, ProgramError

Count = Any  # an int or an int64 array; formulas broadcast


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """The tiles of one layer.

    Attributes:
        shape: The layer.
        mapping: Its mapping.
        config: The machine.
    """

    shape: ConvShape
    mapping: S4Mapping
    config: S4Config

    @property
    def m(self) -> int:
        """Output positions of all images."""
        return self.shape.images * self.shape.out_rows * self.shape.out_cols

    @property
    def ring(self) -> int:
        """Places of the ring in which sub-filters rotate: the SPUs of a cluster, or one where SPUs work alone."""
        return ring_places(self.mapping.team, self.config)

    @cached_property
    def groups(self) -> Axis:
        """Groups that run side by side: those of the convolution, or the parts of its filters."""
        return cut(self.shape.groups * self.mapping.split, self.config.spus // self.mapping.team)

    @property
    def group_filters(self) -> int:
        """Filters of a group, empty ones included."""
        return ceil_div(self.shape.group_out_channels, self.mapping.split)

    @cached_property
    def waves(self) -> Axis:
        """Output positions that a team has at a time; each SPU has an equal share of them."""
        return cut(self.m, self.mapping.team * self.mapping.tiling.rows)

    @cached_property
    def outputs(self) -> Axis:
        """Filters of a tile."""
        return cut(self.group_filters, self.mapping.tiling.outputs)

    @cached_property
    def channels(self) -> Axis:
        """Input channels of a tile."""
        return cut(self.shape.group_in_channels, self.mapping.tiling.channels)

    @cached_property
    def wave_pixels(self) -> IntArray:
        """(w,) input pixels that the SPUs of one team fetch for each wave, with those that several need."""
        first, count = spu_runs(self.waves.first, self.waves.count, self.mapping.team)
        return pixels(self.shape, first, count).sum(axis=-1)

    @cached_property
    def weight_bytes(self) -> IntArray:
        """(output tiles, channel tiles) bytes of each weight tile."""
        return tile_bytes(
            self.shape.positions,
            self.outputs.count[:, None],
            self.channels.count,
            self.ring,
            self.mapping.pattern,
            self.config,
        )


def geometry_of(program: Program, config: S4Config) -> Geometry:
    """The layer and the mapping that a program is of, from its notes.

    Raises:
        ProgramError: It does not say.
    """
    try:
        noted = program.notes["shape"].items()
        shape: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in noted}
        mapping = S4Mapping(
            dataflow="weight_stationary",
            pattern=Pattern.parse(program.notes["executed"]),
            tiling=Tiling(**program.notes["tiling"]),
            team=program.notes["team"],
            split=program.notes["split"],
        )
        return Geometry(shape=ConvShape(**shape), mapping=mapping, config=config)
    except (KeyError, TypeError, AttributeError, InputError) as error:
        raise ProgramError(f"the program does not say what it is of: {error}") from error


def ring_places(team: int, config: S4Config) -> int:
    """Places of the ring for a team of SPUs."""
    return config.cluster_spus if team >= config.cluster_spus else 1


def slots(outputs: int, ring: int) -> Axis:
    """The sub-filters of a tile: which filters lie at each place of the ring; the last places may be empty."""
    size = ceil_div(outputs, ring)
    first = np.minimum(np.arange(ring, dtype=np.int64) * size, outputs)
    return Axis(first=first, count=np.minimum(size, outputs - first))


def spu_runs(first: IntArray, count: IntArray, team: int) -> tuple[IntArray, IntArray]:
    """First position and number of positions of every SPU of a team, (w, team), for waves (w,)."""
    share = -(-count // team)[..., None]
    before = np.minimum(np.arange(team) * share, count[..., None])
    return first[..., None] + before, np.minimum(share, count[..., None] - before)


def pixels(shape: ConvShape, first: IntArray, count: IntArray) -> IntArray:
    """Input pixels behind runs of consecutive output positions.

    A kernel of one element needs one pixel for each position. A larger one needs whole rows, or, where that is less,
    the columns of each of the two rows that a short run touches.

    Args:
        shape: The layer.
        first: First position of each run, any shape.
        count: Positions, at least 0.

    Returns:
        int64, same shape.
    """
    if shape.kernel == (1, 1) and not any(shape.padding):
        return count
    image = shape.out_rows * shape.out_cols
    last = first + np.maximum(count, 1) - 1
    begin, end = first // image, last // image
    first_row, last_row = first % image // shape.out_cols, last % image // shape.out_cols
    bottom = shape.out_rows - 1
    head = _input_rows(shape, first_row, np.where(begin == end, last_row, bottom))
    tail = np.where(begin == end, 0, _input_rows(shape, np.zeros_like(last_row), last_row))
    between = np.maximum(end - begin - 1, 0) * _input_rows(
        shape, np.zeros_like(last_row), np.full_like(last_row, bottom)
    )
    rows = (head + between + tail) * shape.in_cols
    touched = last // shape.out_cols - first // shape.out_cols
    before = np.where(touched > 0, shape.out_cols - first % shape.out_cols, count)
    parts = shape.kernel[0] * (_input_cols(shape, before) + _input_cols(shape, count - before))
    return np.where(count > 0, np.where(touched < 2, np.minimum(rows, parts), rows), 0)


def _input_cols(shape: ConvShape, count: IntArray) -> IntArray:
    """Most input columns behind a run of output columns of one row."""
    span = (count - 1) * shape.stride[1] + (shape.kernel[1] - 1) * shape.dilation[1] + 1
    return np.where(count > 0, np.minimum(span, shape.in_cols), 0)


def _input_rows(shape: ConvShape, first: IntArray, last: IntArray) -> IntArray:
    """Input rows of one image behind output rows ``first`` to ``last``; at least one is fetched."""
    top = shape.padding[0]
    lowest = np.clip(first * shape.stride[0] - top, 0, shape.in_rows - 1)
    reach = (shape.kernel[0] - 1) * shape.dilation[0]
    highest = np.clip(last * shape.stride[0] - top + reach, 0, shape.in_rows - 1)
    return highest - lowest + 1


def pairs_per_filter(positions: int, channels: Count, executed: Pattern) -> Count:
    """Index-value pairs of one filter in a tile: the cycles in which an SPU walks it.

    Every bank of every kernel position has its fixed number; dense weights have no empty places.
    """
    if executed.is_dense:
        return positions * channels
    return positions * -(-channels // executed.m) * executed.n


def block_bytes(positions: int, filters: Count, channels: Count, executed: Pattern, config: S4Config) -> Count:
    """Bytes of one sub-filter: pairs of value and index (``mapping.formats.bank_pairs``), or dense values."""
    pairs = filters * pairs_per_filter(positions, channels, executed)
    index = 0 if executed.is_dense else executed.index_bits
    return -(-pairs * (8 * config.element_bytes + index) // 8)


def tile_bytes(
    positions: int, outputs: Count, channels: Count, ring: int, executed: Pattern, config: S4Config
) -> Count:
    """Bytes of a weight tile: its sub-filters one after another, each in whole bytes."""
    size = -(-outputs // ring)
    whole, rest = outputs // size, outputs % size
    full = block_bytes(positions, size, channels, executed, config)
    return whole * full + block_bytes(positions, rest, channels, executed, config)
