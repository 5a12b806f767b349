"""Tables on stdout, one look for all."""

import click
from rich import box
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table

MIN_WIDTH = 120


def plain_table(*headings: str, title: str | None = None) -> Table:
    """An empty table with left-aligned columns."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def grid(rows: dict[str, str]) -> Table:
    """Keys and values, which wrap."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in rows.items():
        table.add_row(key, value)
    return table


def show(*parts: RenderableType) -> None:
    """Print; where stdout is no terminal, tables get the width they need and lines end where the text does."""
    console = Console(markup=False, emoji=False, highlight=False)
    if console.is_terminal:
        console.print(*parts, sep="\n")
        return
    for part in parts:
        needed = MIN_WIDTH
        if isinstance(part, Table) and part.box is not None:
            unlimited = console.options.update(max_width=100_000)
            needed = max(needed, Measurement.get(console, unlimited, part).maximum)
        console.width = needed
        with console.capture() as capture:
            console.print(part)
        click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))
