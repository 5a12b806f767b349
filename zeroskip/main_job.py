"""``zeroskip simulate``: from what was typed to what is printed and written."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from mapping.errors import InputError
from mapping.models import load_model
from simulator.execute import Executor
from simulator.families import family
from zeroskip.lowering import lower
from zeroskip.pruning import SparseModel, prune
from zeroskip.report import write_report
from zeroskip.report.folder import staged, writing
from zeroskip.report.progress import Progress, progress
from zeroskip.report.result_json import result_record
from zeroskip.report.table import print_result
from zeroskip.simulation import Result, simulate


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of ``zeroskip simulate``, as typed."""

    model: str
    family: str
    pattern: str | None
    config: str | None
    settings: tuple[str, ...]
    layers: str | None
    executor: Executor
    technology: str | None
    batch: int | None
    shapes: tuple[str, ...]
    sequence: int | None
    rules: str | None
    seed: int
    keep: str
    out: Path | None
    as_json: bool


def run(request: Request, check: Callable[[], None] = lambda: None) -> None:
    """Do the whole job; files are moved to where they belong before anything is printed.

    Args:
        request: What to do.
        check: Called again and again; what it raises ends the job.

    Raises:
        InputError: Anything in the request that cannot be done.
    """
    if request.out is None:
        with progress(check) as bar:
            result = _result(request, bar)
    else:
        with staged(request.out) as folder, progress(check) as bar:
            result = _result(request, bar)
            with writing(request.out):
                notes = write_report(result, folder, bar.step)
        for note in (*notes, f"Wrote {request.out}"):
            click.echo(note, err=True)
    if request.as_json:
        click.echo(json.dumps(result_record(result), indent=2))
    else:
        print_result(result)


def _result(request: Request, bar: Progress) -> Result:
    """Load, prune, lower and run."""
    chosen = family(request.family)
    config = chosen.load_config(request.config, request.settings)
    sparse = sparse_model(request, bar)
    if request.layers is not None:
        sparse = sparse.select(request.layers)
    lowered = lower(
        sparse, chosen.name, config, config_name=config_name(request, chosen.default), progress=bar.lowering
    )
    return simulate(lowered, request.executor, technology=request.technology, progress=bar.running)


def sparse_model(request: Request, bar: Progress) -> SparseModel:
    """Load and prune the model of a request.

    Raises:
        InputError: No such model, an option that it does not take, or a pattern that is none.
    """
    bar.step("loading the model")
    model = load_model(
        request.model,
        batch=request.batch,
        shapes=parse_shapes(request.shapes),
        sequence=request.sequence,
        rules=request.rules,
        seed=request.seed,
    )
    bar.step("pruning")
    return prune(model, request.pattern, () if request.keep == "none" else request.keep.split(","))


def config_name(request: Request, default: str) -> str:
    """What the configuration of a request is called in the output."""
    name = request.config or default
    return f"{name} with {', '.join(request.settings)}" if request.settings else name


def parse_shapes(options: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Shapes by input name from ``NAME=1x3x224x224``.

    Raises:
        InputError: An option of another form, or an input given twice.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for option in options:
        name, _, sizes = option.rpartition("=")
        if not name or not re.fullmatch(r"\d{1,18}(x\d{1,18})*", sizes):
            raise InputError(f"--shape {option!r}: expected NAME=SIZExSIZE..., for example image=1x3x224x224")
        if name in shapes:
            raise InputError(f"--shape {name}: given twice")
        shapes[name] = tuple(int(size) for size in sizes.split("x"))
    return shapes
