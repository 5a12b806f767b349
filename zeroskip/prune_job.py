"""``zeroskip prune``: from what was typed to what is printed and written."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import click

from mapping.accuracy import (
    Evaluation,
    Feeds,
    PrunedNetwork,
    Pruning,
    Task,
    Weighted,
    check_written,
    evaluate,
    evaluation_set,
    load,
    prune,
    task_of,
)
from mapping.accuracy.inputs import read_feeds
from mapping.accuracy.pruning import CALIBRATED
from mapping.accuracy.rewrite import check_writable, save, zeroed
from mapping.accuracy.runtime import drawn_feeds
from mapping.errors import InputError
from mapping.sparsity import parse_pattern
from zeroskip.main_job import parse_shapes
from zeroskip.report.progress import Progress, progress
from zeroskip.report.pruned import Report, print_report, report_record

_SAMPLES = 128  # of calibration, as in Wanda and SparseGPT


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of ``zeroskip prune``, as typed."""

    model: str
    pattern: str
    criterion: str
    keep: str
    evaluate: bool
    calibration: int | None
    inputs: Path | None
    shapes: tuple[str, ...]
    seed: int
    output: Path
    as_json: bool


def run(request: Request, check: Callable[[], None] = lambda: None) -> None:
    """Do the whole job: the file appears when it has been checked.

    Args:
        request: What to do.
        check: Called again and again; what it raises ends the job.

    Raises:
        InputError: Anything in the request that cannot be done.
    """
    check_writable(request.output)
    pruning = Pruning(
        pattern=parse_pattern(request.pattern),
        criterion=request.criterion,
        keep=() if request.keep == "none" else tuple(request.keep.split(",")),
        seed=request.seed,
    )
    with progress(check) as bar:
        report = _report(request, pruning, bar)
    if request.as_json:
        click.echo(json.dumps(report_record(report), indent=2))
    else:
        print_report(report)


def _report(request: Request, pruning: Pruning, bar: Progress) -> Report:
    """Prune, write, check and evaluate."""
    bar.step("loading the model")
    network, task = _load(request)
    calibration = _calibration(request, network, task)

    def step(name: str, done: int, total: int) -> None:
        bar.amount(f"pruning {name}", done, total)

    pruned = prune(network, pruning, calibration, step, task=None if task is None else task.name)
    if not pruned.pruned and not pruning.pattern.is_dense:
        raise InputError(
            f"--pattern {pruning.pattern} with --keep {request.keep}: no layer of {network.path} is pruned"
        )
    bar.step("checking what was written")
    part = request.output.with_name(f".{request.output.name}.{token_hex(4)}.onnx")
    try:
        save(pruned.model, part)
        feeds = calibration[0] if calibration else drawn_feeds(network.bound)
        difference = check_written(part, pruned, pruning.pattern, feeds)
        evaluation = _evaluation(network, task, pruned, bar) if task is not None and request.evaluate else None
        part.replace(request.output)
    finally:
        part.unlink(missing_ok=True)
    return Report(
        model=request.model,
        source=network.path,
        output=request.output,
        pruning=pruning,
        pruned=pruned,
        samples=_count(calibration),
        difference=difference,
        evaluation=evaluation,
    )


def _load(request: Request) -> tuple[Weighted, Task | None]:
    """The network and, if it has one, its evaluation set.

    Raises:
        InputError: No such network, or an evaluation was asked for and there is no set.
    """
    if request.evaluate and evaluation_set(request.model) is None:
        task_of(request.model)  # says which networks have one
    return load(request.model, parse_shapes(request.shapes))


def _calibration(request: Request, network: Weighted, task: Task | None) -> Sequence[Feeds]:
    """The calibration samples: the user's own, or the task's; none where nothing needs them.

    Raises:
        InputError: They are needed and there are none, or fewer than asked for.
    """
    if request.inputs is not None:
        return read_feeds(request.inputs, network.bound, request.calibration)
    if task is not None:
        return task.calibration(request.calibration or min(_SAMPLES, task.calibration_samples))
    if request.calibration is not None or request.criterion in CALIBRATED:
        raise InputError(
            f"--criterion {request.criterion}: {request.model} has no calibration samples of its own: "
            "give --inputs FILE.npz, with an array for each input of the network"
        )
    return ()


def _evaluation(network: Weighted, task: Task, pruned: PrunedNetwork, bar: Progress) -> Evaluation:
    """The dense and the pruned network, and the floor: the pruned layers with all weights zero."""
    floor = zeroed(network.model, [layer.site for layer in pruned.pruned])
    networks = {"dense": network.model, "pruned": pruned.model, "floor": floor}
    return evaluate(task, networks, lambda name, done, total: bar.amount(f"evaluating {name}", done, total))


def _count(calibration: Sequence[Feeds]) -> int:
    """Samples in some batches."""
    return sum(len(next(iter(feeds.values()))) for feeds in calibration)
