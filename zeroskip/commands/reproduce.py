"""``zeroskip reproduce NAME``: a machine beside what is published about it. Families and memories bring the pages."""

import os
from pathlib import Path
from typing import Any

import click

from zeroskip.interrupt import deferred_interrupt


class _Reproductions(click.Group):
    """One command for every page of the installed families and of the memories."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_pages())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _pages():
            return None
        return click.Command(
            cmd_name,
            params=[_JOBS, _OUT],
            callback=lambda jobs, out: _write(cmd_name, jobs, out),
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

_OUT = click.Option(
    ["--out"], type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write page and pictures here."
)


def _pages() -> dict[str, Any]:
    from simulator.families import pages  # noqa: PLC0415
    from simulator.memory.pages import PAGES  # noqa: PLC0415

    return {**pages(), **PAGES}


def _write(name: str, jobs: int, out: Path | None) -> None:
    with deferred_interrupt() as check:

        def say(text: str) -> None:
            check()
            click.echo(text, err=True)

        page = _pages()[name](say, jobs)
        if out is None:
            click.echo(str(page), nl=False)
            return
        from zeroskip.report.folder import staged  # noqa: PLC0415
        from zeroskip.report.page_pictures import draw  # noqa: PLC0415

        with staged(out) as folder:
            (folder / f"reproduce_{name.replace('-', '_')}.md").write_text(str(page), encoding="utf-8")
            for picture in page.pictures:
                draw(picture, folder / picture.name)
        click.echo(f"Wrote {out}", err=True)
