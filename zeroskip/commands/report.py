"""`zeroskip report`: a result or a study as one page."""

from pathlib import Path

import click

from zeroskip.commands.options import needs_extra


@click.command()
@click.argument("target", metavar="STUDY|RESULT")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default="report.html", show_default=True
)
@click.option(
    "--store", metavar="URL", default="sqlite:///zeroskip.db", show_default=True, help="Where a study of that name is."
)
def report(target: str, output: Path, store: str) -> None:
    """Write one page to look at, which works without a network.

    RESULT is a folder that `simulate --out` or `sweep --out` wrote, STUDY the name of a study in the store.
    """
    with needs_extra("report"):
        from zeroskip.html_report import write_page  # noqa: PLC0415

        write_page(target, output, store)
    click.echo(f"Wrote {output}", err=True)
