"""The bench of ``zs_dispatch``."""

import random

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from rtl.bench.coverage import Bins, handshake_bins
from rtl.bench.handshake import (
    CASES,
    SCALE,
    Handle,
    InOrderChecker,
    StreamDriver,
    StreamMonitor,
    number,
    reset,
    start,
    stream,
)
from rtl.bench.models import HEADER_BITS, Dispatch, DispatchOutputs

CYCLES_PER_WORD = 40  # at most
QUEUES, QUEUE, RESOURCES, DEPTH = 3, 1, 2, 3
INPUTS = ("run_i", "instr_valid_i", "allow_i", "token_available_i", "done_i")
BINS = Bins(
    (
        *handshake_bins("instr"),
        "queue empty",
        "queue full",
        "held back by run",
        "waits for a token",
        "waits for two",
        "waits for itself",
        "waits for a resource",
        "granted at once",
        "no resource",
        "every resource",
        "runs for one cycle",
        "next starts one cycle after the end",
        "releases nothing",
        "releases to all",
    )
)


def _word(rng: random.Random) -> int:
    """An instruction of this queue; its opcode and a release to a missing queue must not matter."""
    wait = rng.choice((0, 0, rng.getrandbits(QUEUES)))
    release = rng.getrandbits(QUEUES + 1)
    resource = rng.choice((0, 1, 2))
    return rng.getrandbits(8) | QUEUE << 8 | wait << 16 | release << 32 | resource << HEADER_BITS


class DispatchTestbench:
    """A driver for words; tokens, grants and ends at random; a model that knows every cycle."""

    def __init__(self, dut: Handle, gap: float, patience: float) -> None:
        self._dut, self._rng, self._patience = dut, stream("dispatch"), patience
        self._model = Dispatch(queues=QUEUES, resources=RESOURCES, capacity=DEPTH)
        self.started, self.ended = InOrderChecker[int](), InOrderChecker[int]()
        gaps, words = stream("gaps"), stream("words")
        self.driver = StreamDriver(dut, "instr", "word", gap=lambda: gaps.random() < gap, rng=stream("idle"))
        StreamMonitor(
            dut.clk_i,
            valid=dut.instr_valid_i,
            ready=dut.instr_ready_o,
            data=dut.instr_word_i,
            beat=self._accepted,
            bins=BINS,
            port="instr",
        )
        self.driver.beats.extend(_word(words) for _ in range(CASES))
        self._left = 0  # cycles until the unit ends
        self._tokens = [0] * QUEUES
        self._since_end = 0

    def _accepted(self, word: int) -> None:
        self.started.expect(word)
        self.ended.expect(word)

    async def run(self) -> None:
        """Until all words have run."""
        for cycle in range(CYCLES_PER_WORD * CASES):
            await self._cycle(run=cycle > 20)
            if self.ended.count == CASES:
                break
        self.started.finish()
        self.ended.finish()
        assert self.ended.count == CASES, f"{self.ended.count} of {CASES} instructions ended"

    async def _cycle(self, run: bool) -> None:
        dut, rng = self._dut, self._rng
        await RisingEdge(dut.clk_i)
        done = self._left == 1
        self._left -= self._left > 0
        rate = 1.0 if self._patience == 1 else self._patience / 6
        self._tokens = [min(2, count + (rng.random() < rate)) for count in self._tokens]
        available = sum(1 << source for source, count in enumerate(self._tokens) if count)
        allowed = rng.getrandbits(RESOURCES) if self._patience < 1 else (1 << RESOURCES) - 1
        dut.run_i.value, dut.done_i.value = int(run), int(done)
        dut.token_available_i.value, dut.allow_i.value = available, allowed
        await FallingEdge(dut.clk_i)
        offered = number(dut.instr_word_i) if number(dut.instr_valid_i) else None
        expected = self._model.step(offered=offered, run=run, available=available, allowed=allowed, done=done)
        self._compare(expected)
        self._cover(expected, run, done)
        if expected.start:
            self.started.check(expected.head_word)
            self._left = rng.choice((1, 1, 2, 5))
        if expected.busy and done:
            self.ended.check(expected.head_word)
        self._tokens = [count - (expected.take >> source & 1) for source, count in enumerate(self._tokens)]
        assert not number(dut.error_o)

    def _compare(self, expected: DispatchOutputs) -> None:
        dut = self._dut
        for name, signal in (
            ("instr_ready", dut.instr_ready_o),
            ("head_valid", dut.head_valid_o),
            ("request", dut.request_o),
            ("start", dut.start_o),
            ("busy", dut.busy_o),
            ("take", dut.token_take_o),
            ("send", dut.token_send_o),
            ("lacks", dut.lacks_o),
        ):
            assert number(signal) == int(getattr(expected, name)), name
        if expected.head_valid:
            assert number(dut.head_word_o) == expected.head_word, "head_word"

    def _cover(self, now: DispatchOutputs, run: bool, done: bool) -> None:
        resource = now.head_word >> HEADER_BITS
        BINS.hit("queue empty", not now.head_valid)
        BINS.hit("queue full", not now.instr_ready)
        BINS.hit("held back by run", now.head_valid and not run and not now.lacks)
        BINS.hit("waits for a token", run and now.lacks.bit_count() == 1)
        BINS.hit("waits for two", run and now.lacks.bit_count() == 2)
        BINS.hit("waits for itself", run and now.lacks >> QUEUE & 1)
        BINS.hit("waits for a resource", now.request and not now.start)
        BINS.hit("granted at once", now.request and now.start)
        BINS.hit("no resource", now.start and not resource)
        BINS.hit("every resource", now.start and resource == 1 << (RESOURCES - 1))
        BINS.hit("runs for one cycle", self._since_end == -1 and done)
        BINS.hit("next starts one cycle after the end", self._since_end == 1 and now.start)
        BINS.hit("releases nothing", now.busy and done and not now.send)
        BINS.hit("releases to all", now.send == (1 << QUEUES) - 1)
        if now.start:
            self._since_end = -1  # it started in the cycle before the next one
        elif now.busy and done:
            self._since_end = 1
        else:
            self._since_end = 0


@cocotb.test(timeout_time=1 * SCALE, timeout_unit="ms")
@cocotb.parametrize(gap=[0.0, 0.7], patience=[0.3, 1.0])
async def test_every_cycle(dut: Handle, gap: float, patience: float) -> None:
    """Every output in every cycle, against the model."""
    await start(dut, [getattr(dut, name) for name in INPUTS])
    await DispatchTestbench(dut, gap, patience).run()


@cocotb.test(timeout_time=1 * SCALE, timeout_unit="ms")
@cocotb.parametrize(
    fault=["wrong queue", "two resources", "end of nothing"],
)
async def test_error_rises_and_stays(dut: Handle, fault: str) -> None:
    """Until a reset."""
    await start(dut, [getattr(dut, name) for name in INPUTS])
    word = QUEUE << 8
    word = word ^ 1 << 8 if fault == "wrong queue" else word
    word = word | 3 << HEADER_BITS if fault == "two resources" else word
    dut.run_i.value, dut.allow_i.value = 1, 3
    dut.instr_word_i.value, dut.instr_valid_i.value = word, int(fault != "end of nothing")
    await RisingEdge(dut.clk_i)
    dut.instr_valid_i.value, dut.done_i.value = 0, int(fault == "end of nothing")
    await FallingEdge(dut.clk_i)
    assert not number(dut.error_o)
    await RisingEdge(dut.clk_i)
    dut.done_i.value = 0
    for _ in range(3):
        await FallingEdge(dut.clk_i)
        assert number(dut.error_o)
    await reset(dut)
    assert not number(dut.error_o)


@cocotb.test(timeout_time=1 * SCALE, timeout_unit="ms")
async def test_a_missing_queue_blocks_for_ever(dut: Handle) -> None:
    """As in the simulator, where such a program is deadlocked."""
    await start(dut, [getattr(dut, name) for name in INPUTS])
    dut.run_i.value, dut.token_available_i.value = 1, (1 << QUEUES) - 1
    dut.instr_word_i.value, dut.instr_valid_i.value = QUEUE << 8 | 1 << (16 + QUEUES), 1
    await RisingEdge(dut.clk_i)
    dut.instr_valid_i.value = 0
    for _ in range(30):
        await FallingEdge(dut.clk_i)
        assert not number(dut.start_o)
        assert number(dut.lacks_o) == 1 << QUEUES


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
