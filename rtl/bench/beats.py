"""Beats through a module with one in_* and one out_* port: gaps, stalls, protocol checks and handshake bins."""

from collections.abc import Callable, Sequence

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly

from rtl.bench.coverage import Bins, HandshakeCoverage
from rtl.bench.handshake import Handle

Beat = dict[str, int]


async def reset(dut: Handle) -> None:
    """Start the clock and pull reset."""
    Clock(dut.clk_i, 10, unit="ns").start()
    dut.in_valid_i.value = 0
    dut.out_ready_i.value = 0
    dut.rst_ni.value = 0
    for _ in range(2):
        await FallingEdge(dut.clk_i)
    dut.rst_ni.value = 1
    await FallingEdge(dut.clk_i)


async def exchange(
    dut: Handle,
    beats: Sequence[Beat],
    results: int,
    outputs: Sequence[str],
    *,
    gap: float,
    stall: float,
    rng: np.random.Generator,
    bins: Bins,
    limit: int = 100_000,
    ready_of: Callable[[bool, bool, Beat | None], bool] | None = None,
) -> tuple[list[Beat], int]:
    """Send ``beats``, collect ``results``.

    Args:
        dut: The module.
        beats: Values of input ports, by name.
        results: How many beats must come out.
        outputs: Ports to read with each of them.
        gap: Probability of an idle cycle before a beat; idle payload is noise.
        stall: Probability that out_ready_i is low in a cycle.
        rng: For gaps, stalls and noise.
        bins: The handshake bins of "in" and "out".
        limit: Cycles after which the bench fails.
        ready_of: What in_ready_o must be, from out_valid_o, out_ready_i and the beat that is offered.

    Returns:
        The results, and the cycles from the first input to the last output, both included.
    """
    ports = list(beats[0])
    got: list[Beat] = []
    sent, first, cycle = 0, None, 0
    offered, held = False, None
    coverage = HandshakeCoverage(bins, "in"), HandshakeCoverage(bins, "out")
    while len(got) < results:
        cycle += 1
        assert cycle < limit, f"{sent} of {len(beats)} beats in, {len(got)} of {results} out after {limit} cycles"
        if not offered:
            offered = sent < len(beats) and rng.random() >= gap
        for port in ports:
            handle = getattr(dut, port)
            noise = int.from_bytes(rng.bytes(len(handle) // 8 + 1), "little") & ((1 << len(handle)) - 1)
            handle.value = beats[sent][port] if offered else noise
        ready = rng.random() >= stall
        dut.in_valid_i.value = int(offered)
        dut.out_ready_i.value = int(ready)
        await ReadOnly()
        in_ready, out_valid = bool(int(dut.in_ready_o.value)), bool(int(dut.out_valid_o.value))
        coverage[0].sample(offered, in_ready)
        coverage[1].sample(out_valid, ready)
        if ready_of is not None:
            want = ready_of(out_valid, ready, beats[sent] if offered else None)
            assert not offered or in_ready == want, f"cycle {cycle}: in_ready_o is {in_ready}"
        payload = {port: int(getattr(dut, port).value) for port in outputs} if out_valid else None
        if held is not None:
            assert payload == held, f"cycle {cycle}: the payload changed under stall"
        held = payload if out_valid and not ready else None
        if out_valid and ready:
            assert payload is not None
            got.append(payload)
        if offered and in_ready:
            first = cycle if first is None else first
            sent, offered = sent + 1, False
        await FallingEdge(dut.clk_i)
    assert sent == len(beats), f"only {sent} of {len(beats)} beats went in"
    dut.in_valid_i.value = 0
    dut.out_ready_i.value = 1
    for _ in range(3):
        await ReadOnly()
        assert not int(dut.out_valid_o.value), "more comes out than went in"
        await FallingEdge(dut.clk_i)
    assert first is not None
    return got, cycle - first + 1


def pack(values: Sequence[int], bits: int) -> int:
    """Lanes of a packed port, lane 0 lowest."""
    return sum((int(value) & ((1 << bits) - 1)) << bits * lane for lane, value in enumerate(values))


def unpack(word: int, bits: int, count: int) -> list[int]:
    """The lanes of a packed port."""
    return [word >> bits * lane & ((1 << bits) - 1) for lane in range(count)]
