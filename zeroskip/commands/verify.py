"""`zeroskip verify`: the Verilog against the simulator."""

from pathlib import Path
from typing import Any

import click

from zeroskip.commands.options import family
from zeroskip.interrupt import deferred_interrupt

DIFFERS = 1  # the exit code when the Verilog disagrees with the simulator


@click.command()
@family
@click.option(
    "--config", "configs", metavar="NAME|FILE.toml", multiple=True, help="Configuration (repeatable); default: several."
)
@click.option(
    "--program",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Run a program from the `programs` folder of `simulate --out` instead of random ones; needs --config.",
)
@click.option("--module", metavar="NAME", help="Run the bench of this Verilog module, such as fifo or array.")
@click.option(
    "--cases", type=click.IntRange(min=1), help="Programs per configuration (default 100), or what a bench counts."
)
@click.option("--first", type=click.IntRange(min=0), default=0, show_default=True, help="Number of the first program.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Seed of the random programs."
)
@click.option("--workers", type=click.IntRange(1, 256), help="Simulations at once; default: one per processor.")
@click.option("--simulator", default="verilator", show_default=True, help="`verilator` or `icarus`.")
@click.option("--waves", is_flag=True, help="Write waveforms (FST, or VCD without lz4.h) here.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a JUnit report.")
def verify(**options: Any) -> None:  # noqa: ANN401  # one field of Request each
    """Run random programs in the Verilog: every value and every cycle must be those of the simulator.

    Interrupted, it says how to go on. Exit code 1 if anything differs.
    """
    with deferred_interrupt() as check:
        from zeroskip.verify import Request, run  # noqa: PLC0415

        agrees = run(Request(**options), check)
    if not agrees:
        click.get_current_context().exit(DIFFERS)
