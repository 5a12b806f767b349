"""Drivers, monitors and checkers of the benches.

Inputs are driven after the rising edge and everything is sampled at the falling one, when all has settled: what is
sampled then is what the next rising edge acts on. That holds in every simulator.
"""

import os
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb.types import LogicArray

from rtl.bench.coverage import Bins, HandshakeCoverage

Handle = Any  # of a signal or module; cocotb finds out at run time which
T = TypeVar("T")

CYCLE_NS = 10
SEED = int(os.environ.get("ZEROSKIP_BENCH_SEED", "1"))  # of everything random; cocotb's own depends on names, too
CASES = int(os.environ.get("ZEROSKIP_BENCH_CASES", "0"))  # how much the bench shall do; each says of what
SCALE = float(os.environ.get("ZEROSKIP_BENCH_SCALE", "1"))  # that is so many times as much as it does by itself
FOUR_STATE = "icarus" in cocotb.SIM_NAME.lower()


def stream(name: str) -> random.Random:
    """A random stream of its own, seeded by the run's seed and the name."""
    return random.Random(f"{SEED}/{name}")


def number(signal: Handle) -> int:
    """The value of a signal.

    Raises:
        AssertionError: It holds an X or a Z.
    """
    value = signal.value
    if isinstance(value, int):  # a parameter, in some simulators
        return value
    bits = str(value)
    try:
        return int(bits, 2)  # much faster than cocotb's own conversion of a wide vector
    except ValueError:
        raise AssertionError(f"{signal._path} is {bits}") from None


def idle_value(signal: Handle, rng: random.Random) -> Any:  # noqa: ANN401  # whatever cocotb takes
    """What stands on a payload that nobody may look at: X, where the simulator knows it."""
    bits = len(signal)
    return LogicArray("X" * bits) if FOUR_STATE else rng.getrandbits(bits)


def forget(*signals: Handle) -> None:
    """Put X on signals that nobody may look at now, where the simulator knows it."""
    if FOUR_STATE:
        for signal in signals:
            signal.value = LogicArray("X" * len(signal))


async def start(dut: Handle, inputs: Iterable[Handle] = ()) -> None:
    """Start the clock, set ``inputs`` to 0 and reset; returns after a rising edge in which nothing is reset."""
    Clock(dut.clk_i, CYCLE_NS, "ns").start()
    for signal in inputs:
        signal.value = 0
    await reset(dut)


async def reset(dut: Handle) -> None:
    """Reset for two cycles."""
    dut.rst_ni.value = 0
    for _ in range(2):
        await RisingEdge(dut.clk_i)
    dut.rst_ni.value = 1
    await RisingEdge(dut.clk_i)


class StreamDriver:
    """Offers beats on a valid/ready port. Once offered, a beat stays until it moves."""

    def __init__(self, dut: Handle, port: str, data: str, *, gap: Callable[[], bool], rng: random.Random) -> None:
        self._clock = dut.clk_i
        self._valid, self._ready = getattr(dut, f"{port}_valid_i"), getattr(dut, f"{port}_ready_o")
        self._data = getattr(dut, f"{port}_{data}_i")
        self._gap, self._rng = gap, rng
        self.beats: deque[int] = deque()
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        offered = False
        while True:
            await RisingEdge(self._clock)
            if not offered:
                offered = bool(self.beats) and not self._gap()
                self._valid.value = int(offered)
                self._data.value = self.beats[0] if offered else idle_value(self._data, self._rng)
            await FallingEdge(self._clock)
            if offered and number(self._ready):
                self.beats.popleft()
                offered = False


class ReadyDriver:
    """Stalls a valid/ready port at random."""

    def __init__(self, clock: Handle, ready: Handle, *, stall: Callable[[], bool]) -> None:
        self._clock, self._ready, self._stall = clock, ready, stall
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        while True:
            await RisingEdge(self._clock)
            self._ready.value = int(not self._stall())


class StreamMonitor:
    """Watches a valid/ready port: calls back for each beat that moves, and checks that a stalled one holds."""

    def __init__(
        self,
        clock: Handle,
        *,
        valid: Handle,
        ready: Handle,
        data: Handle,
        beat: Callable[[int], None],
        bins: Bins,
        port: str,
    ) -> None:
        self._clock, self._valid, self._ready, self._data, self._beat = clock, valid, ready, data, beat
        self._coverage = HandshakeCoverage(bins, port)
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        stalled: int | None = None
        while True:
            await FallingEdge(self._clock)
            valid, ready = bool(number(self._valid)), bool(number(self._ready))
            data = number(self._data) if valid else None
            if stalled is not None:
                assert data == stalled, f"{self._valid._path}: stalled beat {stalled:#x} became {data}"
            self._coverage.sample(valid, ready)
            if data is not None and ready:
                self._beat(data)
            stalled = data if not ready else None


class InOrderChecker(Generic[T]):
    """What comes out must be what is expected, in order; what is expected must be known before it comes."""

    def __init__(self) -> None:
        self._expected: deque[T] = deque()
        self.count = 0

    def expect(self, value: T) -> None:
        """Add what must come out next."""
        self._expected.append(value)

    def check(self, value: T) -> None:
        """Something came out."""
        assert self._expected, f"{value} came out of nothing"
        expected = self._expected.popleft()
        assert value == expected, f"{value} came out, expected {expected}, number {self.count}"
        self.count += 1

    def finish(self) -> None:
        """Nothing may be missing."""
        assert not self._expected, f"{len(self._expected)} never came out"
