"""The lockstep bench of ``zs_sat_core``: programs one after another, a reset between them."""

import json
import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import cocotb

from mapping.tiling import Dataflow
from rtl.bench.handshake import Handle, start
from rtl.bench.lockstep import Core
from rtl.bench.programs import Difference, blocked, compare
from rtl.bench.sat.cases import DATAFLOWS, SatCase, random_case, real_case
from rtl.bench.sat.coverage import bins_of, cover
from simulator.engine.cycle import run_cycle
from simulator.engine.errors import DeadlockError
from simulator.families.sat import FAMILY
from simulator.families.sat.isa import EXECUTE, LOAD, TO_EXECUTE, TO_LOAD


def setting(name: str, default: str) -> str:
    """What the caller of the simulator wants."""
    return os.environ.get(f"ZEROSKIP_BENCH_{name}", default)


CONFIG = FAMILY.load_config(setting("CONFIG", "sat-tiny"))
FIRST, CASES = int(setting("FIRST", "0")), int(setting("CASES", "100"))
PROGRESS = setting("PROGRESS", "")  # file to which the number of finished cases is written
REPORT = setting("REPORT", "")  # file to which the first difference is written
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
        case = random_case(CONFIG, cocotb.RANDOM_SEED, index)
        result = await core.run(case)
        try:
            compare(case, result)
        except Difference as difference:
            if REPORT:
                Path(REPORT).write_text(json.dumps({"case": index, "text": str(difference)}), "utf-8")
            raise
        cover(bins, case, result)
        instructions += len(case.program)
        cycles += int(result.end.max())
        if PROGRESS:
            Path(PROGRESS).write_text(f"{index + 1 - FIRST} {instructions} {cycles}")
    cocotb.log.info("%d programs, %d instructions, %d cycles: no difference", CASES, instructions, cycles)
    if COVERAGE:
        bins.check()


@cocotb.test(skip=find_spec("magika") is None)
@cocotb.parametrize(dataflow=DATAFLOWS)
async def test_tile_row_of_magika(dut: Handle, dataflow: Dataflow) -> None:
    """Weights of a real network; the network comes with the extra `models`."""
    core = await started(dut)
    case = real_case(CONFIG, cocotb.RANDOM_SEED, dataflow)
    compare(case, await core.run(case))
    cocotb.log.info("%s: %d instructions, no difference", case.name, len(case.program))


@cocotb.test()
async def test_a_deadlock_is_reported(dut: Handle) -> None:
    """A program that cannot finish stops, and the blocked instructions are those that the executors name."""
    core = await started(dut)
    case = deadlocked(random_case(CONFIG, cocotb.RANDOM_SEED, 0))
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
    case = random_case(CONFIG, cocotb.RANDOM_SEED, 1)
    slow = replace(case, inputs=dict(case.inputs) | {"latency_i": 2**16 - 1})
    result = await core.run(slow)
    assert not result.finished
    text = ""
    try:
        compare(slow, result)
    except Difference as difference:
        text = str(difference)
    assert "queue load: instruction 0 started in cycle 0 and never ends" in text, text


def deadlocked(case: SatCase) -> SatCase:
    """The first load waits for the last fold, which needs it."""
    program = case.program
    wait, release = program.wait.copy(), program.release.copy()
    load, fold = program.of("LOAD")[0], program.of("GEMM")[-1]
    assert not wait[load] & TO_EXECUTE
    assert not release[fold] & TO_LOAD
    assert (program.queue[load], program.queue[fold]) == (LOAD, EXECUTE)
    wait[load] |= TO_EXECUTE
    release[fold] |= TO_LOAD
    changed = replace(program, wait=wait, release=release)
    return replace(case, program=changed, job=FAMILY.job(changed, case.config))
