"""``zeroskip reproduce FAMILY``: a family beside what is published about it. Each family brings its own page."""

import os
from typing import Any

import click

from zeroskip.interrupt import deferred_interrupt


class _Reproductions(click.Group):
    """One command for every installed family that has a page."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(name for name, family in _families().items() if family.name == name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _families():
            return None
        return click.Command(
            cmd_name,
            params=[_JOBS],
            callback=lambda jobs: _write(cmd_name, jobs),
            help=f"Print the page of {cmd_name} as Markdown.",
        )


@click.group(cls=_Reproductions)
def reproduce() -> None:
    """Compare a family with what is published about it, on a Markdown page."""


_JOBS = click.Option(
    ["--jobs"],
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="one per core",
    help="Processes to use.",
)


def _families() -> dict[str, Any]:
    """The families that have a page, by name and by the name of the published machine."""
    from simulator.families import families  # noqa: PLC0415

    found = [family for family in families().values() if family.reproduce is not None]
    return {family.machine: family for family in found if family.machine} | {family.name: family for family in found}


def _write(name: str, jobs: int) -> None:
    with deferred_interrupt() as check:

        def say(text: str) -> None:
            check()
            click.echo(text, err=True)

        click.echo(str(_families()[name].reproduce(say, jobs)), nl=False)
