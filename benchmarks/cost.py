"""What work costs: CPU seconds, which other users of the machine disturb least, and wall seconds."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds (user and system, all threads) and wall seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Child:
    """A process that has ended: what it printed, and what it and its children cost."""

    output: str
    cost: Cost


def measure(work: Callable[[], T], repeats: int = 1) -> tuple[T, Cost]:
    """Do something here; the cheapest (in CPU seconds) of ``repeats`` times counts."""
    costs = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        costs.append(Cost(time.process_time() - cpu, time.perf_counter() - wall))
    return result, min(costs, key=lambda cost: cost.cpu)


def measure_process(*command: str, environment: Mapping[str, str] | None = None, repeats: int = 1) -> Child:
    """Run a command in ``ROOT`` from start to end; the cheapest (in CPU seconds) of ``repeats`` times counts.

    Raises:
        CalledProcessError: It failed.
    """
    children = [_run(command, os.environ | (environment or {})) for _ in range(repeats)]
    return min(children, key=lambda child: child.cost.cpu)


def _run(command: tuple[str, ...], environment: Mapping[str, str]) -> Child:
    begin = time.perf_counter()
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        # Unlike wait(), this gives what this one process has used.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Child(output, Cost(usage.ru_utime + usage.ru_stime, wall))
