"""The bench of ``zs_bank_mac``: every bit it reads out, and when, against NumPy."""

import os
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from rtl.bench.coverage import Bins
from simulator.families.dram_pim.arithmetic import from_bf16, mac, to_bf16

REGISTERS = int(os.environ["ZEROSKIP_BENCH_REGISTERS"])
CYCLES = int(os.environ.get("ZEROSKIP_BENCH_CASES", "3000"))
SEED = int(os.environ.get("COCOTB_RANDOM_SEED", "1"))
LATENCY = 8
MAC, BIAS, READ = range(3)
BINS = Bins(
    [
        "idle",
        "two columns after each other into one register",
        "read right after a column",
        "bias right after a column",
        "read right after a bias",
        "infinity",
        "nan",
        "a bias that is another nan than 7fc0, read",
        "negative zero",
        "subnormal",
        "rounded up",
        "tie to even",
    ]
)


def drawn(kind: int, rng: np.random.Generator) -> np.ndarray:
    """16 bf16 values: about normal, any bits, small whole numbers, special, tiny, negative zero."""
    if kind == 0:
        return to_bf16(rng.standard_normal(16).astype(np.float32))
    if kind == 1:
        return rng.integers(0, 2**16, 16).astype(np.uint16)
    if kind == 2:
        return to_bf16(rng.integers(-20, 21, 16).astype(np.float32))
    if kind == 3:
        return rng.choice(np.array([0x0000, 0x8000, 0x7F80, 0xFF80, 0xFFC1, 0x3F80], np.uint16), 16)
    if kind == 4:
        return (rng.integers(0, 2**16, 16) & 0x80FF).astype(np.uint16)
    return np.full(16, 0x8000, np.uint16)


def _inputs(kind: int, rng: np.random.Generator) -> int:
    """The kind of the inputs beside that of the weights: whole numbers stay among themselves, so that ties happen."""
    return {2: 2, 5: 0}.get(kind, int(rng.choice([kind, 0])))


def packed(values: np.ndarray) -> int:
    """Lane 0 in the lowest bits."""
    return int.from_bytes(values.astype("<u2").tobytes(), "little")


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def test_every_bit(dut: Any) -> None:  # noqa: ANN401  # cocotb's handle
    """Random operations, with and without gaps; every value read, in its cycle."""
    rng = np.random.default_rng(SEED)
    dut.rst_ni.value = 0
    dut.valid_i.value = 0
    cocotb.start_soon(Clock(dut.clk_i, 10, "ns").start())
    for _ in range(LATENCY + 2):
        await RisingEdge(dut.clk_i)
    dut.rst_ni.value = 1
    registers = np.zeros(REGISTERS, np.float32)
    known = np.zeros(REGISTERS, np.bool_)
    pending: dict[int, int] = {}
    before = (-1, -1)
    for cycle in range(CYCLES):
        # The kinds of values change slowly, so that registers run through all of them.
        kind = cycle // 120 % 6
        register = int(rng.integers(REGISTERS)) if rng.random() < 0.4 or before[1] < 0 else before[1]
        op = int(rng.choice([MAC, BIAS, READ], p=[0.6, 0.15, 0.25]))
        if before == (BIAS, register) and rng.random() < 0.3:
            op = READ
        if not known[register]:
            op = BIAS
        valid = rng.random() < (0.9 if cycle % 500 < 400 else 0.3)
        weights, inputs = drawn(kind, rng), drawn(_inputs(kind, rng), rng)
        inputs = inputs & 0x7FFF if kind == 5 else inputs
        bias = int(drawn(0 if kind in (1, 3) and rng.random() < 0.5 else kind, rng)[0])
        dut.valid_i.value, dut.op_i.value, dut.register_i.value = int(valid), op, register
        dut.weight_i.value, dut.input_i.value, dut.bias_i.value = packed(weights), packed(inputs), bias
        if valid:
            if op == MAC:
                registers[register] = mac(registers[register], weights, inputs)
            elif op == BIAS:
                registers[register] = from_bf16(np.array([bias], np.uint16))[0]
                known[register] = True
            else:
                pending[cycle + LATENCY] = int(to_bf16(registers[register : register + 1])[0])
                cover(registers[register : register + 1])
            same = before[1] == register
            BINS.hit("two columns after each other into one register", same and op == MAC and before[0] == MAC)
            BINS.hit("read right after a column", same and op == READ and before[0] == MAC)
            BINS.hit("bias right after a column", same and op == BIAS and before[0] == MAC)
            odd = np.isnan(registers[register]) and int(registers.view(np.uint32)[register]) >> 16 != 0x7FC0
            BINS.hit("a bias that is another nan than 7fc0, read", before == (BIAS, register) and op == READ and odd)
            BINS.hit("read right after a bias", same and op == READ and before[0] == BIAS)
            before = (op, register)
        BINS.hit("idle", not valid)
        await ReadOnly()
        out = bool(dut.out_valid_o.value)
        assert out == (cycle in pending), f"cycle {cycle}: out_valid_o={out}, expected {cycle in pending}"
        if out:
            data, want = int(dut.out_data_o.value), pending.pop(cycle)
            assert data == want, f"cycle {cycle}: {data:04x}, expected {want:04x}"
        await RisingEdge(dut.clk_i)


def cover(value: np.ndarray) -> None:
    """Classes of what is read."""
    bits = int(value.view(np.uint32)[0])
    half, low = bits & 0x7FFF_FFFF, bits & 0xFFFF
    BINS.hit("infinity", half == 0x7F80_0000)
    BINS.hit("nan", half > 0x7F80_0000)
    BINS.hit("negative zero", bits == 0x8000_0000)
    BINS.hit("subnormal", 0 < half < 0x0080_0000)
    BINS.hit("rounded up", low > 0x8000 and half < 0x7F80_0000)
    BINS.hit("tie to even", low == 0x8000 and half < 0x7F80_0000)


@cocotb.test()
async def test_zz_coverage(dut: Any) -> None:  # noqa: ANN401  # cocotb's handle
    """No bin may be empty; runs last."""
    del dut
    BINS.check()
