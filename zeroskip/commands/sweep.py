"""`zeroskip sweep`: a design space to its Pareto front."""

from pathlib import Path
from typing import Any

import click

from dse.catalog import STRATEGIES
from zeroskip.commands.options import needs_extra, space


@click.command()
@space
@click.option("--study", metavar="NAME", help="Name in the store; by default that of the space.")
@click.option("--budget", type=click.IntRange(min=1), help="Points to evaluate, baselines not counted.")
@click.option("--time", metavar="2h", help="Stop after 90s, 15m, 2h, 1h30m.")
@click.option(
    "--strategy",
    type=click.Choice(("auto", *STRATEGIES)),
    default="auto",
    show_default=True,
    help="How to search.",
)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes.")
@click.option(
    "--executor",
    type=click.Choice(("local", "dask")),
    default="local",
    show_default=True,
    help="Who runs the processes.",
)
@click.option(
    "--dask-address", metavar="tcp://HOST:PORT", help="A running Dask scheduler; by default one of --workers processes."
)
@click.option(
    "--store", metavar="URL", default="sqlite:///zeroskip.db", show_default=True, help="SQLAlchemy URL of the results."
)
@click.option("--resume", is_flag=True, help="Continue a study that is in the store.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Of the strategy.")
@click.option("--check", is_flag=True, help="Explain the space, evaluate nothing.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write front and trials, and a picture.")
@click.option("--json", "as_json", is_flag=True, help="Print the front as one JSON document.")
def sweep(**options: Any) -> None:  # noqa: ANN401  # one field of SweepRequest each
    """Search a design space for its Pareto front. What is evaluated is stored at once and never again."""
    with needs_extra("dse"):
        from zeroskip.sweep import SweepRequest, sweep  # noqa: PLC0415

    sweep(SweepRequest(**options))
