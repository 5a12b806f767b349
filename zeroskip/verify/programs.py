"""Random programs on whole machines: every value and every cycle of the Verilog must be those of the simulator."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from mapping.errors import InputError
from rtl.bench.cores import LockstepRun, find_core
from rtl.bench.toolchain import find_toolchain
from simulator.families import family as find_family
from zeroskip.report.progress import Progress, progress
from zeroskip.report.screen import plain_table, show
from zeroskip.verify.pool import Simulation, run_all
from zeroskip.verify.request import Request
from zeroskip.verify.summary import NO_WAVE, Verdict, keep_wave, write_junit

CASES = 100
PROGRAMS_PER_RUN = 500  # a simulation is ended and a new one begun after as many
AGREES = "every value and every cycle agrees"


@dataclass(kw_only=True)
class Outcome:
    """What came of one configuration."""

    config: str
    runs: list[Simulation] = field(default_factory=list)
    fault: str = ""
    verdict: str = AGREES

    @property
    def counts(self) -> list[int]:
        """Programs, instructions and cycles that have run."""
        return [sum(run.counts[i] for run in self.runs) for i in range(3)]

    @property
    def seconds(self) -> float:
        """Of all its simulations, one after another."""
        return sum(run.seconds for run in self.runs)

    def next_program(self) -> int | None:
        """The first program that has not run, or None."""
        for run in self.runs:
            if run.counts[0] < run.job["cases"]:
                return int(run.job["first"]) + run.counts[0]
        return None


def run(request: Request, check: Callable[[], None]) -> bool:
    """See ``zeroskip.verify.run``."""
    configs, cases = checked_configs(request), _cases(request)
    outcomes = [Outcome(config=config) for config in configs]
    firsts = range(request.first, request.first + cases, PROGRAMS_PER_RUN)
    runs: dict[int, tuple[Simulation, Outcome]] = {}
    for first in firsts:  # the first of every configuration first, so that they are built side by side
        for outcome in outcomes:
            one = Simulation(_job(request, outcome.config, first, min(PROGRAMS_PER_RUN, firsts.stop - first)))
            outcome.runs.append(one)
            runs[id(one)] = one, outcome
    total = cases * len(outcomes)
    try:
        with progress(check) as bar:

            def watch() -> None:
                done = sum(outcome.counts[0] for outcome in outcomes)
                if done:
                    bar.running(f"{done:,} of {total:,} programs", 0, done, total)
                else:
                    bar.step(f"building {', '.join(configs)}")

            def ended(one: Simulation) -> None:
                outcome = runs[id(one)][1]
                if one.code and not outcome.fault:
                    _judge(request, outcome, one, bar)
                elif request.waves:
                    keep_wave(one, _wave_name(request, outcome.config, one.job["first"]))

            run_all(
                (one for one, _ in runs.values()),
                request.processes,
                watch,
                ended,
                lambda one: not runs[id(one)][1].fault,
            )
    except KeyboardInterrupt:
        _say_how_to_go_on(request, outcomes)
        raise
    finally:
        for one, _ in runs.values():
            one.drop()
    for outcome in outcomes:
        click.echo(
            outcome.fault or f"{outcome.config}: {outcome.counts[0]} programs, no difference", err=not outcome.fault
        )
    _print_summary(outcomes)
    if request.junit is not None:
        verdicts = [Verdict(name=o.config, seconds=o.seconds, fault=o.fault) for o in outcomes]
        write_junit(verdicts, request.junit)
    return not any(outcome.fault for outcome in outcomes)


def checked_configs(request: Request) -> list[str]:
    """The configurations; everything is refused that can be refused before anything is built.

    Raises:
        InputError: A family or configuration that is unknown or that the Verilog has not, or a missing tool.
    """
    core = find_core(request.family)
    names = find_family(request.family).config_names()
    configs = []
    for name in request.configs or core.configs:
        full = f"{request.family}-{name}"
        config = full if name not in names and full in names else name
        configs.append(str(Path(config).resolve()) if config.endswith(".toml") else config)
    if len(set(configs)) < len(configs):
        raise InputError(f"--config {', '.join(request.configs)}: one is there twice")
    if request.program is not None and len(request.configs) != 1:
        raise InputError(f"--program {request.program}: it needs one --config, that for which it was made")
    if request.program is not None and (request.cases or request.first):
        raise InputError(f"--program {request.program}: it is one program; --cases and --first number random ones")
    for config in configs:
        one = LockstepRun(family=request.family, config=config, seed=request.seed, cases=1, program=request.program)
        one.design()
    find_toolchain(request.simulator)
    return configs


def _cases(request: Request) -> int:
    return 1 if request.program is not None else request.cases or CASES


def _job(request: Request, config: str, first: int, cases: int, *, waves: bool = False) -> dict[str, Any]:
    return {
        "kind": "programs",
        "family": request.family,
        "config": config,
        "program": None if request.program is None else str(request.program.resolve()),
        "seed": request.seed,
        "first": first,
        "cases": cases,
        "simulator": request.simulator,
        "waves": waves or request.waves,
        "replaced": {str(path): text for path, text in request.replaced.items()},
    }


def _judge(request: Request, outcome: Outcome, one: Simulation, bar: Progress) -> None:
    """What a failed simulation found."""
    found, config = one.difference, outcome.config
    outcome.verdict = "FAILED" if found is None else "DIFFERS"
    if found is None:
        outcome.fault = f"{config}: no result (seed {request.seed}, programs from {one.job['first']})\n{one.said}"
        return
    case = int(found.get("case", 0))
    again = Simulation(_job(request, config, case, 1, waves=True))
    bar.step("running the program again for a waveform")
    run_all([again], 1, lambda: bar.step("running the program again for a waveform"))
    wave = keep_wave(again, _wave_name(request, config, case))
    again.drop()
    command = f"{_command(request, config, case, 1)} --waves"
    lines = [f"{config}: seed {request.seed}, {found['text']}", f"repeat it with: {command}"]
    outcome.fault = "\n".join([*lines, f"waveform: {wave}" if wave else NO_WAVE])


def _command(request: Request, config: str, first: int, cases: int) -> str:
    """What runs some programs of a request again."""
    which = f"--first {first} --cases {cases}" if request.program is None else f"--program {request.program}"
    settings = f"--seed {request.seed} {which} --simulator {request.simulator}"
    return f"zeroskip verify --family {request.family} --config {config} {settings}"


def _wave_name(request: Request, config: str, case: int) -> str:
    return f"{Path(config).stem}-seed{request.seed}-program{case}"


def _say_how_to_go_on(request: Request, outcomes: list[Outcome]) -> None:
    """What has run so far, and the commands that run the rest."""
    _print_summary(outcomes)
    end = request.first + _cases(request)
    for outcome in outcomes:
        start = outcome.next_program()
        if start is not None and not outcome.fault:
            click.echo(f"go on with: {_command(request, outcome.config, start, end - start)}", err=True)


def _print_summary(outcomes: list[Outcome]) -> None:
    table = plain_table("configuration", "programs", "instructions", "cycles", "seconds", "Verilog against simulator")
    for outcome in outcomes:
        table.add_row(
            outcome.config, *(f"{count:,}" for count in outcome.counts), f"{outcome.seconds:.0f}", outcome.verdict
        )
    show(table)
