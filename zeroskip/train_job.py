"""``zeroskip train``: the reference trainer with every method and seed that was asked for."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from mapping.errors import InputError
from mapping.networks.images import DEBIAN_FOLDER, Images, read_images
from mapping.sparsity import Pattern
from mapping.trainer import TRAINERS, Plan, Run, train
from mapping.trainer.export import export
from mapping.trainer.methods import Trainer
from zeroskip.report.folder import writing
from zeroskip.report.progress import Progress, progress
from zeroskip.report.trained import print_trained, trained_record


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of ``zeroskip train``, as typed."""

    model: str
    methods: tuple[Trainer, ...]
    pattern: str
    epochs: int
    seeds: int
    data: Path | None
    out: Path
    as_json: bool


def run(request: Request, check: Callable[[], None] = lambda: None) -> None:
    """Do the whole job; every epoch that is over is in a checkpoint.

    Args:
        request: What to do.
        check: Called after every step; what it raises ends the job.

    Raises:
        InputError: Anything in the request that cannot be done.
    """
    plans = _plans(request)
    with writing(request.out):
        request.out.mkdir(parents=True, exist_ok=True)
    with progress(check) as bar:
        bar.step("reading the images")
        folder = request.data or DEBIAN_FOLDER
        parts: tuple[Literal["train"], Literal["test"]] = ("train", "test")
        images, test = (read_images(part, folder) for part in parts)
        runs = [_train(plan, images, test, request.out, bar) for plan in plans]
    if request.as_json:
        click.echo(json.dumps(trained_record(runs, len(images), len(test)), indent=2))
    else:
        print_trained(runs, len(images), len(test))
        click.echo(f"Networks and checkpoints are in {request.out}", err=True)


def _plans(request: Request) -> list[Plan]:
    """Every method with every seed."""
    pattern = Pattern.parse(request.pattern)
    methods = request.methods or TRAINERS
    if pattern.is_dense and set(methods) != {"dense"}:
        raise InputError(f"--pattern {request.pattern}: sparse training needs an N:M pattern, for example 2:8")
    return [
        Plan(
            network=request.model,
            method=method,
            pattern="dense" if method == "dense" else str(pattern),
            epochs=request.epochs,
            seed=seed,
        )
        for method in dict.fromkeys(methods)
        for seed in range(request.seeds)
    ]


def _train(plan: Plan, images: Images, test: Images, out: Path, bar: Progress) -> Run:
    """One training, and its network as ONNX."""
    pattern = "" if plan.method == "dense" else f"-{plan.pattern.replace(':', 'x')}"
    stem = out / f"{plan.network}-{plan.method}{pattern}-seed{plan.seed}"
    steps = len(images) // plan.batch

    def step(epoch: int, done: int, loss: float) -> None:
        text = f"{plan.method}, seed {plan.seed}, epoch {epoch + 1} of {plan.epochs}, loss {loss:.3f}"
        bar.amount(text, epoch * steps + done, plan.epochs * steps)

    with writing(out):
        trained = train(plan, images, test, checkpoint=stem.with_suffix(".npz"), step=step)
        export(trained, stem.with_suffix(".onnx"))
    return trained
