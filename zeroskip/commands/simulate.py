"""`zeroskip simulate`: a model on an accelerator."""

from pathlib import Path
from typing import Any

import click

from mapping.errors import InputError
from zeroskip.commands.options import family, settings
from zeroskip.interrupt import deferred_interrupt

# As in simulator.execute, which would import NumPy.
EXECUTORS = ("fast", "cycle", "both")
METHODS = ("dense", "srste", "bdwp", "all")  # as in mapping.training


@click.command()
@click.argument("model")
@family
@click.option(
    "--pattern",
    help="Prune to N:M, `bank:BANK/RATE` or `dense`; by default what a pruned file says of itself, else 2:8.",
)
@click.option("--config", metavar="NAME|FILE.toml", help="Configuration; by default the family's own.")
@settings
@click.option("--layers", metavar="GLOB", help="Only the layers whose name matches.")
@click.option(
    "--executor", type=click.Choice(EXECUTORS), default="fast", show_default=True, help="What gives the times."
)
@click.option(
    "--technology",
    metavar="NAME|FILE.toml|hwcomponents:NODE",
    help="What an action costs in energy. Default: cmos-45nm.",
)
@click.option("--batch", type=int, help="Images or sequences that run together.")
@click.option(
    "--shape", "shapes", metavar="NAME=1x3x224x224", multiple=True, help="Shape of an ONNX input (repeatable)."
)
@click.option("--sequence", type=int, help="Tokens per sequence, for language models.")
@click.option("--rules", metavar="FILE.toml", help="Which tensor of a weight file becomes which layer.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of weights the model lacks."
)
@click.option(
    "--keep",
    metavar="NAMES",
    default="first,last",
    show_default=True,
    help="Layers that stay dense: names or globs, `first`, `last`; `none` prunes all.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write result, tables, trace, pictures, programs."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
@click.option("--training", is_flag=True, help="One training step instead of the forward pass alone.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    help="What training prunes: nothing, forward, forward and backward weights (the default), or all products.",
)
def simulate(training: bool, method: Any, **options: Any) -> None:  # noqa: ANN401  # one field of Request each
    """Simulate MODEL, a file or a name (see `models`), and say where every cycle went."""
    with deferred_interrupt() as check:
        from zeroskip.main_job import Request, run  # noqa: PLC0415

        if not training:
            if method is not None:
                raise InputError(f"--method {method}: only with --training")
            run(Request(**options), check)
            return
        from zeroskip.training_job import run_training  # noqa: PLC0415

        run_training(Request(**options), method or "bdwp", check)
