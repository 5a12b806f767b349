"""The values of a program: NumPy only, no clock, instruction by instruction on bytes.

Weights are dequantised to int8 on their way into a buffer, products are summed exactly (``chain.py`` shows that the
chains do so), and results are rounded to int8 by a shift, halves up. Every core runs the same program on HBM of its
own.
"""

from collections.abc import Callable

import numpy as np

from mapping.arrays import AnyArray, ByteArray, IntArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families import Golden
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig
from simulator.families.dsp_chain.image import image, output
from simulator.families.dsp_chain.isa import (
    A_BUFFER,
    B_BUFFER,
    BIAS_BUFFER,
    FSB_BUFFER,
    GLOBAL_BUFFER,
    META_BUFFER,
)
from simulator.families.dsp_chain.layers import with_indices
from simulator.families.dsp_chain.plan import (
    B_MM_ROW,
    B_MV_ROW,
    CHANNELS,
    GLOBAL_LINE,
    LOOPS,
    META_MM_ROW,
    META_MV_ROW,
    MM_BLOCKS,
    MM_ROW,
    MV_BLOCKS,
    MV_ROW,
)
from simulator.families.dsp_chain.sfu import special
from simulator.families.dsp_chain.weights import expand, unpack
from simulator.program import Program, ProgramError

Fields = dict[str, int]
FSB_MV_ROW = LOOPS
BIAS_ROW = 64


def execute(program: Program, memory: ByteArray, config: DspChainConfig, order: IntArray | None = None) -> ByteArray:
    """The HBM after a program has run in every core.

    Args:
        program: What to run: a GEMM, or rows through the special function unit.
        memory: The HBM before, one equal part for each core; it is not changed.
        config: The machine.
        order: The order of the instructions; by default that in which they stand.

    Raises:
        InputError: A program of the artifact's generator, which overwrites what is in use.
        ProgramError: An instruction that reads or writes outside a memory.
    """
    if config.generator == "artifact":
        raise InputError("generator='artifact': its programs overwrite buffers in use; values need 'physical'")
    parts = memory.reshape(config.cores, -1)
    return np.concatenate([_run(program, part, config, order) for part in parts])


def _run(program: Program, part: ByteArray, config: DspChainConfig, order: IntArray | None) -> ByteArray:
    core = _Core(part.copy(), config)
    run: dict[str, Callable[[Fields], None]] = {
        "LD": core.load,
        "ST": core.store,
        "MM": core.mm,
        "MV": core.mv,
        "MISC": core.misc,
        "SYS": lambda _: None,
    }
    opcodes = program.isa.opcodes
    names = [[field.name for field in opcode.fields] for opcode in opcodes]
    for i in range(len(program)) if order is None else order.tolist():
        opcode = int(program.opcode[i])
        fields = dict(zip(names[opcode], program.operands[i].tolist(), strict=False))
        try:
            run[opcodes[opcode].name](fields)
        except ProgramError as error:
            raise ProgramError(f"instruction {i}: {error}") from error
    return core.memory


class _Core:
    """Buffers of a core, as bytes, and what each instruction does to them."""

    def __init__(self, memory: ByteArray, config: DspChainConfig) -> None:
        self.memory = memory
        self.a = np.zeros((CHANNELS, config.a_rows * MM_ROW), np.uint8)
        self.b = np.zeros(config.b_rows * B_MM_ROW, np.uint8)
        self.meta = np.zeros((CHANNELS, config.meta_rows * META_MV_ROW), np.uint8)
        self.fsb = np.zeros((CHANNELS, config.fsb_rows * FSB_MV_ROW), np.uint8)
        self.bias = np.zeros(config.bias_rows * BIAS_ROW, np.uint8)
        self.results = np.zeros(config.global_rows * MM_ROW * CHANNELS, np.uint8)
        self.sums = np.zeros((MM_BLOCKS * BLOCK, MV_BLOCKS * BLOCK), np.int64)

    def load(self, f: Fields) -> None:
        """HBM to a buffer; fewer bytes in HBM than in the buffer are values of fewer bits."""
        moved = ceil_div(f["length"] * f["share"], f["whole"])
        data = _part(self.memory, f["hbm_addr"], moved)
        bits = 8 * f["share"] // f["whole"]
        if bits < 8:
            data = unpack(data, f["length"], bits).view(np.uint8)
        channel, matrix = f["channel"], f["matrix"]
        target, row = {
            B_BUFFER: (self.b, B_MM_ROW if matrix else B_MV_ROW),
            META_BUFFER: (self.meta[0 if matrix else channel], META_MM_ROW if matrix else META_MV_ROW),
            BIAS_BUFFER: (self.bias, BIAS_ROW),
            FSB_BUFFER: (self.fsb[0 if matrix else channel], 1 if matrix else FSB_MV_ROW),
            A_BUFFER: (self.a[channel], MM_ROW if matrix else MV_ROW),
            GLOBAL_BUFFER: (self.results, GLOBAL_LINE),
        }[f["mode"]]
        _part(target, f["bank_addr"] * row, len(data))[:] = data

    def store(self, f: Fields) -> None:
        """Results to HBM."""
        row = MM_ROW * CHANNELS if f["matrix"] else GLOBAL_LINE
        address = f["bank_addr"] * row + (f["channel"] * MM_ROW if f["matrix"] else 0)
        _part(self.memory, f["hbm_addr"], f["length"])[:] = _part(self.results, address, f["length"])

    def mv(self, f: Fields) -> None:
        """A vector times up to 512 columns; channel c holds the blocks of columns c, c + 8, c + 16, c + 24."""
        vector = _part(self.b, f["b_addr"] * B_MV_ROW, BLOCK * f["K"]).view(np.int8).astype(np.int64)
        sums = np.zeros((MV_BLOCKS, BLOCK), np.int64)
        for channel in range(CHANNELS):
            stored = (self.a[channel], f["a_addr"] * MV_ROW)
            meta = (self.meta[channel], f["meta_addr"] * META_MV_ROW)
            codes = self._codes(self.fsb[channel], f["fsb_addr"] * FSB_MV_ROW, LOOPS * f["K"], f)
            matrix = _matrix(stored, meta, codes, f).reshape(LOOPS, BLOCK * f["K"], BLOCK)
            sums[channel::CHANNELS] = vector @ matrix
        self._accumulate(f, sums.reshape(1, -1))
        if f["output"]:
            bias = _part(self.bias, f["bias_addr"] * BIAS_ROW, 4 * sums.size).view(np.int32) if f["bias"] else 0
            result = requantised(self.sums[:1] + bias, f["shift"], f["relu"])
            _part(self.results, f["out_addr"] * GLOBAL_LINE, result.size)[:] = result.view(np.uint8).ravel()

    def mm(self, f: Fields) -> None:
        """128 rows times 16 columns; channel c holds rows 16 c to 16 c + 15, block after block of K."""
        rows = [_part(self.a[c], f["a_addr"] * MM_ROW, MM_ROW * f["K"]) for c in range(MM_BLOCKS)]
        blocks = np.stack(rows).view(np.int8).reshape(MM_BLOCKS, f["K"], BLOCK, BLOCK)
        activations = blocks.transpose(0, 2, 1, 3).reshape(MM_BLOCKS * BLOCK, -1).astype(np.int64)
        codes = self._codes(self.fsb[0], f["fsb_addr"], f["K"], f)
        matrix = _matrix((self.b, f["b_addr"] * B_MM_ROW), (self.meta[0], f["meta_addr"] * META_MM_ROW), codes, f)
        self._accumulate(f, activations @ matrix)
        if f["output"]:
            bias = _part(self.bias, f["bias_addr"] * BIAS_ROW, 4 * BLOCK).view(np.int32) if f["bias"] else 0
            result = requantised(self.sums[:, :BLOCK] + bias, f["shift"], f["relu"])
            _part(self.results, f["out_addr"] * MM_ROW * CHANNELS, result.size)[:] = result.view(np.uint8).ravel()

    def misc(self, f: Fields) -> None:
        """A row through the special function unit."""
        count = BLOCK * f["K"]
        a, b = (
            _part(self.results, f[name] * GLOBAL_LINE, count).view(np.int8).copy()
            for name in ("in_a_addr", "in_b_addr")
        )
        result = special(f["operation"], a, b)
        _part(self.results, f["out_addr"] * GLOBAL_LINE, count)[:] = result.view(np.uint8)

    def _codes(self, buffer: ByteArray, address: int, count: int, f: Fields) -> IntArray:
        if not f["sparse"]:
            return np.full(count, BLOCK)
        return _part(buffer, address, count).astype(np.int64)

    def _accumulate(self, f: Fields, sums: IntArray) -> None:
        target = self.sums[: sums.shape[0], : sums.shape[1]]
        target[...] = sums if f["first"] else target + sums


def _matrix(stored: tuple[ByteArray, int], meta: tuple[ByteArray, int], codes: IntArray, f: Fields) -> AnyArray:
    """The weights of one or several columns of blocks, one below another."""
    count = BLOCK * int(codes.sum())
    values = _part(*stored, count).view(np.int8).astype(np.int64)
    packed = _part(*meta, BLOCK // 2 * int(with_indices(codes).sum()))
    indices = np.stack([packed & 15, packed >> 4], axis=1).ravel().astype(np.int64)
    return expand(values, indices, codes)


def _part(memory: ByteArray, address: int, size: int) -> ByteArray:
    if address < 0 or address + size > len(memory):
        raise ProgramError(f"{size} bytes at {address} lie outside a memory of {len(memory)}")
    return memory[address : address + size]


def requantised(sums: AnyArray, shift: int, relu: int) -> AnyArray:
    """Sums as int8: shifted right, halves rounded up, saturated."""
    rounded = (sums + ((1 << shift) >> 1)) >> shift
    return np.clip(rounded, 0 if relu else -128, 127).astype(np.int8)


GOLDEN: Golden[DspChainConfig] = Golden(image=image, execute=execute, output=output)
