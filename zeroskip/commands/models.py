"""`zeroskip models`: what can be simulated without a file."""

import click


@click.command()
def models() -> None:
    """List the models that need no file."""
    from mapping.models import known_models  # noqa: PLC0415
    from zeroskip.report.catalog import print_models  # noqa: PLC0415

    print_models(known_models())
