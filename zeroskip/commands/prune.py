"""`zeroskip prune`: a network pruned, written as ONNX, checked and evaluated."""

from pathlib import Path
from typing import Any

import click

from zeroskip.commands.options import needs_extra
from zeroskip.interrupt import deferred_interrupt


@click.command()
@click.argument("model")
@click.option("--pattern", default="2:8", show_default=True, help="N:M, or any other pattern (docs/sparsity.md).")
@click.option(
    "--criterion",
    default="magnitude",
    show_default=True,
    metavar="NAME",
    help="Which weights stay: random, magnitude, wanda or sparsegpt.",
)
@click.option(
    "--keep",
    metavar="NAMES",
    default="first,last",
    show_default=True,
    help="Layers that stay dense: names or globs, `first`, `last`; `none` prunes all.",
)
@click.option("--evaluate", is_flag=True, help="Compare with the dense network on the model's own evaluation set.")
@click.option(
    "--calibration",
    type=click.IntRange(min=1),
    metavar="N",
    help="Samples that wanda and sparsegpt look at; by default 128, or all if there are fewer.",
)
@click.option(
    "--inputs",
    type=click.Path(path_type=Path),
    metavar="FILE.npz",
    help="Calibration samples: an array for each input of the network, samples along its first axis.",
)
@click.option(
    "--shape", "shapes", metavar="NAME=1x3x224x224", multiple=True, help="Shape of an ONNX input (repeatable)."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the criterion random.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE.onnx", help="What to write."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def prune(**options: Any) -> None:  # noqa: ANN401  # one field of Request each
    """Prune MODEL, an ONNX file or the name of a trained network, and check what was written with ONNX Runtime."""
    with deferred_interrupt() as check:
        with needs_extra("models"):
            from zeroskip.prune_job import Request, run  # noqa: PLC0415

        run(Request(**options), check)
