"""`zeroskip space-schema`: what a space file may say, for editors."""

import json

import click


@click.command("space-schema")
def space_schema() -> None:
    """Print the JSON Schema of a space file, for editors."""
    from dse.schema import SpaceFile  # noqa: PLC0415

    click.echo(json.dumps(SpaceFile.model_json_schema(), indent=2))
