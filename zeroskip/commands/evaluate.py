"""`zeroskip evaluate`: one design of a space."""

from pathlib import Path

import click

from zeroskip.commands.options import needs_extra
from zeroskip.commands.options import space as space_argument


@click.command()
@space_argument
@click.option("--point", "settings", metavar="KEY=VALUE", multiple=True, help="What differs (repeatable).")
@click.option("--baseline", metavar="NAME", help="Begin with a baseline of the space.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def evaluate(
    context: click.Context, space: Path, settings: tuple[str, ...], baseline: str | None, as_json: bool
) -> None:
    """Evaluate one design of a space; exit code 1 and a reason if it is infeasible."""
    with needs_extra("dse"):
        from zeroskip.sweep import evaluate  # noqa: PLC0415

    context.exit(0 if evaluate(space, settings, baseline, as_json) else 1)
