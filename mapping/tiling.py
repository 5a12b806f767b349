"""How a layer is cut into tiles that fit on chip, and in which order they run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, ceil_div
from mapping.sparsity import Pattern

Count = Any  # an int or an int64 array; formulas broadcast
Dataflow = Literal["weight_stationary", "output_stationary"]
LoopOrder = Literal["outputs_outer", "positions_outer"]
LOOP_ORDERS: tuple[LoopOrder, ...] = ("outputs_outer", "positions_outer")

# For each cut of the weights, how many of the largest fitting tiles of positions are offered.
POSITION_TILES = 2
# More tiles than this are refused: what wants them is a mistake (a batch of a billion), not a workload.
MAX_TILES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """Largest tile along every axis, and the loop order.

    The loops are, from the outside: convolution groups; output channels and output positions, in ``order``;
    input channels. An output tile is finished before the next one begins.

    Attributes:
        images: Images per tile.
        rows: Output rows per tile.
        cols: Output columns per tile.
        channels: Input channels (of one group) per tile; every kernel position of them is in the tile.
        outputs: Output channels (of one group) per tile.
        order: Which of output channels and output positions is the outer loop: the outer one's operand is kept.
    """

    images: int
    rows: int
    cols: int
    channels: int
    outputs: int
    order: LoopOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How a layer runs.

    Attributes:
        dataflow: What stays in the array.
        pattern: The pattern it is executed in; a sparse layer can be executed as a dense one.
        tiling: Its tiles.
        buffers: Halves of each scratchpad: 2 overlaps transfers with work, 1 does not.
    """

    dataflow: Dataflow
    pattern: Pattern
    tiling: Tiling
    buffers: int = 2

    def lengths(self, layer: Layer) -> dict[str, int]:
        """Length of each axis that the tiling cuts: a tile as long is the only one along it."""
        shape = layer.shape
        return {
            "images": shape.images,
            "rows": shape.out_rows,
            "cols": shape.out_cols,
            "channels": shape.group_in_channels,
            "outputs": shape.group_out_channels,
        }

    def __str__(self) -> str:
        tile = self.tiling
        return (
            f"{self.dataflow} {self.pattern} tile {tile.images}x{tile.rows}x{tile.cols} positions, "
            f"{tile.channels} channels, {tile.outputs} outputs, {tile.order}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The tiles of one axis: first element and count of each, (t,) int64."""

    first: IntArray
    count: IntArray

    def __len__(self) -> int:
        """Number of tiles."""
        return len(self.first)


def cut(length: int, tile: int) -> Axis:
    """Cut ``length`` elements into tiles of ``tile``; the last may be shorter."""
    first = np.arange(0, length, tile, dtype=np.int64)
    return Axis(first=first, count=np.minimum(tile, length - first))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What tiles of output rows (or columns) need of the input, (t,) int64 each.

    Attributes:
        first: First input row to fetch.
        count: Rows to fetch, at least 1.
        step: Distance of two rows to fetch: 1, or the stride where a kernel of one row skips the rows between.
        stride: Distance, in fetched rows, of the windows of two output rows.
        before: Rows of padding before the first fetched row; negative where a tile lies in padding altogether.
    """

    first: IntArray
    count: IntArray
    step: int
    stride: int
    before: IntArray


def window(shape: ConvShape, axis: Literal[0, 1], tiles: Axis) -> Window:
    """The input rows (``axis`` 0) or columns (1) behind tiles of output rows or columns."""
    length = (shape.in_rows, shape.in_cols)[axis]
    kernel, stride, dilation = shape.kernel[axis], shape.stride[axis], shape.dilation[axis]
    padding = shape.padding[axis]
    if _samples(shape, axis):
        return Window(
            first=tiles.first * stride,
            count=tiles.count,
            step=stride,
            stride=1,
            before=np.zeros_like(tiles.first),
        )
    lowest = tiles.first * stride - padding
    highest = lowest + (tiles.count - 1) * stride + (kernel - 1) * dilation
    first = np.clip(lowest, 0, length - 1)
    last = np.clip(highest, 0, length - 1)
    return Window(first=first, count=last - first + 1, step=1, stride=stride, before=first - lowest)


def _samples(shape: ConvShape, axis: Literal[0, 1]) -> bool:
    """Whether a kernel of one row (or column) without padding picks single rows, the stride apart."""
    return shape.kernel[axis] == 1 and shape.padding[axis] == 0 and shape.padding[axis + 2] == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """All tiles of a layer, axis by axis."""

    images: Axis
    rows: Axis
    cols: Axis
    channels: Axis
    outputs: Axis
    row_window: Window
    col_window: Window


def tile_layer(shape: ConvShape, tiling: Tiling) -> Tiles:
    """Cut a layer."""
    rows, cols = cut(shape.out_rows, tiling.rows), cut(shape.out_cols, tiling.cols)
    return Tiles(
        images=cut(shape.images, tiling.images),
        rows=rows,
        cols=cols,
        channels=cut(shape.group_in_channels, tiling.channels),
        outputs=cut(shape.group_out_channels, tiling.outputs),
        row_window=window(shape, 0, rows),
        col_window=window(shape, 1, cols),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Bytes of one half of each scratchpad, and bytes per element of what lies in it."""

    activation_bytes: int
    weight_bytes: int
    output_bytes: int
    element_bytes: int
    accumulator_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Bytes that a tiling needs in one half of each scratchpad."""

    activation: int
    weight: int
    output: int

    def shortage(self, capacity: Capacity, buffers: int) -> str | None:
        """What does not fit, with the smallest scratchpad that would do, or None."""
        needs = (
            ("activation", self.activation, capacity.activation_bytes),
            ("weight", self.weight, capacity.weight_bytes),
            ("output", self.output, capacity.output_bytes),
        )
        missing = [
            f"{name}_scratchpad_kib must be at least {ceil_div(need * buffers, 1024)} (is {have * buffers // 1024})"
            for name, need, have in needs
            if need > have
        ]
        return "; ".join(missing) or None


def weight_tile_bytes(positions: int, channels: Count, outputs: Count, pattern: Pattern, element_bytes: int) -> Count:
    """Bytes of a compressed weight tile: each kernel position holds its own groups of channels."""
    slots = positions * pattern.groups(channels) * pattern.n * outputs
    return slots * element_bytes + ceil_div(slots * pattern.index_bits, 8)


def footprint(shape: ConvShape, tiling: Tiling, pattern: Pattern, capacity: Capacity) -> Footprint:
    """What the largest tile of a tiling needs."""
    pixels, points = _extent(shape, _tile(tiling))
    return Footprint(
        activation=pixels * tiling.channels * capacity.element_bytes,
        weight=weight_tile_bytes(shape.positions, tiling.channels, tiling.outputs, pattern, capacity.element_bytes),
        output=points * tiling.outputs * capacity.accumulator_bytes,
    )


def check_fits(layer: Layer, tiling: Tiling, pattern: Pattern, capacity: Capacity, buffers: int) -> None:
    """Refuse a tiling that does not fit on chip.

    Raises:
        InputError: It names the scratchpad and the size that would do.
    """
    shortage = footprint(layer.shape, tiling, pattern, capacity).shortage(capacity, buffers)
    if shortage:
        raise InputError(f"layer {layer.name}: {shortage}")


def check_count(layer: Layer, tiling: Tiling) -> None:
    """Refuse more tiles than a program may have.

    Raises:
        InputError: It says how many there would be.
    """
    count = _weight_tiles(layer.shape, tiling) * _tile_count(layer.shape, _tile(tiling))
    if count > MAX_TILES:
        raise InputError(f"layer {layer.name}: {count:,} tiles, more than {MAX_TILES:,}")


def check_channels(layer: Layer, tiling: Tiling, pattern: Pattern) -> None:
    """Refuse tiles that cut groups of M channels apart.

    Raises:
        InputError: It names M.
    """
    if tiling.channels < layer.shape.group_in_channels and tiling.channels % pattern.m:
        raise InputError(
            f"layer {layer.name}: a tile of {tiling.channels} channels is no multiple of M={pattern.m} of {pattern}"
        )


def tilings(
    layer: Layer, pattern: Pattern, capacity: Capacity, *, output_step: int, channel_step: int, buffers: int
) -> list[Tiling]:
    """Tilings worth trying: for each cut of the weights the largest tiles of positions that fit.

    Args:
        layer: What to cut.
        pattern: The pattern it is executed in.
        capacity: Of one half of each scratchpad.
        output_step: Smallest sensible cut of the output channels (columns of the array).
        channel_step: Smallest sensible cut of the input channels; tiles are multiples of it and of M.
        buffers: Halves of each scratchpad.

    Raises:
        InputError: Not even the smallest tile fits (the message says which scratchpad is too small), or the layer
            is too large for any tiling.
    """
    shape = layer.shape
    smallest = Tiling(
        images=1,
        rows=1,
        cols=1,
        channels=min(pattern.m, shape.group_in_channels),
        outputs=min(output_step, shape.group_out_channels),
        order="outputs_outer",
    )
    check_fits(layer, smallest, pattern, capacity, buffers)
    outputs = np.array(_steps(shape.group_out_channels, output_step))
    channels = np.array(_steps(shape.group_in_channels, ceil_div(channel_step, pattern.m) * pattern.m, pattern.m))
    positions = [tile for tile in _position_sizes(shape) if _tile_count(shape, tile) <= MAX_TILES]
    pixels, points = (np.array(column) for column in zip(*(_extent(shape, tile) for tile in positions), strict=True))
    activation = pixels * channels[:, None] * capacity.element_bytes
    output = points * outputs[:, None] * capacity.accumulator_bytes
    weight = weight_tile_bytes(shape.positions, channels, outputs[:, None], pattern, capacity.element_bytes)
    fits = (activation <= capacity.activation_bytes)[None] & (output <= capacity.output_bytes)[:, None]
    fits &= (weight <= capacity.weight_bytes)[:, :, None]
    chosen = fits & (fits.cumsum(-1) <= POSITION_TILES)
    found = [
        Tiling(
            images=positions[p][0],
            rows=positions[p][1],
            cols=positions[p][2],
            channels=int(channels[k]),
            outputs=int(outputs[n]),
            order=order,
        )
        for n, k, p in zip(*np.nonzero(chosen), strict=True)
        # With one tile of outputs or of positions both orders are the same.
        for order in (LOOP_ORDERS if n and p else LOOP_ORDERS[:1])
    ]
    found = [
        tiling for tiling in found if _weight_tiles(shape, tiling) * _tile_count(shape, _tile(tiling)) <= MAX_TILES
    ]
    if not found:
        raise InputError(f"layer {layer.name}: {shape} would take more than {MAX_TILES:,} tiles")
    return found


def _steps(length: int, step: int, smallest: int | None = None) -> list[int]:
    """``length`` and the powers of two times ``step`` below it, largest first; then ``smallest``."""
    sizes = []
    while step < length:
        sizes.append(step)
        step *= 2
    sizes = [length, *reversed(sizes)]
    if smallest is not None and smallest < sizes[-1]:
        sizes.append(smallest)
    return sizes


def _position_sizes(shape: ConvShape) -> Iterator[tuple[int, int, int]]:
    """Tiles of positions from the whole layer down to a single position, halving the outermost axis first."""
    sizes = [shape.images, shape.out_rows, shape.out_cols]
    yield sizes[0], sizes[1], sizes[2]
    for axis in range(3):
        while sizes[axis] > 1:
            sizes[axis] = ceil_div(sizes[axis], 2)
            yield sizes[0], sizes[1], sizes[2]


def _tile(tiling: Tiling) -> tuple[int, int, int]:
    return tiling.images, tiling.rows, tiling.cols


def _tile_count(shape: ConvShape, tile: tuple[int, int, int]) -> int:
    """Tiles of (images, rows, columns) in a layer."""
    images, rows, cols = tile
    return ceil_div(shape.images, images) * ceil_div(shape.out_rows, rows) * ceil_div(shape.out_cols, cols)


def _weight_tiles(shape: ConvShape, tiling: Tiling) -> int:
    """Weight tiles of all groups of a layer."""
    outputs = ceil_div(shape.group_out_channels, tiling.outputs)
    return shape.groups * outputs * ceil_div(shape.group_in_channels, tiling.channels)


def _extent(shape: ConvShape, tile: tuple[int, int, int]) -> tuple[int, int]:
    """Most input pixels and output positions of any tile of (images, rows, columns)."""
    images, rows, cols = tile
    return images * _widest(shape, 0, rows) * _widest(shape, 1, cols), images * rows * cols


def _widest(shape: ConvShape, axis: Literal[0, 1], outputs: int) -> int:
    """Most input rows (``axis`` 0) or columns (1) that a tile of so many output rows or columns fetches."""
    if _samples(shape, axis):
        return outputs
    span = (outputs - 1) * shape.stride[axis] + (shape.kernel[axis] - 1) * shape.dilation[axis] + 1
    return min(span, (shape.in_rows, shape.in_cols)[axis])
