"""The values of a program: executed on an image of the host's memory and the banks with NumPy, without a clock."""

from zlib import crc32

import numpy as np

from mapping.arrays import AnyArray, ByteArray, Float32Array, IntArray
from mapping.graph import Layer, ceil_div
from mapping.sparsity import Pattern, prune_layer
from mapping.tiling import Mapping
from simulator.families import Golden
from simulator.families.dram_pim.arithmetic import Bf16Array, from_bf16, mac, to_bf16
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.isa import DRAM_PIM_ISA
from simulator.families.dram_pim.layers import COLUMN_BITS, COLUMN_BYTES, Layout, layout
from simulator.program import Program, ProgramError


def operands(layer: Layer, pattern: Pattern) -> tuple[Bf16Array, Bf16Array]:
    """Activations (m, k) and pruned weights (n, k) in bf16; what the layer lacks is drawn from its seed."""
    shape = layer.shape
    rng = np.random.default_rng([layer.seed, crc32(f"activations of {layer.name}".encode())])
    activations = layer.activations
    if activations is None:
        activations = rng.standard_normal((shape.images, shape.in_rows, shape.in_cols, shape.in_channels), np.float32)
    weights = prune_layer(layer.with_weights(layer.values()), pattern).weights
    assert weights is not None, "they have just been drawn"
    return to_bf16(activations.reshape(layer.m, layer.k)), to_bf16(weights.reshape(layer.n, layer.k))


def image(layer: Layer, pattern: Pattern, mapping: Mapping, config: DramPimConfig) -> ByteArray:
    """The memory before the program runs: activations, zeros for outputs, and the banks with the weights."""
    place = layout(layer, mapping, config)
    activations, weights = operands(layer, pattern)
    memory = np.zeros(place.end, np.uint8)
    rows = np.zeros((layer.m, place.activation_stride // 2), np.uint16)
    rows[:, : layer.k] = activations
    memory[: place.outputs] = rows.reshape(-1).view(np.uint8)
    banks = memory[place.weights :].reshape(config.channels, config.banks, place.rows, config.row_bytes)
    for output in range(layer.n):
        slot, rest = divmod(output, place.all_banks)
        channel, bank = divmod(rest, config.banks)
        for piece in range(place.pieces):
            first = piece * place.piece_elements
            data = encode(weights[output, first : first + place.inputs(piece)], place, piece)
            row, column = place.place(piece, slot)
            banks[channel, bank, row, column * COLUMN_BYTES : column * COLUMN_BYTES + len(data)] = data
    return memory


def encode(weights: Bf16Array, place: Layout, piece: int) -> ByteArray:
    """One output's weights of a piece as columns: values, then, where compressed, indices in their groups."""
    n, m = place.pattern.n, place.pattern.m
    slots = place.value_columns(piece) * place.config.lanes
    values = np.zeros(slots, np.uint16)
    if m == 1:
        values[: len(weights)] = weights
        return values.view(np.uint8)
    padded = np.zeros(ceil_div(len(weights), m) * m, np.uint16)
    padded[: len(weights)] = weights
    groups = padded.reshape(-1, m)
    # Kept weights first, each group in order; places that a group does not need hold zero weights.
    order = np.argsort((groups & 0x7FFF) == 0, axis=1, kind="stable")[:, :n]
    order.sort(axis=1)
    kept = np.take_along_axis(groups, order, axis=1).reshape(-1)
    indices = np.zeros(slots, np.int64)
    values[: min(len(kept), slots)] = kept[:slots]
    indices[: min(len(kept), slots)] = order.reshape(-1)[:slots]
    width = (m - 1).bit_length()
    bits = ((indices[:, None] >> np.arange(width)) & 1).astype(np.uint8).reshape(-1)
    packed = np.zeros(place.index_columns(piece) * COLUMN_BYTES, np.uint8)
    raw = np.packbits(bits, bitorder="little")
    packed[: len(raw)] = raw
    return np.concatenate([values.view(np.uint8), packed])


def execute(program: Program, memory: ByteArray, config: DramPimConfig, order: IntArray | None = None) -> ByteArray:
    """The memory after a program has run.

    Args:
        program: What to run, from ``layers.lower``.
        memory: The image before; it is not changed.
        config: The machine.
        order: The order of the instructions; by default that in which they stand.

    Raises:
        ProgramError: An instruction that the golden model does not know.
    """
    machine = _Machine(program, memory, config)
    for index in range(len(program)) if order is None else order:
        machine.run(int(index))
    return machine.memory


class _Machine:
    """Buffers, registers and memory."""

    def __init__(self, program: Program, memory: ByteArray, config: DramPimConfig) -> None:
        self.program, self.config = program, config
        self.memory = memory.copy()
        banks = config.channels * config.banks * config.row_bytes
        notes = program.notes
        rows_end = len(memory)
        host = notes["m"] * ceil_div(notes["k"], config.lanes) * COLUMN_BYTES
        host += notes["m"] * ceil_div(notes["n"], config.channels * config.banks) * config.channels * config.banks * 2
        rows = (rows_end - host) // banks
        self.banks = self.memory[host:].reshape(config.channels, config.banks, rows, config.row_bytes)
        self.buffer = np.zeros((config.channels, config.row_elements), np.uint16)
        self.registers = np.zeros((config.channels, config.banks, config.registers), np.float32)

    def run(self, index: int) -> None:
        opcode = DRAM_PIM_ISA.opcodes[self.program.opcode[index]]
        fields = dict(zip((f.name for f in opcode.fields), self.program.operands[index].tolist(), strict=False))
        channels = [c for c in range(self.config.channels) if (fields["mask"] >> c) & 1]
        match opcode.name:
            case "WR_GB":
                data = self.memory[fields["address"] :][: fields["count"] * COLUMN_BYTES].view(np.uint16)
                self.buffer[channels, : len(data)] = data
            case "WR_BIAS":
                self.registers[channels, :, fields["register"]] = from_bf16(self._vectors(fields, channels))
            case "RD_MAC":
                self._store(fields, channels, self.registers[channels, :, fields["register"]])
            case "MAC_ABK":
                if fields["n"]:
                    self._mac(fields, channels)
            case "SYNC":
                pass
            case _:
                raise ProgramError(f"instruction {index}: the golden model does not know {opcode.name}")

    def _vectors(self, fields: dict[str, int], channels: list[int]) -> Bf16Array:
        size = self.config.banks * 2
        starts = [fields["address"] + channel * fields["stride"] for channel in channels]
        return np.stack([self.memory[start : start + size].view(np.uint16) for start in starts])

    def _store(self, fields: dict[str, int], channels: list[int], values: Float32Array) -> None:
        for channel, row in zip(channels, to_bf16(values), strict=True):
            start = fields["address"] + channel * fields["stride"]
            self.memory[start : start + len(row) * 2] = row.view(np.uint8)

    def _mac(self, fields: dict[str, int], channels: list[int]) -> None:
        lanes, n, m = self.config.lanes, fields["n"], fields["m"]
        first = fields["column"] * COLUMN_BYTES
        data = self.banks[channels, :, fields["row"], first : first + fields["count"] * COLUMN_BYTES]
        values = np.ascontiguousarray(data).view(np.uint16)
        columns = fields["count"]
        inputs = self.buffer[channels][:, None, :]
        if m > 1:
            width = (m - 1).bit_length()
            columns = next(c for c in range(columns, 0, -1) if c + -(-c * lanes * width // COLUMN_BITS) <= columns)
            indices = _indices(data[..., columns * COLUMN_BYTES :], columns * lanes, width)
            kept = np.arange(columns * lanes)
            where = np.minimum(kept // n * m + indices, self.config.row_elements - 1)
            inputs = np.take_along_axis(np.broadcast_to(inputs, (*where.shape[:2], inputs.shape[-1])), where, axis=-1)
        else:
            inputs = inputs[..., fields["source"] * lanes :]
        sums = self.registers[channels, :, fields["register"]]
        for column in range(columns):
            at = slice(column * lanes, (column + 1) * lanes)
            sums = mac(sums, values[..., at], inputs[..., at])
        self.registers[channels, :, fields["register"]] = sums


def _indices(data: ByteArray, count: int, width: int) -> IntArray:
    bits = np.unpackbits(np.ascontiguousarray(data), axis=-1, bitorder="little")[..., : count * width]
    return (bits.reshape(*bits.shape[:-1], count, width) * (1 << np.arange(width))).sum(axis=-1, dtype=np.int64)


def output(layer: Layer, mapping: Mapping, config: DramPimConfig, memory: ByteArray) -> AnyArray:
    """The output tensor in an image, (images, out_rows, out_cols, out_channels) float32 (bf16 values)."""
    place = layout(layer, mapping, config)
    shape = layer.shape
    values = from_bf16(memory[place.outputs : place.weights].view(np.uint16)).reshape(layer.m, -1)[:, : layer.n]
    return values.reshape(shape.images, shape.out_rows, shape.out_cols, shape.out_channels)


GOLDEN = Golden(image=image, execute=execute, output=output)
