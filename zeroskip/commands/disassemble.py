"""`zeroskip disassemble`: a program as text."""

from pathlib import Path

import click


@click.command()
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--first", type=click.IntRange(min=0), default=0, show_default=True, help="First instruction.")
@click.option("--count", type=click.IntRange(min=1), help="How many; by default all that follow.")
def disassemble(program: Path, first: int, count: int | None) -> None:
    """Print PROGRAM, a file from the `programs` folder of --out, as text."""
    from simulator.families import families as installed  # noqa: PLC0415
    from simulator.program import Program  # noqa: PLC0415
    from zeroskip.report.listing import listing  # noqa: PLC0415

    loaded = Program.load(program, {family.isa.name: family.isa for family in installed().values()})
    for block in listing(loaded, first, count):
        click.echo(block)
