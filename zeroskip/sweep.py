"""``zeroskip sweep`` and ``zeroskip evaluate``: from what was typed to what is printed and written."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from dse.cluster import Cluster
from dse.evaluate import Evaluator
from dse.executors import Executor, InProcess, Pool
from dse.judge import Judge, no_feasible
from dse.run import run as run_study
from dse.space import Space, parse_values
from dse.store import opened
from dse.study import Study
from mapping.errors import InputError
from zeroskip.interrupt import deferred_interrupt
from zeroskip.report.folder import staged, writing
from zeroskip.report.front import print_front, study_record, write_front
from zeroskip.report.space import print_check, print_outcome
from zeroskip.report.sweep_progress import sweep_progress

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, kw_only=True)
class SweepRequest:
    """The options of ``zeroskip sweep``, as typed."""

    space: Path
    study: str | None
    budget: int | None
    time: str | None
    strategy: str
    workers: int
    executor: str
    dask_address: str | None
    store: str
    resume: bool
    seed: int
    check: bool
    out: Path | None
    as_json: bool


def sweep(request: SweepRequest) -> None:
    """Search a space and show the front.

    Raises:
        InputError: Anything in the request that cannot be done, or a space without a feasible design.
        KeyboardInterrupt: Ctrl-C; what was finished is stored and has been shown.
    """
    space = Space.load(request.space)
    seconds = None if request.time is None else parse_seconds(request.time)
    if request.check:
        print_check(space, Judge(space), Evaluator(space).work)
        return
    with deferred_interrupt() as check, _folder(request.out) as folder, opened(request.store) as store:
        study = Study(
            space,
            store,
            name=request.study,
            strategy=request.strategy,
            seed=request.seed,
            budget=request.budget,
            resume=request.resume,
        )
        if study.advice is not None:
            click.echo(study.advice, err=True)
        ended = _drive(study, request, seconds, check)
        if not study.front() and ended in ("budget", "exhausted"):
            outcomes = [outcome for trial, outcome in study.outcomes.values() if trial.point is not None]
            raise InputError(f"{request.space}: {no_feasible(study.judge, study.problem, outcomes)}")
        if folder is not None and request.out is not None:
            with writing(request.out):
                write_front(study, ended, folder)
        if request.as_json:
            click.echo(json.dumps(study_record(study, ended), indent=2))
        else:
            print_front(study, ended)


def _drive(study: Study, request: SweepRequest, seconds: float | None, check: Callable[[], None]) -> str:
    def stop() -> bool:
        if isinstance(running, Cluster):
            running.check()
        return _pressed(check)

    with _executor(study, request) as running, sweep_progress(study) as report:
        return run_study(study, running, seconds=seconds, stop=stop, report=report)


def _executor(study: Study, request: SweepRequest) -> AbstractContextManager[Executor]:
    """Where designs are evaluated.

    Raises:
        InputError: Options that do not go together.
    """
    if request.executor == "dask":
        return Cluster(study.space, request.dask_address, request.workers)
    if request.dask_address is not None:
        raise InputError(f"--dask-address {request.dask_address}: only with --executor dask")
    return Pool(study.space, request.workers) if request.workers > 1 else nullcontext(InProcess(study.evaluator))


def evaluate(path: Path, settings: tuple[str, ...], baseline: str | None, as_json: bool) -> bool:
    """Evaluate one design and print what comes of it.

    Returns:
        Whether it is feasible.

    Raises:
        InputError: A bad space or an unknown name.
    """
    space = Space.load(path)
    values = parse_values(settings)
    if baseline is not None:
        if baseline not in space.file.baselines:
            known = ", ".join(space.file.baselines) or "none"
            raise InputError(f"{path}: no baseline {baseline!r}; baselines: {known}")
        values = space.file.baselines[baseline] | values
    space.check_keys(values, "--point")
    outcome = Evaluator(space).evaluate(values)
    state, reason = Judge(space).verdict(outcome)
    if as_json:
        record = {"values": values, "state": state, "reason": reason, "metrics": dict(outcome.metrics)}
        click.echo(json.dumps(record | {"key": outcome.key, "seconds": outcome.seconds}, indent=2))
    else:
        print_outcome(space, values, outcome, state, reason)
    return state == "complete"


def parse_seconds(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``15m``, ``2h``, ``1d``, or several as ``1h30m``.

    Raises:
        InputError: Anything else, or no time at all.
    """
    if re.fullmatch(r"\d+(\.\d+)?", text):
        text += "s"
    if not re.fullmatch(r"(\d+(\.\d+)?[smhd])+", text):
        raise InputError(f"--time {text!r}: expected a duration such as 90s, 15m, 2h or 1h30m")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)([smhd])", text))
    if seconds <= 0:
        raise InputError(f"--time {text!r}: must be more than nothing")
    return seconds


def _pressed(check: Callable[[], None]) -> bool:
    """Whether Ctrl-C was pressed."""
    try:
        check()
    except KeyboardInterrupt:
        return True
    return False


def _folder(out: Path | None) -> AbstractContextManager[Path | None]:
    return nullcontext(None) if out is None else staged(out)
