"""`zeroskip export`: a study for the tools of Optuna."""

import click

from zeroskip.commands.options import needs_extra


@click.command()
@click.argument("study")
@click.option(
    "--optuna", "target", metavar="URL", required=True, help="Storage to write into, such as sqlite:///optuna.db."
)
@click.option(
    "--store", metavar="URL", default="sqlite:///zeroskip.db", show_default=True, help="SQLAlchemy URL of the results."
)
def export(study: str, target: str, store: str) -> None:
    """Write a stored STUDY as one of Optuna, which its dashboard opens."""
    with needs_extra("optuna"):
        import optuna  # noqa: F401, PLC0415  # the others need it

        from dse.archive import StoredStudy  # noqa: PLC0415
        from dse.export import export_to_optuna  # noqa: PLC0415
        from dse.store import opened  # noqa: PLC0415

    with opened(store) as results:
        count = export_to_optuna(StoredStudy(results, study), target)
    click.echo(f"Wrote {count:,} trials into {target}", err=True)
