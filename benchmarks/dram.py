"""DRAM commands per second, a controller's requests per second, and one LLaMA2-70B token on CENT, on one core."""

import json
import sys
from functools import partial

import numpy as np

from benchmarks.cost import measure, measure_process
from benchmarks.rows import AIM, Row
from simulator.engine.cycle import run_cycle
from simulator.engine.fast import run_fast
from simulator.families.dram_pim import FAMILY
from simulator.families.dram_pim.cent import BlockLowering
from simulator.families.dram_pim.placement import Placement
from simulator.families.dram_pim.timing import job
from simulator.families.dram_pim.transformer import transformer
from simulator.memory.commands.table import channel_words, counts
from simulator.memory.controller.config import ControllerConfig, load_device
from simulator.memory.controller.run import run_controller
from simulator.memory.controller.traces import random, stream

TITLE = "DRAM commands per CPU second, all constraints kept; one LLaMA2-70B token on CENT"
COMMANDS_AIM, TOKEN_AIM_S, MEMORY_AIM_MIB = 1_000_000, 5.0, 2048.0
REPEATS = 3


def run(model: str = "llama2-70b", small: str = "llama2-7b", sequence: int = 128) -> list[Row]:
    """Measure.

    Args:
        model: The decoder of the token.
        small: The decoder of whose block all executors run the first instructions.
        sequence: Tokens in its KV cache.

    Raises:
        AssertionError: The executors disagree.
    """
    config = FAMILY.load_config("cent")
    place = Placement(model=transformer(model), config=config, block_channels=config.channels)
    made = job(BlockLowering(place, sequence).block(), config)
    run_fast(made, compiled=True)  # compiles
    final: list[np.ndarray | None] = []
    _, cost = measure(partial(run_fast, made, compiled=True), REPEATS)
    run_fast(made, compiled=True, final=final)
    memory, state = made.machine.memories[0], final[0]
    assert memory is not None, "the host has a memory"
    assert state is not None, "it has been asked for"
    issued = sum(int(found.sum()) for found in counts(memory.params, state, config.table).values())
    rate, what = issued / cost.cpu, f"fast, {issued:,} commands of a block of {model}"
    note = f"{cost.cpu / issued * 1e9:.0f} ns each, runs of equal columns at once"
    rows = [_row(what, rate, AIM, COMMANDS_AIM, note)]
    rows += _beside_each_other(small, sequence)
    return [*rows, *_controller(), *_token(model, sequence)]


def _beside_each_other(model: str, sequence: int) -> list[Row]:
    """The block of a small model on two channels, so that SimPy and plain Python end soon."""
    config = FAMILY.load_config("cent", ("channels=2", "rows=65536"))
    place = Placement(model=transformer(model), config=config, block_channels=2)
    program = BlockLowering(place, sequence).matrices()
    made = job(program, config)
    final: list[np.ndarray | None] = []
    expected, cycle = measure(partial(run_cycle, made))
    run_cycle(made, final=final)
    times, fast = measure(partial(run_fast, made, compiled=True), REPEATS)
    plain_times, plain = measure(partial(run_fast, made, compiled=False))
    assert np.array_equal(times, expected), "the executors disagree"
    assert np.array_equal(plain_times, expected), "the executors disagree"
    memory, state = made.machine.memories[0], final[0]
    assert memory is not None, "the host has a memory"
    assert state is not None, "it has been asked for"
    issued = sum(int(found.sum()) for found in counts(memory.params, state, config.table).values())
    assert len(channel_words(memory.params, state)) == 2, "two channels"
    what = f"fast, {issued:,} commands on two channels"
    note = "start and end of all instructions are equal"
    return [
        _row(what, issued / fast.cpu, "cycle (SimPy)", issued / cycle.cpu, note),
        _row(what, issued / fast.cpu, "fast as plain Python", issued / plain.cpu, note),
    ]


def _controller() -> list[Row]:
    """Traces on a controller, compiled and as plain Python."""
    device = load_device("ddr3-1600")
    config = ControllerConfig(
        page_policy="open_adaptive", scheduler="fr_fcfs", scheduler_buffer="shared", request_buffer_size=32
    )
    rows = []
    for trace in (stream(), random(device)):
        run_controller(config, trace, device)  # compiles
        result, fast = measure(partial(run_controller, config, trace, device), REPEATS)
        other, plain = measure(partial(run_controller, config, trace, device, compiled=False))
        assert result.cycles == other.cycles, "both are the same functions"
        what = f"controller, {len(trace):,} reads, {trace.name}"
        note = f"{fast.cpu * 1e3:.1f} ms of CPU for a trace"
        rows.append(_row(what, len(trace) / fast.cpu, "as plain Python", len(trace) / plain.cpu, note))
    return rows


def _token(model: str, sequence: int) -> list[Row]:
    """A process of its own, from the start of Python to time and energy of a token; compiled code is in its cache."""
    child = measure_process(sys.executable, "-m", "benchmarks.dram_run", model, str(sequence), repeats=2)
    record = json.loads(child.output)
    what, note = (
        f"{model}, one token, from the start of Python",
        f"wall {child.cost.wall:.1f} s; one block, 32 channels",
    )
    return [
        Row(what=what, ours=child.cost.cpu, unit="CPU s", beside=AIM, theirs=TOKEN_AIM_S, better="less", note=note),
        Row(
            what=f"{model}, most memory",
            ours=record["peak_mib"],
            unit="MiB",
            beside=AIM,
            theirs=MEMORY_AIM_MIB,
            better="less",
        ),
        Row(
            what=f"{model}, time of a token",
            ours=record["token_ms"],
            unit="ms",
            beside="published",
            theirs=record["published_ms"],
            better="same",
        ),
    ]


def _row(what: str, ours: float, beside: str, theirs: float, note: str = "") -> Row:
    return Row(what=what, ours=ours, unit="/s", beside=beside, theirs=theirs, better="more", note=note)
