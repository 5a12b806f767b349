"""`zeroskip show`: every field of a configuration."""

import click

from zeroskip.commands.options import family as family_option
from zeroskip.commands.options import settings as settings_option


@click.command()
@click.argument("config")
@family_option
@settings_option
@click.option("--toml", is_flag=True, help="Print a file that --config takes.")
def show(config: str, family: str, settings: tuple[str, ...], toml: bool) -> None:
    """Show every field of CONFIG, a name (see `families`) or a TOML file."""
    from zeroskip.lowering import load_config  # noqa: PLC0415
    from zeroskip.report.configuration import print_config, to_toml  # noqa: PLC0415

    loaded = load_config(family, config, settings)
    if toml:
        click.echo(to_toml(loaded), nl=False)
    else:
        print_config(loaded, f"{family}: {config}")
