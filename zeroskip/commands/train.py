"""`zeroskip train`: the shipped networks, trained dense and with N:M weights."""

from pathlib import Path
from typing import Any

import click

from zeroskip.commands.options import needs_extra
from zeroskip.interrupt import deferred_interrupt

METHODS = ("dense", "srste", "bdwp")  # as in mapping.trainer, which would import NumPy


@click.command()
@click.argument("model")
@click.option(
    "--method", "methods", type=click.Choice(METHODS), multiple=True, help="How (repeatable); by default all three."
)
@click.option("--pattern", default="2:8", show_default=True, help="N:M of all layers but the first and the last.")
@click.option("--epochs", type=click.IntRange(1, 1000), default=10, show_default=True, help="Passes over the images.")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Trainings of each method.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of Fashion-MNIST; by default that of Debian's dataset-fashion-mnist.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("zeroskip-train"),
    show_default=True,
    metavar="DIR",
    help="Networks (ONNX) and checkpoints; what is found there goes on where it stopped.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def train(**options: Any) -> None:  # noqa: ANN401  # one field of Request each
    """Train MODEL, fashion-cnn or fashion-mlp, and compare the accuracy of dense and N:M training."""
    with deferred_interrupt() as check:
        with needs_extra("models"):
            from zeroskip.train_job import Request, run  # noqa: PLC0415

        run(Request(**options), check)
