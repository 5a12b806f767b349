"""Instructions per second of the executors, on one core."""

from functools import partial

import numba
import numpy as np

from benchmarks.cost import measure
from benchmarks.pipeline import pipeline, recurrence, recurrence_arguments
from benchmarks.rows import AIM, Row
from simulator.engine.cycle import run_cycle
from simulator.engine.fast import run_fast

TITLE = "instructions per CPU second; load, execute, store, double-buffered, one DRAM port"
FAST_AIM, CYCLE_AIM = 10_000_000, 30_000
REPEATS = 3


def run(fast: tuple[int, ...] = (300_000, 3_000_000), cycle: int = 30_000) -> list[Row]:
    """Measure.

    Args:
        fast: Lengths of the jobs of the fast executor.
        cycle: Length of the job of all executors.

    Raises:
        AssertionError: The executors disagree.
    """
    loop = numba.njit(recurrence)
    run_fast(pipeline(cycle), compiled=True)
    loop(*recurrence_arguments(pipeline(cycle)))
    return [row for length in fast for row in _beside_limit(length, loop)] + _beside_each_other(cycle)


def _beside_limit(length: int, loop: numba.core.dispatcher.Dispatcher) -> list[Row]:
    job = pipeline(length)
    _, ours = measure(partial(run_fast, job, compiled=True), REPEATS)
    _, limit = measure(partial(loop, *recurrence_arguments(job)), REPEATS)
    what, rate, note = f"fast, {length:,} instructions", length / ours.cpu, f"{ours.cpu / length * 1e9:.0f} ns each"
    return [
        _row(what, rate, AIM, FAST_AIM, note),
        _row(what, rate, "limit: the maxima and sums alone", length / limit.cpu),
    ]


def _beside_each_other(length: int) -> list[Row]:
    job = pipeline(length)
    expected, cycle = measure(partial(run_cycle, job))
    rates = {}
    for compiled in (True, False):
        times, cost = measure(partial(run_fast, job, compiled=compiled), REPEATS)
        assert np.array_equal(times, expected), "the executors disagree"
        rates[compiled] = length / cost.cpu
    note = "start and end of all instructions are equal"
    return [
        _row(f"fast, {length:,} instructions", rates[True], "cycle (SimPy)", length / cycle.cpu, note),
        _row(f"fast, {length:,} instructions", rates[True], "fast as plain Python", rates[False], note),
        _row(f"cycle, {length:,} instructions", length / cycle.cpu, AIM, CYCLE_AIM),
    ]


def _row(what: str, ours: float, beside: str, theirs: float, note: str = "") -> Row:
    return Row(what=what, ours=ours, unit="/s", beside=beside, theirs=theirs, better="more", note=note)
