"""`zeroskip area`: what a configuration takes in hardware."""

from pathlib import Path
from typing import Any

import click

from zeroskip.commands.options import family, settings
from zeroskip.interrupt import deferred_interrupt


@click.command()
@family
@click.option("--config", metavar="NAME|FILE.toml", help="Configuration; by default one that the Verilog can do.")
@settings
@click.option("--target", default="xcup", show_default=True, help="`generic`, `xcup` (UltraScale+) or `ice40`.")
@click.option("--part", metavar="NAME", help="Say what share of an FPGA it takes; chooses the target.")
@click.option(
    "--liberty", type=click.Path(path_type=Path), metavar="FILE", help="Standard cells; by default looked for."
)
@click.option("--elements", is_flag=True, help="Compare processing elements of several patterns instead.")
@click.option("--model", is_flag=True, help="Ask the fitted model, which needs no Yosys.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Blocks synthesised at a time; by default one a core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def area(**options: Any) -> None:  # noqa: ANN401  # one field of AreaRequest each
    """Synthesise the Verilog of a configuration and count what each block takes."""
    with deferred_interrupt() as check:
        from zeroskip.area import AreaRequest, run  # noqa: PLC0415

        run(AreaRequest(**options), check)
