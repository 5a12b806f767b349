"""``zeroskip verify``: random programs in the Verilog and in the simulator; every value and every cycle must agree."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click

from mapping.errors import InputError
from simulator.families import family as find_family
from zeroskip.report.progress import Progress, progress
from zeroskip.report.screen import plain_table, show

PROGRAMS_PER_RUN = 500  # a simulation is ended and a new one begun after as many
POLL_S = 0.1
REPORT = "difference.json"
NO_WAVE = "no waveform could be written"


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of ``zeroskip verify``, as typed.

    Attributes:
        configs: Names or TOML files; none means those of the default test run.
        first: Number of the first program; a program depends on the seed and its number only.
        replaced: Planted faults: text that is used in place of a Verilog file.
    """

    family: str
    configs: tuple[str, ...]
    cases: int
    first: int
    seed: int
    simulator: str
    waves: bool
    junit: Path | None
    replaced: Mapping[Path, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Outcome:
    """What came of one configuration."""

    config: str
    programs: int = 0
    instructions: int = 0
    cycles: int = 0
    seconds: float = 0
    fault: str = ""
    verdict: str = "every value and every cycle agrees"


def run(request: Request, check: Callable[[], None] = lambda: None) -> bool:
    """Do the whole job and print a summary.

    Args:
        request: What to do.
        check: Called again and again; what it raises ends the job.

    Returns:
        Whether the Verilog agrees with the simulator.

    Raises:
        InputError: A missing tool, or a configuration that is unknown or that the Verilog has not.
    """
    configs = _checked_configs(request)
    outcomes = []
    for index, config in enumerate(configs):
        with progress(check) as bar:
            outcome = _verify(request, config, f"{config} ({index + 1} of {len(configs)})", bar)
        outcomes.append(outcome)
        if outcome.fault:
            click.echo(outcome.fault)
        else:
            click.echo(f"{config}: {outcome.programs} programs, no difference", err=True)
    _print_summary(outcomes)
    if request.junit is not None:
        _write_junit(outcomes, request.junit)
    return not any(outcome.fault for outcome in outcomes)


def _checked_configs(request: Request) -> list[str]:
    """Refuse everything that can be refused before anything is built."""
    try:
        from rtl.bench.cores import LockstepRun, find_core  # noqa: PLC0415  # only this command needs it
        from rtl.bench.toolchain import find_toolchain  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InputError(f"this installation lacks the Verilog ({error}): pip install 'zeroskip[rtl]'") from error
    core = find_core(request.family)
    names = find_family(request.family).config_names()
    configs = []
    for name in request.configs or core.configs:
        full = f"{request.family}-{name}"
        config = full if name not in names and full in names else name
        configs.append(str(Path(config).resolve()) if config.endswith(".toml") else config)
    for config in configs:
        LockstepRun(family=request.family, config=config, seed=request.seed, cases=1).design()
    if request.junit is not None and not request.junit.resolve().parent.is_dir():
        raise InputError(f"--junit {request.junit}: {request.junit.resolve().parent} is not a folder")
    find_toolchain(request.simulator)
    return configs


def _verify(request: Request, config: str, title: str, bar: Progress) -> Outcome:
    outcome = Outcome(config=config)
    began = time.monotonic()
    for first in range(request.first, request.first + request.cases, PROGRAMS_PER_RUN):
        count = min(PROGRAMS_PER_RUN, request.first + request.cases - first)
        with tempfile.TemporaryDirectory(prefix="zeroskip-verify-") as folder:
            done = _simulate(request, outcome, first, count, Path(folder), title, bar, waves=request.waves)
            if done is not None:
                report = Path(folder) / REPORT
                outcome.verdict = "DIFFERS" if report.exists() else "FAILED"
                if report.exists():
                    outcome.fault = _difference(request, config, json.loads(report.read_text("utf-8")), bar)
                else:
                    outcome.fault = f"{config}: no result (seed {request.seed}, programs from {first})\n{done.rstrip()}"
                break
            if request.waves:
                _keep_wave(Path(folder), request, config, first)
    outcome.seconds = time.monotonic() - began
    return outcome


def _simulate(
    request: Request,
    outcome: Outcome,
    first: int,
    count: int,
    folder: Path,
    title: str,
    bar: Progress,
    *,
    waves: bool,
) -> str | None:
    """Run some programs; what the simulation said if it failed."""
    counter, before = folder / "progress", (outcome.programs, outcome.instructions, outcome.cycles)
    job = {
        "family": request.family,
        "config": outcome.config,
        "seed": request.seed,
        "first": first,
        "cases": count,
        "simulator": request.simulator,
        "waves": waves,
        "folder": str(folder),
        "replaced": {str(path): text for path, text in request.replaced.items()},
        "environment": {"PROGRESS": str(counter), "REPORT": str(folder / REPORT)},
    }
    command = [sys.executable, "-m", "rtl.bench.cores", json.dumps(job)]
    log = folder / "run.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            while process.poll() is None:
                _count(outcome, counter, before)
                if outcome.programs > before[0]:
                    bar.running(title, 0, outcome.programs, request.cases)
                else:
                    bar.step(f"building {title}")
                time.sleep(POLL_S)
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                process.wait()
    _count(outcome, counter, before)
    return log.read_text("utf-8", "replace") if process.returncode else None


def _count(outcome: Outcome, counter: Path, before: tuple[int, int, int]) -> None:
    """Read how far the simulation is."""
    with suppress(FileNotFoundError, ValueError):  # not there yet, or half written
        programs, instructions, cycles = map(int, counter.read_text().split())
        outcome.programs = before[0] + programs
        outcome.instructions, outcome.cycles = before[1] + instructions, before[2] + cycles


def _difference(request: Request, config: str, found: dict[str, Any], bar: Progress) -> str:
    """Where the Verilog parts from the simulator, how to repeat it, and a waveform."""
    case = int(found["case"])
    command = (
        f"zeroskip verify --family {request.family} --config {config} --seed {request.seed} --first {case} --cases 1"
        f" --simulator {request.simulator} --waves"
    )
    with tempfile.TemporaryDirectory(prefix="zeroskip-verify-") as again:
        once = Outcome(config=config)
        bar.step("running the program again for a waveform")
        _simulate(request, once, case, 1, Path(again), f"{config} for a waveform", bar, waves=True)
        wave = _keep_wave(Path(again), request, config, case)
    lines = [f"{config}: seed {request.seed}, {found['text']}", f"repeat it with: {command}"]
    return "\n".join([*lines, f"waveform: {wave}" if wave else NO_WAVE])


def _keep_wave(folder: Path, request: Request, config: str, case: int) -> Path | None:
    """Move the waveform of a run to the current folder."""
    waves = sorted([*folder.rglob("*.fst"), *folder.rglob("*.vcd")])
    if not waves:
        return None
    target = Path(f"verify-{Path(config).stem}-seed{request.seed}-program{case}{waves[0].suffix}").resolve()
    shutil.move(waves[0], target)
    return target


def _print_summary(outcomes: list[Outcome]) -> None:
    table = plain_table("configuration", "programs", "instructions", "cycles", "seconds", "Verilog against simulator")
    for outcome in outcomes:
        counts = (outcome.programs, outcome.instructions, outcome.cycles)
        table.add_row(outcome.config, *(f"{count:,}" for count in counts), f"{outcome.seconds:.0f}", outcome.verdict)
    show(table)


def _write_junit(outcomes: list[Outcome], path: Path) -> None:
    """One test case per configuration."""
    failures = sum(bool(outcome.fault) for outcome in outcomes)
    suite = ElementTree.Element("testsuite", name="zeroskip verify", tests=str(len(outcomes)), failures=str(failures))
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname="zeroskip.verify", name=outcome.config, time=f"{outcome.seconds:.3f}"
        )
        if outcome.fault:
            failure = ElementTree.SubElement(case, "failure", message=outcome.fault.splitlines()[0])
            failure.text = outcome.fault
    ElementTree.ElementTree(suite).write(path, encoding="unicode", xml_declaration=True)
