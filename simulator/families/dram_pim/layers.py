"""Layers on the banks: where weights lie, which mappings there are, and the program of one.

Output ``o`` of a matrix lies in channel ``o // banks % channels`` and bank ``o % banks``, as its ``o // all
banks``-th: so the banks of one all-bank command hold neighbouring outputs, and pruned blocks of outputs are skipped
together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from mapping.arrays import BoolArray
from mapping.errors import InputError
from mapping.graph import Layer, ceil_div
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Mapping, Tiling
from simulator.families import Candidate
from simulator.families.dram_pim.config import BF16_BYTES, DramPimConfig
from simulator.families.dram_pim.isa import MAX_CHANNELS
from simulator.families.dram_pim.stream import Stream
from simulator.program import Program

COLUMN_BITS = 256
COLUMN_BYTES = COLUMN_BITS // 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the operands of a layer lie.

    Attributes:
        layer: The layer, a product of (m, k) and (k, n).
        pattern: What is stored: dense, or N:M compressed.
        config: The machine.
    """

    layer: Layer
    pattern: Pattern
    config: DramPimConfig

    @property
    def all_banks(self) -> int:
        """Banks of all channels."""
        return self.config.channels * self.config.banks

    @property
    def slots(self) -> int:
        """Outputs that a bank computes one after another."""
        return ceil_div(self.layer.n, self.all_banks)

    @property
    def piece_elements(self) -> int:
        """Elements of a piece of the input vector: as many whole groups as fit into a row."""
        return self.config.row_elements // self.pattern.m * self.pattern.m

    @property
    def pieces(self) -> int:
        """Pieces of the input vector."""
        return ceil_div(self.layer.k, self.piece_elements)

    def inputs(self, piece: int) -> int:
        """Elements of a piece."""
        return min(self.piece_elements, self.layer.k - piece * self.piece_elements)

    def kept(self, piece: int) -> int:
        """Weights of one output that are stored for a piece."""
        return self.pattern.kept(self.inputs(piece))

    def value_columns(self, piece: int) -> int:
        """Columns of weights of one output."""
        return ceil_div(self.kept(piece), self.config.lanes)

    def index_columns(self, piece: int) -> int:
        """Columns of indices of one output: where in its group each kept weight stands."""
        bits = (self.pattern.m - 1).bit_length()
        return ceil_div(self.value_columns(piece) * self.config.lanes * bits, COLUMN_BITS)

    def columns(self, piece: int) -> int:
        """Columns of one output."""
        return self.value_columns(piece) + self.index_columns(piece)

    def per_row(self, piece: int) -> int:
        """Outputs that share a row."""
        return self.config.row_columns // self.columns(piece) if self.config.packing == "packed" else 1

    def piece_rows(self, piece: int) -> int:
        """Rows of a bank that a piece takes."""
        return ceil_div(self.slots, self.per_row(piece))

    def place(self, piece: int, slot: int) -> tuple[int, int]:
        """Row and first column of an output in its bank."""
        per_row = self.per_row(piece)
        first = sum(self.piece_rows(before) for before in range(piece))
        return first + slot // per_row, slot % per_row * self.columns(piece)

    @property
    def rows(self) -> int:
        """Rows of a bank that the layer takes."""
        return sum(self.piece_rows(piece) for piece in range(self.pieces))

    @property
    def activations(self) -> int:
        """First byte of the activations in the host's memory, (m, k) bf16, rows filled up to whole columns."""
        return 0

    @property
    def activation_stride(self) -> int:
        """Bytes of a row of the activations."""
        return ceil_div(self.layer.k, self.config.lanes) * COLUMN_BYTES

    @property
    def outputs(self) -> int:
        """First byte of the outputs there, (m, slots, channels, banks) bf16."""
        return self.layer.m * self.activation_stride

    @property
    def weights(self) -> int:
        """First byte of the banks in an image of host and banks: (channels, banks, rows, bytes of a row)."""
        return self.outputs + self.layer.m * self.slots * self.all_banks * BF16_BYTES

    @property
    def end(self) -> int:
        """Bytes of that image."""
        return self.weights + self.all_banks * self.rows * self.config.row_bytes

    @property
    def fits_rows(self) -> bool:
        """Whether no output is longer than a row."""
        return all(self.columns(piece) <= self.config.row_columns for piece in range(self.pieces))

    def check(self) -> None:
        """Refuse what does not fit.

        Raises:
            InputError: More rows than a bank has, or a compressed output that does not fit into one.
        """
        layer, config = self.layer, self.config
        if not self.fits_rows:
            raise InputError(f"layer {layer.name}: {self.pattern} with its indices is longer than the dense row")
        if self.rows > config.rows:
            missing = (self.rows - config.rows) * config.row_bytes * self.all_banks / 2**20
            raise InputError(
                f"layer {layer.name} does not fit: {self.rows} rows in each bank, {config.rows} there are "
                f"({missing:.0f} MiB too many)"
            )


def layout(layer: Layer, mapping: Mapping, config: DramPimConfig) -> Layout:
    """The layout of a layer in a mapping.

    Raises:
        InputError: It does not fit.
    """
    place = Layout(layer=layer, pattern=mapping.pattern, config=config)
    place.check()
    return place


def admit(layers: Sequence[tuple[Layer, Pattern]], config: DramPimConfig) -> None:
    """Refuse a model whose matrices do not fit into the banks together, each stored in the form that takes fewer rows.

    Products of two activations have a matrix for each repeat (a head of the KV cache); the two phases of a language
    model, whose layers are called ``prefill...`` and ``decode...``, share their weights.

    Raises:
        InputError: It says by how much.
    """
    rows: dict[str, int] = {}
    for layer, pattern in layers:
        compressed = isinstance(pattern, Pattern) and config.storage == "compressed"
        stored = (pattern, DENSE) if compressed else (DENSE,)
        forms = [Layout(layer=layer, pattern=form, config=config) for form in stored]
        fewest = min(form.rows for form in forms if form.fits_rows)
        name = layer.name.removeprefix("prefill").removeprefix("decode")
        rows[name] = max(rows.get(name, 0), fewest * (layer.repeats if layer.dynamic else 1))
    needed = sum(rows.values())
    if needed > config.rows:
        missing = (needed - config.rows) * config.row_bytes * config.channels * config.banks / 2**30
        raise InputError(
            f"the model does not fit: {needed:,} rows in each bank, rows={config.rows:,} there are ({missing:.2f} GiB "
            f"too many in {config.channels} channels); choose some --layers, or more channels"
        )


def candidates(layer: Layer, pattern: Pattern, config: DramPimConfig) -> list[Candidate]:
    """The layer stored dense, and as it is pruned if the banks can hold that compressed.

    Raises:
        InputError: A layer that is no plain product, a pattern that the banks cannot balance, or one that does not fit.
    """
    shape = layer.shape
    if shape.kernel != (1, 1) or shape.stride != (1, 1) or shape.groups != 1 or any(shape.padding):
        raise InputError(f"layer {layer.name}: the banks multiply matrices, not {shape}")
    check_balance(layer, pattern, config)
    tiling = Tiling(
        images=shape.images,
        rows=shape.out_rows,
        cols=shape.out_cols,
        channels=layer.k,
        outputs=layer.n,
        order="positions_outer",
    )
    found, faults = [], []
    for executed in dict.fromkeys((pattern if config.storage == "compressed" else DENSE, DENSE)):
        mapping = Mapping(dataflow="weight_stationary", pattern=executed, tiling=tiling, buffers=1)
        try:
            place = layout(layer, mapping, config)
        except InputError as error:
            faults.append(str(error))
            continue
        found.append(Candidate(mapping=mapping, bound_cycles=_bound(place)))
    if not found:
        raise InputError("; ".join(dict.fromkeys(faults)))
    return sorted(found, key=lambda candidate: candidate.bound_cycles)


def check_balance(layer: Layer, pattern: Pattern, config: DramPimConfig) -> None:
    """Refuse compressed storage of a pattern that keeps unequal numbers of weights in the banks.

    Raises:
        InputError: It names the pattern, and where the layer has weights the least and the most that a bank keeps.
    """
    if isinstance(pattern, Pattern) or config.storage == "dense":
        return
    counts = ""
    if layer.weights is not None:
        kept = np.count_nonzero(layer.weights.reshape(layer.n, -1), axis=1)
        counts = f" (here {kept.min()} to {kept.max()} of {layer.k} an output)"
    raise InputError(
        f"layer {layer.name}: pattern {pattern} is not balanced over the banks{counts}: all banks take the same "
        "columns; legal with storage='compressed': dense, N:M; with storage='dense': any"
    )


def _bound(place: Layout) -> int:
    """Cycles that the column accesses take, with nothing in between."""
    gap = place.config.table.distance("MAC16", "MAC16") or 1
    columns = sum(_slots_waited(place, piece) for piece in range(place.pieces)) * place.slots
    if place.config.storage == "dense":
        return 0
    return place.layer.m * max(columns - 1, 0) * gap


def _slots_waited(place: Layout, piece: int) -> int:
    """Column times of one output: its own columns, or those that the buffer needs to send its inputs."""
    inputs = ceil_div(place.inputs(piece), place.config.lanes)
    return max(place.columns(piece), ceil_div(inputs, place.config.buffer_columns) if not place.pattern.is_dense else 0)


def lower(layer: Layer, pattern: Pattern, mapping: Mapping, config: DramPimConfig) -> Program:
    """The program of a layer: every row of activations meets the whole matrix."""
    place = layout(layer, mapping, config)
    stream = Stream(config.all_channels)
    masks = _column_masks(place) if config.storage == "dense" and layer.weights is not None else None
    # Multiplications with zero do not count, whether they are skipped or not.
    density = 1.0
    if layer.weights is not None:
        density = float(np.count_nonzero(layer.weights)) / layer.weights.size
    elif not pattern.is_dense:
        density = pattern.kept(layer.k) / layer.k
    for position in range(layer.m):
        for piece in range(place.pieces):
            stream.host(
                "WR_GB",
                count=ceil_div(place.inputs(piece), config.lanes),
                address=position * place.activation_stride + piece * place.piece_elements * BF16_BYTES,
            )
            for first in range(0, place.slots, config.registers):
                group = range(first, min(first + config.registers, place.slots))
                _group(stream, place, position, piece, group, masks)
    program = stream.program(layer=layer.name, m=layer.m, k=layer.k, n=layer.n, pattern=str(mapping.pattern))
    total = layer.m * round(layer.k * layer.n * density)
    return replace(program, macs=_shares(program, total))


def _shares(program: Program, total: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Split the multiplications over the MAC instructions by their columns; the sum is exact."""
    macs = np.zeros(len(program), np.int64)
    rows = program.of("MAC_ABK")
    weights = np.bitwise_count(program.operand("MAC_ABK", "mask", rows)) * program.operand("MAC_ABK", "count", rows)
    if len(rows):
        ends = np.cumsum(weights.astype(np.float64)) / max(float(weights.sum()), 1.0) * total
        macs[rows] = np.diff(np.rint(ends).astype(np.int64), prepend=0)
    return macs


def _group(
    stream: Stream, place: Layout, position: int, piece: int, group: range, masks: "list[list[list[int]]] | None"
) -> None:
    """Partial sums in, products, partial sums out, for as many outputs of a bank as it has registers."""
    config = place.config
    stride = config.banks * BF16_BYTES

    def address(slot: int) -> int:
        return place.outputs + (position * place.slots + slot) * place.all_banks * BF16_BYTES

    for register, slot in enumerate(group):
        stream.host("WR_BIAS", register=register, address=address(slot), stride=stride)
    for register, slot in enumerate(group):
        row, column = place.place(piece, slot)
        if masks is not None:
            _skipping(stream, masks[piece][slot], row, column, register)
            continue
        dense = place.pattern.is_dense
        stream.host(
            "MAC_ABK",
            row=row,
            column=column,
            count=place.columns(piece),
            register=register,
            n=place.pattern.n,
            m=place.pattern.m,
        )
        wait = 0 if dense else _slots_waited(place, piece) - place.columns(piece)
        if wait > 0:
            stream.host("MAC_ABK", row=row, column=column, count=wait, register=register, n=0)
    for register, slot in enumerate(group):
        stream.host("RD_MAC", register=register, address=address(slot), stride=stride)


def _skipping(stream: Stream, masks: list[int], row: int, column: int, register: int) -> None:
    """The columns of one output that are not zero in all banks of a channel; equal neighbours in one instruction."""
    first = 0
    while first < len(masks):
        last = first
        while last < len(masks) and masks[last] == masks[first]:
            last += 1
        if masks[first]:
            stream.host(
                "MAC_ABK",
                mask=masks[first],
                row=row,
                column=column + first,
                count=last - first,
                register=register,
                source=first,
            )
        first = last


def _column_masks(place: Layout) -> list[list[list[int]]]:
    """For each piece, output slot and column, the channels in which any bank has a weight that is not zero."""
    config, layer = place.config, place.layer
    assert layer.weights is not None, "called with weights only"
    used = touched_columns(layer.weights.reshape(layer.n, layer.k) != 0, place)
    bits = np.int64(1) << np.arange(config.channels, dtype=np.int64)
    assert config.channels <= MAX_CHANNELS, "the configuration has checked it"
    masks = (used * bits[:, None]).sum(axis=1)
    columns = config.row_columns
    return [
        [
            masks[slot, piece * columns : piece * columns + place.value_columns(piece)].tolist()
            for slot in range(place.slots)
        ]
        for piece in range(place.pieces)
    ]


def touched_columns(mask: BoolArray, place: Layout) -> BoolArray:
    """(n, k) weights as (slots, channels, columns of 16 inputs): whether any bank of the channel keeps one."""
    config, layer = place.config, place.layer
    columns = ceil(layer.k / config.lanes)
    padded = np.zeros((place.slots * place.all_banks, columns * config.lanes), np.bool_)
    padded[: layer.n, : layer.k] = mask
    shape = (place.slots, config.channels, config.banks, columns, config.lanes)
    return np.asarray(padded.reshape(shape).any(axis=(2, 4)), np.bool_)
