"""What the cores do to run a program, counted for the energy model.

Counts come from the instructions alone. A slice multiplies one kept weight with an activation of one row, or, in MM
mode, of two that share the multiplier: two products. MM always computes 128 rows, also where fewer are in use. Buffers
are read once for an instruction and sent to all units. Not counted: the skew of operands along a chain, dequantiser and
requantiser, instruction memory, the exchange between cores.
"""

import numpy as np

from mapping.arrays import IntArray
from mapping.graph import ceil_div
from simulator.cost.actions import Actions
from simulator.families.dsp_chain.chain import A_BITS, ACCUMULATOR_BITS, B_BITS, P_BITS, ROWS
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig
from simulator.families.dsp_chain.golden import BIAS_ROW, FSB_MV_ROW
from simulator.families.dsp_chain.isa import (
    A_BUFFER,
    ADD,
    B_BUFFER,
    BIAS_BUFFER,
    FSB_BUFFER,
    GLOBAL_BUFFER,
    LAYERNORM,
    META_BUFFER,
    MUL,
    RMSNORM,
    SILU,
    SOFTMAX,
    TWO_PASSES,
)
from simulator.families.dsp_chain.plan import B_MM_ROW, META_MV_ROW, MM_ROW, MV_BLOCKS
from simulator.families.dsp_chain.timing import dram_bytes, transfer_bytes
from simulator.program import Program

_BYTE = 8
_INDEX_BITS = (BLOCK - 1).bit_length()
_PRODUCT_BITS = A_BITS + B_BITS
# Registers of a slice: both pre-adder inputs, the weight, product and sum (rtl/dsp_chain/zs_dsp_slice.sv).
_SLICE_BITS = 2 * A_BITS + B_BITS + _PRODUCT_BITS + P_BITS
_BUFFERS = {
    A_BUFFER: "A buffer",
    B_BUFFER: "B buffer",
    META_BUFFER: "index buffer",
    BIAS_BUFFER: "bias buffer",
    FSB_BUFFER: "code buffer",
    GLOBAL_BUFFER: "global buffer",
}
# Operations of an element, additions, multiplications and comparisons as one, and special functions: from sfu.py.
_ALU = {ADD: 1, MUL: 1, SOFTMAX: 4, LAYERNORM: 5, RMSNORM: 3, SILU: 2}
_SPECIAL = {SOFTMAX: 1, SILU: 2}


def actions(program: Program, config: DspChainConfig) -> list[Actions]:
    """Everything that a program makes all cores do."""
    cores = int(program.notes.get("cores", 1))
    of_core = [
        *_products(program, "MM", config.mm_rows, BLOCK, config),
        *_products(program, "MV", 1, config.mv_columns, config),
        *_special(program, config),
        *_transfers(program, config),
    ]
    moved = _BYTE * int(dram_bytes(program).sum())  # of all cores
    parts = [(part.component, part.kind, part.count * cores, part.of) for part in of_core]
    parts.append(("HBM", "dram", moved, "hbm2"))
    return [Actions(component=name, kind=kind, count=count, of=of) for name, kind, count, of in parts if count]


def _products(program: Program, name: str, rows: int, columns: int, config: DspChainConfig) -> list[Actions]:
    """The chains for MM or MV: products, sums, registers, and the buffers they read and write."""

    def field(key: str) -> IntArray:
        return program.operand(name, key)

    depth, sparse = BLOCK * field("K"), field("sparse") == 1
    weights = columns * depth * field("share") // np.maximum(field("whole"), 1)
    products = int((rows * weights).sum())
    # A block of N:16 adds to each of its sums once, or N / L times; without its N the sums of all blocks bound it.
    most = np.minimum(rows * columns * field("K"), rows * weights // min(2, config.chain.length))
    accumulated = int(np.maximum(most, -(-rows * weights // config.chain.length)).sum())
    slices = products // (ROWS if rows > 1 else 1)
    mux_bits = config.chain.mux_stages * ROWS * _BYTE
    registers = slices * (_SLICE_BITS + mux_bits) + accumulated * ACCUMULATOR_BITS
    written, biased = field("output") == 1, (field("output") == 1) & (field("bias") == 1)
    kept, of_rows = ("B buffer", "A buffer") if name == "MM" else ("A buffer", "B buffer")
    codes = field("K") * (1 if name == "MM" else MV_BLOCKS)
    return [
        Actions(component="multipliers", kind="mul.int8", count=products),
        Actions(component="adders", kind="add.int32", count=products + accumulated),
        Actions(component="chain registers", kind="register", count=registers),
        _buffer(kept, "read", _BYTE * int(weights.sum()), config),
        _buffer(of_rows, "read", _BYTE * rows * int(depth.sum()), config),
        _buffer("index buffer", "read", _INDEX_BITS * int(weights[sparse].sum()), config),
        _buffer("code buffer", "read", _BYTE * int(codes[sparse].sum()), config),
        _buffer("bias buffer", "read", ACCUMULATOR_BITS * columns * int(biased.sum()), config),
        _buffer("global buffer", "write", _BYTE * rows * columns * int(written.sum()), config),
    ]


def _special(program: Program, config: DspChainConfig) -> list[Actions]:
    """The special function unit, in fp16; operations of two passes read a row twice."""
    operation, elements = program.operand("MISC", "operation"), BLOCK * program.operand("MISC", "K")

    def sum_of(work: dict[int, int]) -> int:
        return sum(int(elements[operation == key].sum()) * each for key, each in work.items())

    reads = sum_of(dict.fromkeys((ADD, MUL, *TWO_PASSES), 2) | {SILU: 1})
    return [
        Actions(component="special function unit", kind="alu.fp16", count=sum_of(_ALU)),
        Actions(component="special function unit", kind="special.fp16", count=sum_of(_SPECIAL)),
        _buffer("global buffer", "read", _BYTE * reads, config),
        _buffer("global buffer", "write", _BYTE * int(elements.sum()), config),
    ]


def _transfers(program: Program, config: DspChainConfig) -> list[Actions]:
    """What LDs write into buffers, in bytes as they lie there, and STs read."""
    mode, size = program.operand("LD", "mode"), transfer_bytes(program, "LD", program.of("LD"))
    loads = [
        _buffer(name, "write", _BYTE * int(size[mode == number].sum()), config) for number, name in _BUFFERS.items()
    ]
    stored = int(transfer_bytes(program, "ST", program.of("ST")).sum())
    return [*loads, _buffer("global buffer", "read", _BYTE * stored, config)]


def _buffer(name: str, way: str, bits: int, config: DspChainConfig) -> Actions:
    """A buffer of a core, or its part in one channel where it has one in each of them."""
    size = {
        "A buffer": config.a_rows * MM_ROW,
        "B buffer": config.b_rows * B_MM_ROW,
        "index buffer": config.meta_rows * META_MV_ROW,
        "code buffer": config.fsb_rows * FSB_MV_ROW,
        "bias buffer": config.bias_rows * BIAS_ROW,
        "global buffer": config.global_rows * MM_ROW,
    }[name]
    return Actions(component=name, kind=f"sram.{way}", count=bits, of=ceil_div(size, 1024))
