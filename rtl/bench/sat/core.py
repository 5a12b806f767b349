"""The lockstep bench of ``zs_sat_core``: programs one after another, a reset between them."""

import json
import os
from dataclasses import replace
from pathlib import Path

import cocotb

from rtl.bench.handshake import SEED, Handle, start
from rtl.bench.lockstep import Core
from rtl.bench.programs import Difference, blocked, compare
from rtl.bench.sat.cases import random_case
from rtl.bench.sat.coverage import bins_of, cover
from rtl.bench.sat.directed import deadlocked, numbered_case, wrapping_case
from rtl.bench.sat.saved import saved_case
from simulator.engine.cycle import run_cycle
from simulator.engine.errors import DeadlockError
from simulator.families.sat import FAMILY


def setting(name: str, default: str) -> str:
    """What the caller of the simulator wants."""
    return os.environ.get(f"ZEROSKIP_BENCH_{name}", default)


CONFIG = FAMILY.load_config(setting("CONFIG", "sat-tiny"))
FIRST, CASES = int(setting("FIRST", "0")), int(setting("CASES", "100"))
PROGRESS = setting("PROGRESS", "")  # file to which the number of finished cases is written
REPORT = setting("REPORT", "")  # file to which the first difference is written
PROGRAM = setting("PROGRAM", "")  # file with a program
COVERAGE = setting("COVERAGE", "")  # not empty: a hole fails
INPUTS = (
    "go_i",
    "limit_i",
    "latency_i",
    "bytes_per_cycle_i",
    "host_write_dram_i",
    "host_row_i",
    "host_data_i",
    "host_write_i",
    "host_index_i",
    "host_word_i",
    "count_i",
    "log_index_i",
)


async def started(dut: Handle) -> Core:
    """The core after a reset."""
    await start(dut, [getattr(dut, name) for name in INPUTS])
    return Core(dut)


@cocotb.test()
async def test_random_programs(dut: Handle) -> None:
    """Every value and every cycle of one program after another."""
    core, bins = await started(dut), bins_of(CONFIG)
    instructions = cycles = 0
    for index in range(FIRST, FIRST + CASES):
        case = numbered_case(CONFIG, SEED, index)
        result = await core.run(case)
        try:
            compare(case, result)
        except Difference as difference:
            if REPORT:
                Path(REPORT).write_text(json.dumps({"case": index, "text": str(difference)}), "utf-8")
            raise
        if COVERAGE:
            cover(bins, case, result)
        instructions += len(case.program)
        cycles += int(result.end.max())
        if PROGRESS:
            Path(PROGRESS).write_text(f"{index + 1 - FIRST} {instructions} {cycles}")
    cocotb.log.info("%d programs, %d instructions, %d cycles: no difference", CASES, instructions, cycles)
    if COVERAGE:
        bins.check()


@cocotb.test(skip=not PROGRAM)
async def test_saved_program(dut: Handle) -> None:
    """Every value and every cycle of a program from a file."""
    core, case = await started(dut), saved_case(Path(PROGRAM), CONFIG, SEED)
    result = await core.run(case)
    try:
        compare(case, result)
    except Difference as difference:
        if REPORT:
            Path(REPORT).write_text(json.dumps({"text": str(difference)}), "utf-8")
        raise
    if PROGRESS:
        Path(PROGRESS).write_text(f"1 {len(case.program)} {result.end.max()}")


@cocotb.test(skip=CONFIG.datapath != "int8")
async def test_accumulators_wrap(dut: Handle) -> None:
    """Sums beyond both ends of int32."""
    core, case = await started(dut), wrapping_case(CONFIG)
    result = await core.run(case)
    compare(case, result)
    sums = FAMILY.golden.output(case.layer, case.mapping, CONFIG, result.memory).ravel().tolist()
    assert sums[0] < 0, "it only grew, so it has wrapped"
    assert len(sums) == 1 or sums[1] > 0, "it only fell"


@cocotb.test()
async def test_a_deadlock_is_reported(dut: Handle) -> None:
    """A program that cannot finish stops, and the blocked instructions are those that the executors name."""
    core = await started(dut)
    case = deadlocked(random_case(CONFIG, SEED, 0))
    try:
        run_cycle(case.job)
        raise RuntimeError("the program must not finish")
    except DeadlockError as error:
        expected = error.blocked
    result = await core.run(case)
    assert not result.finished
    text = blocked(case, result)
    names = case.program.isa.queues
    for entry in expected:
        lacks = ", ".join(names[source] for source in entry.lacks)
        assert f"queue {names[entry.queue]}: instruction {entry.instruction} lacks a token from {lacks}" in text, text


@cocotb.test()
async def test_an_endless_program_is_stopped(dut: Handle) -> None:
    """The watchdog: a transfer that is slower than anybody expects."""
    core = await started(dut)
    case = random_case(CONFIG, SEED, 1)
    slow = replace(case, inputs=dict(case.inputs) | {"latency_i": 2**16 - 1})
    result = await core.run(slow)
    assert not result.finished
    text = ""
    try:
        compare(slow, result)
    except Difference as difference:
        text = str(difference)
    assert "queue load: instruction 0 started in cycle 0 and never ends" in text, text
