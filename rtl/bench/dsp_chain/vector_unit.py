"""The bench of ``zs_vector_unit``: blocks and weights in, sums out; every value and every handshake of every cycle."""

import os

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from rtl.bench.coverage import Bins, HandshakeCoverage, handshake_bins
from rtl.bench.dsp_chain.chain import config_of
from rtl.bench.dsp_chain.models import VectorUnit
from rtl.bench.dsp_chain.stimuli import draw_blocks, generator, lanes
from rtl.bench.handshake import CASES, SCALE, Handle, idle_value, number, start, stream
from simulator.families.dsp_chain import chain
from simulator.families.dsp_chain.chain import ACCUMULATOR_BITS, KEPT, Block, Written

LENGTH = int(os.environ["ZEROSKIP_BENCH_LENGTH"])
CYCLE_LIMIT = int(100_000 * SCALE)
MODES = ("packed", "unpacked")
BINS = Bins(
    [
        *handshake_bins("blk"),
        *handshake_bins("wgt"),
        *handshake_bins("out"),
        *(f"N={kept}, {mode}" for kept in KEPT for mode in MODES),
        *(f"N={kept}, -128 x -128 in every lane" for kept in KEPT if kept),
        *(f"N={kept} only" for kept in KEPT),
        *(f"N={kept} first" for kept in KEPT),
        *(f"N={kept} last" for kept in KEPT),
        *(f"N={kept} inside" for kept in KEPT),
        "N changes between blocks",
        "block waits for weights",
        "weights wait for a block",
        "output full",
    ]
)


class Run:
    """Ports, streams and model of one run.

    Args:
        dut: The module.
        blocks: What it is to do.
        gap: Probability of an idle cycle before a block or a beat of weights.
        stall: Probability that the output is not taken.
    """

    def __init__(self, dut: Handle, blocks: list[Block], gap: float, stall: float) -> None:
        self._dut, self._blocks = dut, blocks
        self._gap, self._stall = gap, stall
        self._model = VectorUnit(blocks, config_of(dut))
        self._wanted = [self._word(written) for written in chain.vector_unit(blocks, LENGTH)]
        weights = np.concatenate([block.weights for block in blocks]).reshape(-1, LENGTH)
        indices = np.concatenate([block.indices for block in blocks]).reshape(-1, LENGTH)
        self._weights = [
            {dut.wgt_weights_i: lanes(values, 8), dut.wgt_indices_i: lanes(places, 4)}
            for values, places in zip(weights, indices, strict=True)
        ]
        self._random = {name: stream(name) for name in ("gaps", "stalls", "idle")}
        self._coverage = {name: HandshakeCoverage(BINS, name) for name in ("blk", "wgt", "out")}
        self._sent = {"blk": 0, "wgt": 0}
        self._offered = {"blk": False, "wgt": False}

    @staticmethod
    def _word(written: Written) -> tuple[int, int, int]:
        """First column, number of columns, and sums as they lie on the port."""
        return written.column, len(written.sums), lanes(written.sums.ravel(), ACCUMULATOR_BITS)

    def _beats(self, port: str) -> int:
        return len(self._blocks) if port == "blk" else len(self._weights)

    def _payload(self, port: str, at: int) -> dict[Handle, int]:
        if port == "wgt":
            return self._weights[at]
        block, dut = self._blocks[at], self._dut
        return {
            dut.blk_kept_i: block.kept,
            dut.blk_first_i: int(block.first),
            dut.blk_last_i: int(block.last),
            dut.blk_packed_i: int(block.packed),
            dut.blk_window_i: lanes(block.window.ravel(), 8),
        }

    def _drive(self, port: str) -> None:
        if self._offered[port]:
            return
        there = self._sent[port] < self._beats(port)
        self._offered[port] = there and self._random["gaps"].random() >= self._gap
        if self._beats(port):
            for handle, value in self._payload(port, min(self._sent[port], self._beats(port) - 1)).items():
                handle.value = value if self._offered[port] else idle_value(handle, self._random["idle"])
        getattr(self._dut, f"{port}_valid_i").value = int(self._offered[port])

    async def cycles(self) -> int:
        """Run to the end; cycles from the first block to the last sums, both included."""
        dut, model, received, first = self._dut, self._model, 0, None
        for cycle in range(CYCLE_LIMIT):
            self._drive("blk")
            self._drive("wgt")
            taken = self._random["stalls"].random() >= self._stall
            dut.out_ready_i.value = int(taken)
            await FallingEdge(dut.clk_i)
            outputs = model.outputs()
            ready = {"blk": outputs.block_ready, "wgt": outputs.weights_ready}
            for port, want in ready.items():
                assert bool(number(getattr(dut, f"{port}_ready_o"))) == want, f"{port}_ready_o, cycle {cycle}"
                self._coverage[port].sample(self._offered[port], want)
            received += self._check_output(outputs.written, taken, cycle)
            BINS.hit("block waits for weights", outputs.weights_ready and not self._offered["wgt"])
            BINS.hit("weights wait for a block", self._offered["wgt"] and self._sent["blk"] == 0)
            BINS.hit("output full", outputs.written is not None and not taken)
            model.step(self._sent["blk"] if self._offered["blk"] else None, self._offered["wgt"], taken)
            for port, want in ready.items():
                if self._offered[port] and want:
                    first = cycle if first is None else first
                    self._sent[port] += 1
                    self._offered[port] = False
            await RisingEdge(dut.clk_i)
            if received == len(self._wanted):
                assert first is not None
                return cycle - first + 1
        raise AssertionError(f"{received} of {len(self._wanted)} outputs came in {CYCLE_LIMIT} cycles")

    def _check_output(self, written: int | None, taken: bool, cycle: int) -> bool:
        """Compare the output port; whether a beat moves."""
        dut = self._dut
        assert bool(number(dut.out_valid_o)) == (written is not None), f"out_valid_o, cycle {cycle}"
        self._coverage["out"].sample(written is not None, taken)
        if written is None:
            return False
        got = number(dut.out_column_o), number(dut.out_columns_o), number(dut.out_sums_o)
        assert got == self._wanted[written], f"output {written}: {got}, expected {self._wanted[written]}, cycle {cycle}"
        return taken


def cover(blocks: list[Block]) -> None:
    """Fill the bins that the blocks decide."""
    for at, block in enumerate(blocks):
        kept = block.kept
        BINS.hit(f"N={kept}, {MODES[not block.packed]}")
        place = {(1, 1): "only", (1, 0): "first", (0, 1): "last", (0, 0): "inside"}[block.first, block.last]
        BINS.hit(f"N={kept} {place}")
        if kept:
            lowest = block.packed and (block.window == -128).all() and (block.weights == -128).all()
            BINS.hit(f"N={kept}, -128 x -128 in every lane", lowest)
        BINS.hit("N changes between blocks", not block.first and kept != blocks[at - 1].kept)


@cocotb.test(timeout_time=20, timeout_unit="ms")
@cocotb.parametrize(gap=[0.0, 0.3], stall=[0.0, 0.6])
async def test_every_cycle(dut: Handle, gap: float, stall: float) -> None:
    """Every output in every cycle; without gaps and stalls, the cycles of the closed form."""
    config = config_of(dut)
    assert config.length == LENGTH
    await start(dut, (dut.blk_valid_i, dut.wgt_valid_i, dut.out_ready_i))
    blocks = draw_blocks(CASES, generator(stream(f"blocks {gap} {stall}")))
    cover(blocks)
    cycles = await Run(dut, blocks, gap, stall).cycles()
    if not gap and not stall:
        busy = sum(chain.block_cycles(block.kept, LENGTH, flushes=block.flushes) for block in blocks)
        assert cycles == chain.unit_cycles(busy, config)


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
