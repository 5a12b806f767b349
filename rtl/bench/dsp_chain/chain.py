"""The bench of ``zs_dsp_chain``: every output in every cycle, with gaps at the input and stalls at the output."""

import os
from dataclasses import dataclass

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from rtl.bench.coverage import Bins, HandshakeCoverage, handshake_bins
from rtl.bench.dsp_chain.models import Cascade
from rtl.bench.dsp_chain.stimuli import KINDS, Array, draw, generator, lanes
from rtl.bench.handshake import CASES, SCALE, Handle, idle_value, number, start, stream
from simulator.families.dsp_chain import chain
from simulator.families.dsp_chain.chain import BLOCK, GROUP, HALF, KEPT, ROWS, SUM_BITS, ChainConfig

LENGTH = int(os.environ["ZEROSKIP_BENCH_LENGTH"])
BEATS = CASES
CYCLE_LIMIT = int(20_000 * SCALE)
SEGMENTS = [kept for kept in KEPT if 0 < kept <= LENGTH]
MODES = ("packed", "unpacked")


def bin_names() -> list[str]:
    """What the runs together must bring about."""
    names = [*handshake_bins("in"), *handshake_bins("out"), "cut anywhere", "nothing ends", "last group goes on"]
    names += [f"N={kept}, {mode}, {kind}" for kept in SEGMENTS for mode in MODES for kind in KINDS]
    names += [f"largest sum of {kept}, {mode}" for kept in SEGMENTS for mode in MODES]
    names += [f"smallest sum of {kept}, {mode}" for kept in SEGMENTS for mode in MODES]
    if LENGTH > HALF:
        names += ["ends at the overflow adjust unit", *(f"{slices} slices across it" for slices in range(4, 17, 2))]
    return names


BINS = Bins(bin_names())


@dataclass(frozen=True)
class Beats:
    """Operands of many beats, (beats, ...) each, as ``chain_sums`` takes them."""

    window: Array
    weights: Array
    indices: Array
    cuts: Array
    packed: Array

    def words(self, dut: Handle) -> list[dict[Handle, int]]:
        """By beat: what lies on the ports; the tag is the beat's number."""
        return [
            {
                dut.in_window_i: lanes(self.window[i].ravel(), 8),
                dut.in_weights_i: lanes(self.weights[i], 8),
                dut.in_indices_i: lanes(self.indices[i], 4),
                dut.in_cuts_i: lanes(self.cuts[i], 1),
                dut.in_packed_i: int(self.packed[i]),
                dut.in_tag_i: i % (1 << len(dut.in_tag_i)),
            }
            for i in range(len(self.packed))
        ]

    def sums(self) -> Array:
        """Golden: (beats, L / 2, 2)."""
        return chain.chain_sums(self.window, self.weights, self.indices, self.cuts, self.packed)


def draw_beats(rng: np.random.Generator) -> Beats:
    """Beats of all kinds, half of them cut for some N:16, half anywhere."""
    kinds, packed = rng.choice(KINDS, BEATS), rng.random(BEATS) < 0.5
    window = np.stack([draw(kind, (ROWS, BLOCK), rng, weights=False) for kind in kinds])
    weights = np.stack([draw(kind, (LENGTH,), rng, weights=True) for kind in kinds])
    cuts = rng.random((BEATS, LENGTH // GROUP)) < 0.25
    for i in range(BEATS):
        if rng.random() < 0.6:
            kept = int(rng.choice(SEGMENTS))
            cuts[i] = chain.segment_cuts(kept, LENGTH)
            BINS.hit(f"N={kept}, {MODES[not packed[i]]}, {kinds[i]}")
    return Beats(window, weights, rng.integers(0, BLOCK, (BEATS, LENGTH)), cuts, packed)


def cover(beats: Beats, sums: Array) -> None:
    """Fill the bins of cuts and sums."""
    regular = [chain.segment_cuts(kept, LENGTH) for kept in SEGMENTS]
    for i, cuts in enumerate(beats.cuts):
        BINS.hit("cut anywhere", LENGTH == GROUP or not any((cuts == one).all() for one in regular))
        BINS.hit("nothing ends", not cuts.any())
        BINS.hit("last group goes on", not cuts[-1])
        begins = 0
        for group in np.flatnonzero(cuts):
            end = GROUP * (int(group) + 1)
            size, mode = end - begins, MODES[not beats.packed[i]]
            if size in SEGMENTS:
                BINS.hit(f"largest sum of {size}, {mode}", sums[i, group, 0] == size * 128 * 128)
                BINS.hit(f"smallest sum of {size}, {mode}", sums[i, group, 0] == -size * 128 * 127)
            if LENGTH > HALF:
                BINS.hit("ends at the overflow adjust unit", end == HALF)
                if begins < HALF < end and size > GROUP:
                    BINS.hit(f"{size} slices across it")
            begins = end


async def exercise(dut: Handle, gap: float, stall: float) -> int:
    """Send random beats, compare every cycle; returns the cycles from the first beat to the last result, both in."""
    beats = draw_beats(generator(stream(f"values {gap} {stall}")))
    expected = beats.sums()
    cover(beats, expected)
    results = [lanes(sums.ravel(), SUM_BITS) for sums in expected]
    words = beats.words(dut)
    model = Cascade(config_of(dut).latency)
    gaps, stalls, idle = stream("gaps"), stream("stalls"), stream("idle")
    coverage = HandshakeCoverage(BINS, "in"), HandshakeCoverage(BINS, "out")
    sent, received, offered, first = 0, 0, False, None
    for cycle in range(CYCLE_LIMIT):
        if not offered:
            offered = sent < BEATS and gaps.random() >= gap
            for handle, value in words[min(sent, BEATS - 1)].items():
                handle.value = value if offered else idle_value(handle, idle)
        taken = stalls.random() >= stall
        dut.in_valid_i.value, dut.out_ready_i.value = int(offered), int(taken)
        await FallingEdge(dut.clk_i)
        moves = model.moves(taken)
        assert bool(number(dut.in_ready_o)) == moves, f"in_ready_o, cycle {cycle}"
        assert bool(number(dut.out_valid_o)) == (model.last is not None), f"out_valid_o, cycle {cycle}"
        if model.last is not None:
            assert number(dut.out_tag_o) == model.last % (1 << len(dut.out_tag_o)), f"out_tag_o, cycle {cycle}"
            got = number(dut.out_sums_o)
            assert got == results[model.last], f"beat {model.last}: {got:#x}, expected {expected[model.last].tolist()}"
            received += taken
        coverage[0].sample(offered, moves)
        coverage[1].sample(model.last is not None, taken)
        model.step(sent if offered else None, taken)
        if offered and moves:
            first = cycle if first is None else first
            sent, offered = sent + 1, False
        await RisingEdge(dut.clk_i)
        if received == BEATS:
            assert first is not None
            return cycle - first + 1
    raise AssertionError(f"{received} of {BEATS} beats came out in {CYCLE_LIMIT} cycles")


def config_of(dut: Handle) -> ChainConfig:
    """The configuration that the module was built for."""
    return ChainConfig(
        length=int(dut.Length.value),
        mux_stages=int(dut.MuxStages.value),
        reduction_stages=int(dut.ReductionStages.value),
        overflow_stages=int(dut.OverflowStages.value),
    )


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(gap=[0.0, 0.4], stall=[0.0, 0.5])
async def test_every_cycle(dut: Handle, gap: float, stall: float) -> None:
    """Every output in every cycle; without gaps and stalls, the cycles of the closed form."""
    config = config_of(dut)
    assert config.length == LENGTH
    await start(dut, (dut.in_valid_i, dut.out_ready_i))
    cycles = await exercise(dut, gap, stall)
    if not gap and not stall:
        overflow = config.overflow_stages if LENGTH > HALF else 0
        around = config.mux_stages + config.reduction_stages + overflow
        # The last dot product is there after so many cycles, and is taken in the next.
        assert cycles == chain.cascade_cycles(BEATS, LENGTH) + around + 1


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
