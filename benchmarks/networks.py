"""Whole networks, from a name to cycles."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.cost import measure_process
from benchmarks.rows import AIM, Row

TITLE = "whole networks at 2:8 on sat-32x32, best of 3 processes"
PATTERN = "2:8"
FAST_AIMS = {"resnet50": 1.0, "llama2-7b": 3.0}  # CPU seconds
CYCLE_AIMS = {"resnet50": 60.0}
MEMORY_AIM = 1024.0  # MiB


def run(fast: Mapping[str, float] = FAST_AIMS, cycle: Mapping[str, float] = CYCLE_AIMS, repeats: int = 3) -> list[Row]:
    """Measure.

    Args:
        fast: Networks for the fast executor, with the CPU seconds aimed at.
        cycle: Networks for the cycle executor.
        repeats: Processes for each network; the one with the least CPU time counts.
    """
    rows = []
    for name, aim in fast.items():
        rows += _fast(name, aim, _run(name, "fast", repeats))
    for name, aim in cycle.items():
        rows += _cycle(name, aim, _run(name, "cycle", repeats))
    return rows


def _run(name: str, executor: str, repeats: int) -> dict[str, Any]:
    command = (sys.executable, "-m", "benchmarks.network_run", name, PATTERN, executor)
    return json.loads(measure_process(*command, repeats=repeats).output)


def _fast(name: str, aim: float, record: dict[str, Any]) -> list[Row]:
    steps, again = record["steps"], record["steps"]["again"]
    spent = ", ".join(f"{step} {steps[step]['cpu']:.2f}" for step in ("load", "prune", "lower", "run"))
    known = f"all code loaded; {record['instructions']:,} instructions; wall {again['wall']:.2f} s"
    return [
        _row(f"{name}, from the start of Python", steps["run"]["so_far"], aim, spent),
        _row(f"{name}, lowered and run again", again["cpu"], aim, known),
        _row(f"{name}, most memory", steps["run"]["peak_mib"], MEMORY_AIM, unit="MiB"),
    ]


def _cycle(name: str, aim: float, record: dict[str, Any]) -> list[Row]:
    step = record["steps"]["run"]
    return [
        _row(f"{name}, cycle executor alone", step["cpu"], aim, f"wall {step['wall']:.2f} s"),
        _row(f"{name}, most memory, cycle executor", step["peak_mib"], MEMORY_AIM, unit="MiB"),
    ]


def _row(what: str, ours: float, aim: float, note: str = "", unit: str = "CPU s") -> Row:
    return Row(what=what, ours=ours, unit=unit, beside=AIM, theirs=aim, better="less", note=note)
