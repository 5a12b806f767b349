"""The bench of the cells of a DSP chain: slice, MUX, reduction node, overflow adjust unit and accumulators.

All inputs are drawn anew in each cycle; the clock enable pauses at random. What a cell shows after k enabled cycles
must be the golden value of the inputs of the enabled cycle that lies its latency before.
"""

from collections.abc import Callable
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from rtl.bench.coverage import Bins
from rtl.bench.dsp_chain.stimuli import Array, draw, generator, lanes
from rtl.bench.handshake import CASES, Handle, idle_value, number, start, stream
from simulator.families.dsp_chain import chain
from simulator.families.dsp_chain.chain import A_BITS, ACCUMULATOR_BITS, B_BITS, BLOCK, P_BITS, SUM_BITS

STEPS = CASES
PAUSE = 0.1
GROUPS = 8
BESIDE_BITS = 9
BINS = Bins(
    (
        "paused",
        "fresh sum",
        "cascaded sum",
        "sum wraps at 48 bits",
        "pre-adder wraps",
        "largest product",
        *(f"index {index}" for index in range(BLOCK)),
        "segment ends, packed",
        "segment ends, unpacked",
        "segment goes on",
        "lower lane positive",
        "lower lane negative",
        "lower lane +131072",
        "lower lane largest",
        "lower lane smallest",
        "beside positive",
        "beside negative",
        "accumulator wraps",
        *(f"segments of {2 << log}" for log in range(4)),
    )
)


def wide_draw(rng: np.random.Generator, bits: int) -> Array:
    """(STEPS,) signed numbers; every fourth is an end of the range."""
    values = rng.integers(-(1 << bits - 1), 1 << bits - 1, STEPS)
    ends = rng.choice([-(1 << bits - 1), (1 << bits - 1) - 1], STEPS)
    return np.where(rng.random(STEPS) < 0.25, ends, values)


def draw_packed_sums(rng: np.random.Generator) -> Array:
    """(STEPS,) sums with two lanes: the lower one often at the end of its range, some of any value."""
    corners = [-130048, -1, 0, 1, 131071, 131072, 132095]
    lower = np.where(rng.random(STEPS) < 0.5, rng.choice(corners, STEPS), rng.integers(-130048, 132096, STEPS))
    sums = (rng.integers(-(2**17), 2**17, STEPS) << chain.LANE_BITS) + lower
    return np.where(rng.random(STEPS) < 0.1, wide_draw(rng, P_BITS), sums)


def draw_inputs(rng: np.random.Generator) -> dict[str, Array]:
    """Values of all inputs, by port, (STEPS, ...) each."""
    # Mostly large sums for the first columns, so that some reach the end of 32 bits.
    segment = np.where(rng.random(STEPS) < 0.95, 0, rng.integers(0, 4, STEPS))
    columns = GROUPS >> segment
    at = np.where(rng.random(STEPS) < 0.8, 0, rng.integers(0, BLOCK, STEPS))
    cleared = np.arange(STEPS) < 4 * BLOCK
    largest = 2 ** (SUM_BITS - 1) - 1 - rng.integers(0, 9, (STEPS, 2 * GROUPS))
    sums = np.where(rng.random((STEPS, 1)) < 0.95, largest, wide_draw(rng, SUM_BITS)[:, None])
    return {
        "fresh_i": rng.integers(0, 2, STEPS),
        "a_i": wide_draw(rng, A_BITS),
        "d_i": np.where(rng.random(STEPS) < 0.2, 0, wide_draw(rng, A_BITS)),
        "b_i": wide_draw(rng, B_BITS),
        "pcin_i": wide_draw(rng, P_BITS),
        "window_i": draw("random", (STEPS, BLOCK), rng, weights=False),
        "index_i": rng.integers(0, BLOCK, STEPS),
        "ends_i": rng.integers(0, 2, STEPS),
        "packed_i": rng.integers(0, 4, STEPS) != 0,
        "p_i": draw_packed_sums(rng),
        "beside_i": wide_draw(rng, BESIDE_BITS),
        "clear_i": cleared,
        "column_i": np.where(cleared, np.arange(STEPS) % BLOCK, at) // columns * columns,
        "segment_i": segment,
        "sums_i": sums,
    }


LANE_WIDTHS = {"window_i": 8, "sums_i": SUM_BITS}


def golden(i: dict[str, Array], reduction: int, overflow: int) -> dict[str, tuple[int, list[int]]]:
    """By output: how many enabled cycles behind the inputs, and the values."""
    product = chain.dsp_slice(i["a_i"], i["d_i"], i["b_i"], np.zeros(STEPS, np.int64))
    # The cascade input enters two cycles behind the operands.
    z = np.roll(i["pcin_i"], -2) * (i["fresh_i"] == 0)
    chosen = chain.sparse_mux(np.stack([i["window_i"]] * 2, 1), i["index_i"][:, None])[:, 0, 0]
    ends = i["ends_i"] != 0
    sums = np.where(ends[:, None], chain.reduction_node(i["p_i"], i["beside_i"], i["packed_i"]), 0)
    cascade, beside = chain.overflow_adjust(i["p_i"], i["packed_i"])
    return {
        "pcout_o": (3, words(chain.wrapped(z + product, P_BITS), P_BITS)),
        "mux_o": (1, words(chosen, 8)),
        "deep_mux_o": (2, words(chosen, 8)),
        "node_sums_o": (reduction, [lanes(pair, SUM_BITS) for pair in sums]),
        "node_beside_o": (2, words(np.where(ends, 0, i["beside_i"]), BESIDE_BITS)),
        "overflow_cascade_o": (overflow, words(cascade, P_BITS)),
        "overflow_beside_o": (overflow + 2, words(np.where(ends, 0, beside), BESIDE_BITS)),
    }


def words(values: Array, bits: int) -> list[int]:
    """As they lie on a port."""
    return (values & ((1 << bits) - 1)).tolist()


def totals(i: dict[str, Array]) -> tuple[list[int], list[int]]:
    """Number of columns and their sums, for each enabled cycle; the accumulators are combinational."""
    accumulators = np.zeros((BLOCK, 2), np.int64)
    counts, sums = [], []
    for step in range(STEPS):
        size = 1 << i["segment_i"][step]
        ending = i["sums_i"][step].reshape(GROUPS, 2)[size - 1 :: size]
        column = int(i["column_i"][step])
        before = accumulators[column : column + len(ending)].copy()
        new = chain.accumulate(accumulators, ending, column, clears=bool(i["clear_i"][step]))
        BINS.hit("accumulator wraps", not i["clear_i"][step] and (abs(new - before) > 2**30).any())
        counts.append(len(ending))
        sums.append(lanes(new.ravel(), ACCUMULATOR_BITS))
    return counts, sums


def cover(i: dict[str, Array]) -> None:
    """Fill the bins that the inputs alone decide."""
    fresh, packed, ends = i["fresh_i"] != 0, i["packed_i"] != 0, i["ends_i"] != 0
    wide = i["a_i"] + i["d_i"]
    product = chain.wrapped(wide, A_BITS) * i["b_i"]
    BINS.hit("fresh sum", fresh.any())
    BINS.hit("cascaded sum", (~fresh).any())
    BINS.hit("sum wraps at 48 bits", (~fresh & (abs(np.roll(i["pcin_i"], -2) + product) > 2**47)).any())
    BINS.hit("pre-adder wraps", (abs(wide) > 2 ** (A_BITS - 1)).any())
    BINS.hit("largest product", (product == 2 ** (A_BITS - 1 + B_BITS - 1)).any())
    for index in range(BLOCK):
        BINS.hit(f"index {index}", (i["index_i"] == index).any())
    BINS.hit("segment ends, packed", (ends & packed).any())
    BINS.hit("segment ends, unpacked", (ends & ~packed).any())
    BINS.hit("segment goes on", (~ends).any())
    lower, _ = chain.split_lanes(i["p_i"][ends & packed])
    BINS.hit("lower lane positive", (lower > 0).any())
    BINS.hit("lower lane negative", (lower < 0).any())
    BINS.hit("lower lane +131072", (lower == 131072).any())
    BINS.hit("lower lane largest", (lower == 132095).any())
    BINS.hit("lower lane smallest", (lower == -130048).any())
    _, beside = chain.overflow_adjust(i["p_i"], packed & ~ends)
    BINS.hit("beside positive", (beside > 0).any())
    BINS.hit("beside negative", (beside < 0).any())
    for log in range(4):
        BINS.hit(f"segments of {2 << log}", (i["segment_i"] == log).any())


def word_of(name: str, values: Any, width: int) -> int:  # noqa: ANN401  # a number or lanes of it
    """An input as it lies on its port."""
    return lanes(values, LANE_WIDTHS[name]) if name in LANE_WIDTHS else int(values) & ((1 << width) - 1)


def expectations(i: dict[str, Array], dut: Handle) -> Callable[[str, int], int | None]:
    """What an output must show after so many enabled cycles, or None where it depends on what was before."""
    table = golden(i, int(dut.ReductionStages.value), int(dut.OverflowStages.value))

    def expected(name: str, steps: int) -> int | None:
        latency, values = table[name]
        known = steps >= latency and (name != "pcout_o" or steps < STEPS - 2)
        return values[steps - latency] if known else None

    return expected


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def test_every_cycle(dut: Handle) -> None:
    """Every output in every cycle, against the golden functions."""
    rng = generator(stream("values"))
    inputs = draw_inputs(rng)
    cover(inputs)
    handles = {name: getattr(dut, name) for name in inputs}
    expected = expectations(inputs, dut)
    counts, sums = totals(inputs)
    pauses, noise = stream("pauses"), stream("idle")
    names = (
        "pcout_o",
        "mux_o",
        "deep_mux_o",
        "node_sums_o",
        "node_beside_o",
        "overflow_cascade_o",
        "overflow_beside_o",
    )
    await start(dut, (dut.en_i,))
    steps = 0
    while steps < STEPS:
        enabled = pauses.random() >= PAUSE
        BINS.hit("paused", not enabled)
        dut.en_i.value = int(enabled)
        for name, handle in handles.items():
            if enabled:
                handle.value = word_of(name, inputs[name][steps], len(handle))
            elif name != "pcin_i":
                handle.value = idle_value(handle, noise)
        await FallingEdge(dut.clk_i)
        for name in names:
            want = expected(name, steps)
            if want is not None:
                got = number(getattr(dut, name))
                assert got == want, f"{name} is {got:#x}, expected {want:#x}, after {steps} enabled cycles"
        if enabled:
            assert number(dut.columns_o) == counts[steps], f"columns_o in enabled cycle {steps}"
            got = number(dut.totals_o)
            assert got == sums[steps], f"totals_o is {got:#x}, expected {sums[steps]:#x}, enabled cycle {steps}"
        steps += enabled
        await RisingEdge(dut.clk_i)


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
