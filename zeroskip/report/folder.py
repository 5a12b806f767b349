"""An output folder that is either as it was or complete."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from mapping.errors import InputError

RESULT = "result.json"
PROGRAMS = "programs"


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A folder to write into; what lies in it is moved to ``out`` when the block ends without an exception.

    It is made at once, on the file system of ``out``, so that a place that cannot be written is refused before the
    work. Files in ``out`` that are not replaced stay, except programs of an earlier run.

    Raises:
        InputError: ``out`` is no folder or cannot be written.
    """
    # The nearest folder that exists: out itself, or what it will be made in.
    base = next(folder for folder in (out.absolute(), *out.absolute().parents) if os.path.lexists(folder))
    staging = base / f".zeroskip-{token_hex(4)}"
    try:
        with writing(out):
            staging.mkdir()
        yield staging
        with writing(out):
            _publish(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """A block that does nothing but write for ``out``.

    Raises:
        InputError: It could not.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written: {error.strerror or error}") from error


def _publish(staging: Path, out: Path) -> None:
    """Move everything: at once if ``out`` is new, else file by file, the result last."""
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(out)
        return
    if (out / RESULT).exists():
        for old in (out / PROGRAMS).glob("*.npz"):
            old.unlink()
    files = [path.relative_to(staging) for path in staging.rglob("*") if path.is_file()]
    for file in sorted(files, key=lambda path: path == Path(RESULT)):
        (out / file).parent.mkdir(exist_ok=True)
        (staging / file).replace(out / file)
