"""What several commands take."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mapping.errors import InputError

family = click.option("--family", default="sat", show_default=True, help="Accelerator family, see `families`.")
settings = click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change the configuration (repeatable)."
)
space = click.argument("space", metavar="SPACE.yaml", type=click.Path(path_type=Path))


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """An import of what only an extra installs.

    Raises:
        InputError: It is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(f"this command needs {error.name}: pip install 'zeroskip[{extra}]'") from error
