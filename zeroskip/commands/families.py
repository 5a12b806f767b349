"""`zeroskip families`: what can be simulated on."""

import click


@click.command()
def families() -> None:
    """List the accelerator families and their configurations."""
    from simulator.families import families as installed  # noqa: PLC0415
    from zeroskip.report.catalog import print_families  # noqa: PLC0415

    print_families(installed())
