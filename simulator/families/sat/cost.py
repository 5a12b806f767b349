"""What SAT does to run a program, counted for the energy model.

Counts come from the instructions alone and are those of the hardware in ``rtl/sat``, with full groups: where the last
group of a reduction is ragged, its missing activations are counted as fetched.
"""

import numpy as np

from mapping.arrays import IntArray
from simulator.cost.actions import Actions
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import SAT_ISA, WEIGHTS
from simulator.families.sat.timing import dram_bytes
from simulator.memory.config import IdealMemory
from simulator.program import Program

_MAC = {"int8": ("mul.int8", "add.int32"), "fp16": ("mul.fp16", "add.fp32")}
_WIDE = 32  # bits of an accumulator, of a master weight, of a velocity


def actions(program: Program, config: SatConfig) -> list[Actions]:
    """Everything that a program of the array, or of the units beside it, does."""
    of_array = program.isa.name == SAT_ISA.name
    parts = _products(program, config) if of_array else _updates(program, config)
    moved = dram_bytes(program) * 8
    memory = "ideal" if isinstance(config.memory, IdealMemory) else config.memory.preset
    loads, stores = program.of("LOAD"), program.of("STORE")
    if of_array:
        weights = program.operand("LOAD", "buffer") == WEIGHTS
        into = [("weight", moved[loads][weights]), ("activation", moved[loads][~weights])]
    else:
        into = [("output", moved[loads])]
    for name, bits in into:
        parts.append(_scratchpad(name, "write", int(bits.sum()), config))
    narrow = program.operand("STORE", "narrow") == 1
    wide_bits = np.where(narrow, _WIDE // (8 * config.element_bytes), 1) * moved[stores]
    parts.append(_scratchpad("output", "read", int(wide_bits.sum()), config))
    parts.append(Actions(component="DRAM", kind="dram", count=int(moved.sum()), of=memory))
    return [part for part in parts if part.count]


def _products(program: Program, config: SatConfig) -> list[Actions]:
    """The array: multipliers, adders, its registers, and the scratchpads around it."""

    def fold(name: str) -> IntArray:
        return program.operand("GEMM", name)

    macs = int(program.macs.sum())
    positions, slots, outputs, n, m = (
        fold(name) for name in ("position_count", "slot_count", "output_count", "n", "m")
    )
    groups = -(-slots // n)
    element = 8 * config.element_bytes
    weight_bits = slots * outputs * (element + _index_bits(m))
    activation_bits = positions * groups * m * element
    sums = positions * outputs
    output_stationary = fold("output_stationary") == 1
    # A weight passes the rows above its own (stationary: half of them on average), a group of activations every
    # column, and a sum is written for each product; passing sums of several products also once a row.
    rows = np.where(output_stationary, -(-positions // config.interleave), (config.rows + 1) // 2)
    passing = np.where(output_stationary | (n == 1), 0, sums * groups)
    registers = weight_bits * np.minimum(rows, config.rows) + activation_bits * outputs + _WIDE * passing
    multiply, add = _MAC[config.datapath]
    return [
        Actions(component="multipliers", kind=multiply, count=macs),
        Actions(component="adders", kind=add, count=macs + int(passing.sum())),
        Actions(component="array registers", kind="register", count=int(registers.sum()) + _WIDE * macs),
        _scratchpad("weight", "read", int(weight_bits.sum()), config),
        _scratchpad("activation", "read", int(activation_bits.sum()), config),
        _scratchpad("output", "read", _WIDE * int((sums * fold("accumulate")).sum()), config),
        _scratchpad("output", "write", _WIDE * int(sums.sum()), config),
    ]


def _updates(program: Program, config: SatConfig) -> list[Actions]:
    """WUVE: two products and two sums a weight. SORE: an element is compared with the N kept so far."""
    weights = int(program.operand("WUVE", "count").sum())
    wide = program.operand("WUVE", "wide_gradient") == 1
    gradient_bits = int((program.operand("WUVE", "count") * np.where(wide, _WIDE, 16)).sum())
    elements = (
        program.operand("SORE", "positions") * program.operand("SORE", "inputs") * program.operand("SORE", "outputs")
    )
    n, m = program.operand("SORE", "n"), program.operand("SORE", "m")
    source_bits = elements * np.where(program.operand("SORE", "wide") == 1, _WIDE, 16)
    kept_bits = -(-elements * n // m) * (16 + _index_bits(m))
    return [
        Actions(component="WUVE", kind="mul.fp32", count=2 * weights),
        Actions(component="WUVE", kind="add.fp32", count=2 * weights),
        Actions(component="SORE", kind="add.int16", count=int((elements * n).sum())),
        _scratchpad("output", "read", 2 * _WIDE * weights + gradient_bits + int(source_bits.sum()), config),
        _scratchpad("output", "write", 2 * _WIDE * weights + int(kept_bits.sum()), config),
    ]


def _scratchpad(name: str, way: str, bits: int, config: SatConfig) -> Actions:
    kib = getattr(config, f"{name}_scratchpad_kib")
    return Actions(component=f"{name} scratchpad", kind=f"sram.{way}", count=bits, of=kib)


def _index_bits(m: IntArray) -> IntArray:
    """Bits of a position in a group of M."""
    return np.ceil(np.log2(m)).astype(np.int64)
