"""``zeroskip reproduce NAME``: a machine beside what is published about it. Families bring the pages."""

import os
from typing import Any

import click

from zeroskip.interrupt import deferred_interrupt


class _Reproductions(click.Group):
    """One command for every page of the installed families."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_pages())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _pages():
            return None
        return click.Command(
            cmd_name,
            params=[_JOBS],
            callback=lambda jobs: _write(cmd_name, jobs),
            help=f"Print the page of {cmd_name} as Markdown.",
        )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _pages():
            ctx.fail(f"No such command {args[0]!r}; legal: {', '.join(self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Reproductions)
def reproduce() -> None:
    """Compare a machine with what is published about it, on a Markdown page."""


_JOBS = click.Option(
    ["--jobs"],
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="one per core",
    help="Processes to use.",
)


def _pages() -> dict[str, Any]:
    from simulator.families import pages  # noqa: PLC0415

    return pages()


def _write(name: str, jobs: int) -> None:
    with deferred_interrupt() as check:

        def say(text: str) -> None:
            check()
            click.echo(text, err=True)

        click.echo(str(_pages()[name](say, jobs)), nl=False)
