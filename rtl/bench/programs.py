"""A program, what must come of it, and where the Verilog departs from that.

Knows no family: a ``Case`` brings its program, the DRAM before and after, and the job with its service times.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mapping.arrays import ByteArray, IntArray
from simulator.engine.cycle import run_cycle
from simulator.engine.fast import run_fast
from simulator.engine.job import Job
from simulator.program import Program

AROUND = 4  # instructions shown before and after the first that differs
NOT_YET = -1


@dataclass(frozen=True, kw_only=True)
class Case:
    """A program and what must come of it.

    Attributes:
        name: What it is, for people.
        program: What runs.
        job: The same with service times.
        before: (bytes,) of the DRAM.
        after: (bytes,) as the golden executor leaves it.
        inputs: Values of the core's static inputs by port.
    """

    name: str
    program: Program
    job: Job
    before: ByteArray
    after: ByteArray
    inputs: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the Verilog did: (i,) start and end cycles, NOT_YET where an instruction did not come to it."""

    start: IntArray
    end: IntArray
    finished: bool
    lacks: tuple[int, ...]  # per queue, mask of the queues whose tokens its head lacks
    memory: ByteArray
    error: bool


class Difference(AssertionError):  # noqa: N818  # it is a finding
    """The Verilog and the simulator disagree. The message shows where."""


def compare(case: Case, result: Result) -> None:
    """The Verilog against golden, cycle and fast.

    Raises:
        Difference: Where they part.
    """
    begins, ends = run_cycle(case.job)
    fast_begins, fast_ends = run_fast(case.job)
    if (begins != fast_begins).any() or (ends != fast_ends).any():
        raise Difference(f"{case.name}: the executors disagree with each other")
    different = np.flatnonzero((result.start != begins) | (result.end != ends))
    if len(different):
        # The earliest in time: what follows may be its consequence.
        moments = np.minimum(begins[different], np.where(result.start[different] < 0, 1 << 62, result.start[different]))
        first = int(different[np.lexsort((different, moments))[0]])
        raise Difference(
            f"{case.name}: {len(different)} of {len(begins)} instructions differ in time, first instruction {first}\n"
            + "\n".join(_both(case, result, begins, ends, first))
            + ("" if result.finished else "\n" + blocked(case, result))
        )
    if not result.finished:
        raise Difference(f"{case.name}: it never ends\n{blocked(case, result)}")
    if result.error:
        raise Difference(f"{case.name}: the core raised its error output")
    wrong = np.flatnonzero(result.memory != case.after)
    if len(wrong):
        raise Difference(
            f"{case.name}: {len(wrong)} bytes of DRAM differ, first byte {wrong[0]}: "
            f"Verilog {result.memory[wrong[0]]}, golden {case.after[wrong[0]]}\n{_writer(case, int(wrong[0]))}"
        )


def blocked(case: Case, result: Result) -> str:
    """The instruction at which each queue stands."""
    program, lines = case.program, []
    names = program.isa.queues
    for queue, name in enumerate(names):
        waiting = np.flatnonzero((program.queue == queue) & (result.end == NOT_YET))
        if not len(waiting):
            continue
        head = int(waiting[0])
        if result.start[head] != NOT_YET:
            lines.append(f"queue {name}: instruction {head} started in cycle {result.start[head]} and never ends")
        elif result.lacks[queue]:
            lacks = ", ".join(n for i, n in enumerate(names) if result.lacks[queue] >> i & 1)
            lines.append(f"queue {name}: instruction {head} lacks a token from {lacks}")
        else:
            lines.append(f"queue {name}: instruction {head} has its tokens and does not start")
    return "blocked: " + "; ".join(lines)


def _both(case: Case, result: Result, begins: IntArray, ends: IntArray, first: int) -> list[str]:
    """Both timelines around an instruction, in the order of the program."""
    program = case.program
    lines = [f"  {'':>8} {'queue':<8} {'opcode':<8} {'simulator':>17}  {'Verilog':>17}"]
    for i in range(max(0, first - AROUND), min(len(program), first + AROUND + 1)):
        opcode = program.isa.opcodes[program.opcode[i]].name
        got = "-".join("none" if t == NOT_YET else str(t) for t in (result.start[i], result.end[i]))
        mark = ">" if (result.start[i], result.end[i]) != (begins[i], ends[i]) else " "
        queue, wanted = program.isa.queues[program.queue[i]], f"{begins[i]}-{ends[i]}"
        lines.append(f"{mark} {i:>8} {queue:<8} {opcode:<8} {wanted:>17}  {got:>17}")
    return lines


def _writer(case: Case, byte: int) -> str:
    """Which instruction writes a byte of DRAM."""
    program, names = case.program, ("dram_address", "image_stride", "row_stride", "col_stride")
    for i in program.of("STORE").tolist():
        fields = {f.name: int(v) for f, v in zip(program.isa["STORE"].fields, program.operands[i], strict=False)}
        base, *strides = (fields[name] for name in names)
        counts = [fields[name] for name in ("images", "rows", "cols")]
        offsets = np.zeros(1, np.int64)
        for count, stride in zip(counts, strides, strict=True):
            offsets = (offsets[:, None] + np.arange(count) * stride).ravel()
        if ((byte - base - offsets >= 0) & (byte - base - offsets < fields["run_bytes"])).any():
            return f"it is written by instruction {i}: {program.disassemble(i, 1)[0].strip()}"
    return "no instruction writes it"
