"""The values of an S4 program: executed on a memory image with NumPy, without a clock.

What the SPUs execute is the compressed weights: index-value pairs, decoded from the bytes that a load fetched. The
sub-filters really go round the ring, and an SPU multiplies what it holds. The vector unit rounds sums to elements;
what else it does (softmax, ...) takes time and is not computed.
"""

from typing import Any
from zlib import crc32

import numpy as np

from mapping.arrays import AnyArray, ByteArray, Float32Array, IntArray
from mapping.formats.bank_pairs import BankPairs
from mapping.graph import ConvShape, Layer
from mapping.sparsity import Pattern, prune_layer
from mapping.tiling import Mapping
from simulator.families import Golden
from simulator.families.s4.arithmetic import gather_sums, scaled_down
from simulator.families.s4.bf16 import to_bf16
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import Geometry, block_bytes, geometry_of, slots, spu_runs
from simulator.families.s4.layout import Layout, layout
from simulator.families.s4.mapping import as_s4, bank_pattern
from simulator.program import Program, ProgramError

ELEMENT: dict[str, np.dtype[Any]] = {"int8": np.dtype("<i1"), "bf16": np.dtype("<u2")}
ACCUMULATOR: dict[str, np.dtype[Any]] = {"int8": np.dtype("<i4"), "bf16": np.dtype("<f4")}

Fields = dict[str, int]
Key = tuple[int, ...]
TILE = ("group", "groups", "output", "outputs", "channel", "channels")
WINDOW = ("group", "groups", "position", "positions", "channel", "channels")
RESULT = ("group", "groups", "position", "positions", "output", "outputs")


def operands(layer: Layer, pattern: Pattern, config: S4Config) -> tuple[AnyArray, AnyArray]:
    """Activations and pruned weights as the machine holds them: int8, or the bits of bf16 as uint16.

    Activations that the layer lacks are drawn from N(0, 1) with its seed. int8 is symmetric, one scale for each tensor.

    Returns:
        (images, in_rows, in_cols, in_channels) and (out_channels, kernel rows, kernel columns, channels of a group).
    """
    shape = layer.shape
    rng = np.random.default_rng([layer.seed, crc32(f"activations of {layer.name}".encode())])
    activations = layer.activations
    if activations is None:
        activations = rng.standard_normal((shape.images, shape.in_rows, shape.in_cols, shape.in_channels), np.float32)
    weights = prune_layer(layer.with_weights(layer.values()), pattern).weights
    assert weights is not None
    return _element(activations, config), _element(weights, config)


def _element(values: Float32Array, config: S4Config) -> AnyArray:
    if config.datapath == "bf16":
        return to_bf16(values)
    largest = float(np.abs(values).max(initial=0.0))
    return np.rint(values / (largest / 127 if largest else 1.0)).astype(ELEMENT["int8"])


def image(layer: Layer, pattern: Pattern, mapping: Mapping, config: S4Config) -> ByteArray:
    """The memory before the program of a layer runs: activations, compressed weight tiles, and zeros for outputs."""
    geometry = Geometry(shape=layer.shape, mapping=as_s4(mapping), config=config)
    place, shape = layout(geometry), layer.shape
    activations, weights = operands(layer, pattern, config)
    memory = np.zeros(place.end, np.uint8)
    raw = activations.reshape(-1).view(np.uint8)
    memory[place.activations : place.activations + len(raw)] = raw
    split, filters = geometry.mapping.split, geometry.group_filters
    weights = np.pad(weights, ((0, max(0, split * filters - shape.out_channels) if split > 1 else 0), *[(0, 0)] * 3))
    for group, output, channel in np.ndindex(shape.groups * split, *place.weights.shape):
        address = int(place.weights[output, channel]) + group * place.group_bytes
        low, count = int(geometry.channels.first[channel]), int(geometry.channels.count[channel])
        first = group * filters + int(geometry.outputs.first[output])
        parts = slots(int(geometry.outputs.count[output]), geometry.ring)
        for own, size in zip((first + parts.first).tolist(), parts.count.tolist(), strict=True):
            data = encode_block(weights[own : own + size, :, :, low : low + count], mapping.pattern)
            memory[address : address + len(data)] = data
            address += len(data)
    return memory


def encode_block(block: AnyArray, executed: Pattern) -> ByteArray:
    """A sub-filter (filters, kernel rows, kernel columns, channels) as it is stored.

    Banks begin anew with every kernel position; dense weights are stored without indices.
    """
    if executed.is_dense or not block.size:
        return np.ascontiguousarray(block).reshape(-1).view(np.uint8)
    filters, channels = block.shape[0], block.shape[-1]
    padded = np.pad(block.reshape(filters, -1, channels), ((0, 0), (0, 0), (0, -channels % executed.m)))
    return BankPairs(bank_pattern(executed)).encode(padded.reshape(filters, -1))


def decode_block(
    data: ByteArray, filters: int, positions: int, channels: int, executed: Pattern, config: S4Config
) -> tuple[AnyArray, IntArray]:
    """The pairs of a sub-filter: values and indices, (filters, pairs); an index counts whole banks of all positions."""
    kind, padded = ELEMENT[config.datapath], executed.groups(channels) * executed.m
    if executed.is_dense or not filters:
        values = data.view(kind).reshape(filters, positions * channels if filters else 0)
        return values, np.broadcast_to(np.arange(values.shape[1]), values.shape)
    values, indices = BankPairs(bank_pattern(executed)).pairs(data, (filters, positions * padded), kind)
    indices = indices + np.arange(indices.shape[1])[:, None] * executed.m
    return values.reshape(filters, -1), indices.reshape(filters, -1)


def output(layer: Layer, mapping: Mapping, config: S4Config, memory: ByteArray) -> AnyArray:
    """The output tensor in a memory image, (images, out_rows, out_cols, out_channels); bf16 elements as uint16."""
    shape, place = layer.shape, layout(Geometry(shape=layer.shape, mapping=as_s4(mapping), config=config))
    flat = memory[place.outputs : place.end].view(_stored(config))
    return flat.reshape(shape.images, shape.out_rows, shape.out_cols, shape.out_channels)


def _stored(config: S4Config) -> "np.dtype[Any]":
    return ELEMENT[config.datapath] if config.output == "element" else ACCUMULATOR[config.datapath]


def execute(program: Program, memory: ByteArray, config: S4Config, order: IntArray | None = None) -> ByteArray:
    """The memory after a program has run.

    Args:
        program: What to run.
        memory: The memory before; it is not changed.
        config: The machine.
        order: The order of the instructions; by default that in which they stand. Any order in which tokens allow them
            to run gives the same result.

    Raises:
        ProgramError: An instruction uses what was never loaded, or was overwritten.
    """
    machine = _Machine(program, memory.copy(), config)
    names = [[field.name for field in opcode.fields] for opcode in program.isa.opcodes]
    for i in range(len(program)) if order is None else order.tolist():
        opcode = int(program.opcode[i])
        fields = dict(zip(names[opcode], program.operands[i].tolist(), strict=False))
        try:
            machine.run(program.isa.opcodes[opcode].name, fields)
        except ProgramError as error:
            raise ProgramError(f"instruction {i}: {error}") from error
    return machine.memory


GOLDEN = Golden(image=image, execute=execute, output=output)


class _Machine:
    """The state of a chip and what each instruction does to it."""

    def __init__(self, program: Program, memory: ByteArray, config: S4Config) -> None:
        self.memory, self.config = memory, config
        self.geometry = geometry_of(program, config)
        self.place: Layout = layout(self.geometry)
        self.loaded: list[int] = []  # addresses of weight tiles in L2
        # Halves of L1, each with what lies in it: sub-filters by group and place of the ring; unfolded activations.
        self.weights: dict[int, tuple[Key, list[list[tuple[AnyArray, IntArray]]]]] = {}
        self.activations: dict[int, tuple[Key, AnyArray]] = {}
        self.sums: tuple[Key, AnyArray] | None = None
        self.results: dict[int, tuple[Key, AnyArray]] = {}

    def run(self, name: str, f: Fields) -> None:
        """One instruction."""
        action = {"LOAD": self.load, "SPREAD": self.spread, "BRING": self.spread, "PASS": self.turn}
        action |= {"FETCH": self.fetch, "PULL": self.fetch, "KEEP": self.store, "STORE": self.store}
        if name == "VECTOR":
            self.narrow(f)
        elif name == "SPREAD" and self._tile_address(f, f["group"]) not in self.loaded:
            raise ProgramError("spreads weights that are not in L2")
        else:
            action[name](f)

    def load(self, f: Fields) -> None:
        """A weight tile to L2."""
        if f["address"] + f["run_bytes"] > len(self.memory):
            raise ProgramError(f"{f['run_bytes']} bytes at {f['address']} lie outside the memory")
        self.loaded.append(f["address"])
        if not self.place.in_l2.weights:
            self.loaded = self.loaded[-2:]

    def spread(self, f: Fields) -> None:
        """A weight tile to the places of the rings."""
        geometry, shape, executed = self.geometry, self.geometry.shape, self.geometry.mapping.pattern
        tiles = []
        for group in range(f["group"], f["group"] + f["groups"]):
            address, places = self._tile_address(f, group), []
            for filters in slots(f["outputs"], geometry.ring).count.tolist():
                size = block_bytes(shape.positions, filters, f["channels"], executed, self.config)
                data = self.memory[address : address + size]
                places.append(decode_block(data, filters, shape.positions, f["channels"], executed, self.config))
                address += size
            tiles.append(places)
        self.weights[f["half"]] = (_key(f, TILE), tiles)

    def fetch(self, f: Fields) -> None:
        """Activations to the SPUs, unfolded: (groups, positions, kernel positions, channels)."""
        shape = self.geometry.shape
        tensor = self.memory[self.place.activations :].view(np.uint8)
        kind = ELEMENT[self.config.datapath]
        size = shape.images * shape.in_rows * shape.in_cols * shape.in_channels
        tensor = tensor[: size * kind.itemsize].view(kind)
        tensor = tensor.reshape(shape.images, shape.in_rows, shape.in_cols, shape.in_channels)
        position = f["position"] + np.arange(f["positions"])
        parts = []
        for group in range(f["group"], f["group"] + f["groups"]):
            first = group // self.geometry.mapping.split * shape.group_in_channels + f["channel"]
            parts.append(unfold(shape, tensor[..., first : first + f["channels"]], position))
        self.activations[f["half"]] = (_key(f, WINDOW), np.stack(parts))

    def turn(self, f: Fields) -> None:
        """A full turn of the rings."""
        key, tiles = self.weights.get(f["weight_half"], ((), []))
        if key != _key(f, TILE):
            raise ProgramError(f"multiplies with weights {_key(f, TILE)}, but {key} lie in L1")
        key, windows = self.activations.get(f["activation_half"], ((), np.zeros(0)))
        if key != _key(f, WINDOW):
            raise ProgramError(f"multiplies activations {_key(f, WINDOW)}, but {key} lie in L1")
        before = self.sums
        if f["accumulate"] and (before is None or before[0] != _key(f, RESULT)):
            raise ProgramError("adds to partial sums that are not there")
        start = before[1] if f["accumulate"] and before is not None else None
        total = np.stack(
            [
                self._rings(windows[own], tiles[own], None if start is None else start[own], f["outputs"])
                for own in range(f["groups"])
            ]
        )
        self.sums = (_key(f, RESULT), total)
        if f["drain"]:
            self.results[f["output_half"]], self.sums = self.sums, None

    def _rings(
        self, window: AnyArray, places: list[tuple[AnyArray, IntArray]], start: AnyArray | None, outputs: int
    ) -> AnyArray:
        """(positions, outputs): one group, by its team of SPUs."""
        geometry, ring = self.geometry, self.geometry.ring
        executed, kind = geometry.mapping.pattern, ACCUMULATOR[self.config.datapath]
        words = np.pad(window, ((0, 0), (0, 0), (0, -window.shape[2] % executed.m))).reshape(len(window), -1)
        parts = slots(outputs, ring)
        total = np.zeros((len(window), outputs), kind)
        team = geometry.mapping.team
        (first,), (count,) = spu_runs(np.zeros(1, np.int64), np.array([len(window)]), team)
        held = [place % ring for place in range(team)]  # which sub-filter each SPU holds
        for _ in range(ring):
            for spu, place in enumerate(held):
                rows = slice(int(first[spu]), int(first[spu] + count[spu]))
                own = slice(int(parts.first[place]), int(parts.first[place] + parts.count[place]))
                old = None if start is None else start[rows, own]
                total[rows, own] = gather_sums(words[rows], *places[place], old)
            held = [(place + 1) % ring for place in held]  # each takes over its neighbour's
        return total

    def narrow(self, f: Fields) -> None:
        """The vector unit: sums to elements."""
        if f["half"] not in self.results:
            raise ProgramError("the vector unit finds no sums")
        key, sums = self.results[f["half"]]
        if self.config.output == "element":
            sums = to_bf16(sums) if self.config.datapath == "bf16" else scaled_down(sums, f["shift"])
        self.results[f["half"]] = (key, sums)

    def store(self, f: Fields) -> None:
        """Results to L2 or DRAM."""
        shape, kind = self.geometry.shape, _stored(self.config)
        key, values = self.results.pop(f["half"], ((), np.zeros(0)))
        if key != _key(f, RESULT) or values.dtype != kind:
            raise ProgramError(f"stores {_key(f, RESULT)} as {kind}, but {key} as {values.dtype} lie there")
        tensor = self.memory[self.place.outputs :].view(kind).reshape(self.geometry.m, shape.out_channels)
        rows = slice(f["position"], f["position"] + f["positions"])
        for group, part in enumerate(values, f["group"]):
            first = group * self.geometry.group_filters + f["output"]
            own = tensor[rows, first : first + f["outputs"]]
            own[...] = part[:, : own.shape[1]]  # empty filters are not stored

    def _tile_address(self, f: Fields, group: int) -> int:
        tiling = self.geometry.mapping.tiling
        tile = self.place.weights[f["output"] // tiling.outputs, f["channel"] // tiling.channels]
        return int(tile) + group * self.place.group_bytes


def _key(f: Fields, names: tuple[str, ...]) -> Key:
    return tuple(f[name] for name in names)


def unfold(shape: ConvShape, tensor: AnyArray, position: IntArray) -> AnyArray:
    """(positions, kernel positions, channels): what a kernel sees at output positions; padding is zero.

    Args:
        shape: The convolution.
        tensor: (images, in_rows, in_cols, channels), some channels of its input.
        position: (p,) output positions, counted through images, rows and columns.
    """
    per_image = shape.out_rows * shape.out_cols
    kernel = np.arange(shape.positions)
    within = (position % per_image)[:, None]
    row = within // shape.out_cols * shape.stride[0] + kernel // shape.kernel[1] * shape.dilation[0] - shape.padding[0]
    col = within % shape.out_cols * shape.stride[1] + kernel % shape.kernel[1] * shape.dilation[1] - shape.padding[1]
    inside = (row >= 0) & (row < shape.in_rows) & (col >= 0) & (col < shape.in_cols)
    picked = tensor[(position // per_image)[:, None], np.where(inside, row, 0), np.where(inside, col, 0)]
    return np.where(inside[..., None], picked, np.zeros((), tensor.dtype))
