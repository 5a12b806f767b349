"""The bench of what a beat goes in and comes out of: spill register and FIFO."""

import cocotb
from cocotb.triggers import FallingEdge

from rtl.bench.coverage import Bins, handshake_bins
from rtl.bench.handshake import (
    CASES,
    Handle,
    InOrderChecker,
    ReadyDriver,
    StreamDriver,
    StreamMonitor,
    number,
    start,
    stream,
)
from rtl.bench.models import BoundedQueue

CYCLES_PER_BEAT = 50  # at most


class StreamTestbench:
    """Driver, staller, two monitors, a checker of what comes out, and a model that knows every cycle."""

    def __init__(self, dut: Handle, *, capacity: int, gap: float, stall: float, bins: Bins) -> None:
        self._dut, self._bins = dut, bins
        self._model = BoundedQueue(capacity)
        self._capacity = capacity
        self.checker = InOrderChecker[int]()
        gaps, stalls = stream("gaps"), stream("stalls")
        self.driver = StreamDriver(dut, "in", "data", gap=lambda: gaps.random() < gap, rng=stream("idle"))
        ReadyDriver(dut.clk_i, dut.out_ready_i, stall=lambda: stalls.random() < stall)
        for port, suffix, react in (("in", "io", self.checker.expect), ("out", "oi", self.checker.check)):
            StreamMonitor(
                dut.clk_i,
                valid=getattr(dut, f"{port}_valid_{suffix[0]}"),
                ready=getattr(dut, f"{port}_ready_{suffix[1]}"),
                data=getattr(dut, f"{port}_data_{suffix[0]}"),
                beat=react,
                bins=bins,
                port=port,
            )

    async def run(self, beats: int) -> None:
        """Send random beats and wait until all have come out."""
        data, width = stream("data"), len(self._dut.in_data_i)
        self.driver.beats.extend(data.getrandbits(width) for _ in range(beats))
        for _ in range(CYCLES_PER_BEAT * beats):
            await FallingEdge(self._dut.clk_i)
            self._compare()
            if self.checker.count == beats:
                break
        for _ in range(3):  # nothing may come after the last one
            await FallingEdge(self._dut.clk_i)
            self._compare()
        assert self.checker.count == beats, f"{self.checker.count} of {beats} beats came out"
        self.checker.finish()

    def _compare(self) -> None:
        """The cycle that is about to end, against the model."""
        dut, model, bins = self._dut, self._model, self._bins
        assert bool(number(dut.in_ready_o)) == model.ready, "in_ready_o"
        assert bool(number(dut.out_valid_o)) == (model.head is not None), "out_valid_o"
        if hasattr(dut, "count_o"):
            assert number(dut.count_o) == len(model), "count_o"
        offered = number(dut.in_data_i) if number(dut.in_valid_i) else None
        taken = bool(number(dut.out_ready_i))
        bins.hit("empty", not len(model))
        bins.hit("full", len(model) == self._capacity)
        bins.hit("full and read", len(model) == self._capacity and taken)
        bins.hit("empty and written", not len(model) and offered is not None)
        bins.hit("in and out at once", model.ready and offered is not None and bool(len(model)) and taken)
        model.step(offered, taken)


def bins_of(capacity: int) -> Bins:
    """What the four runs together must bring about."""
    names = [*handshake_bins("in"), *handshake_bins("out")]
    names += ["empty", "full", "full and read", "empty and written", "in and out at once"]
    impossible = set()
    if capacity == 1:  # one beat every second cycle
        impossible = {name for name in names if "twice" in name or name == "in and out at once"}
    return Bins(names, impossible)


async def exercise(dut: Handle, capacity: int, gap: float, stall: float, bins: Bins) -> None:
    """Run one combination of gaps and stalls."""
    await start(dut, (dut.in_valid_i, dut.out_ready_i))
    testbench = StreamTestbench(dut, capacity=capacity, gap=gap, stall=stall, bins=bins)
    await testbench.run(CASES)
    cocotb.log.info("%d beats, gap %s, stall %s", CASES, gap, stall)
