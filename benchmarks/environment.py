"""Peers in environments of their own, in the user's cache folder."""

import shutil
import subprocess
import sys
from pathlib import Path

from mapping.cache import cache_folder

NEWEST = 20  # the last 3.x that is looked for


class NoInterpreterError(Exception):
    """No interpreter on PATH is as new as a peer needs."""


def python_with(name: str, *packages: str, at_least: tuple[int, int] = (3, 0)) -> Path:
    """The interpreter of an environment with these packages, which is made where there is none.

    Args:
        name: Of the environment; with the version of the peer, so that another version gets another one.
        packages: As for pip.
        at_least: The oldest Python they run on, major and minor.

    Raises:
        NoInterpreterError: There is no such Python to make it with.
        CalledProcessError: They cannot be installed.
    """
    folder = cache_folder() / "peers" / name
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        subprocess.run([interpreter(at_least), "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        ready.touch()
    return python


def interpreter(at_least: tuple[int, int]) -> str:
    """This Python where it is new enough, else the oldest ``python3.x`` on PATH that is.

    Raises:
        NoInterpreterError: None is.
    """
    if sys.version_info >= at_least:
        return sys.executable
    major, minor = at_least
    for name in (f"python{major}.{later}" for later in range(minor, NEWEST + 1)):
        found = shutil.which(name)
        # A name on PATH may be a version manager's, for a version that is not installed.
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return found
    raise NoInterpreterError(f"no Python >= {major}.{minor} on PATH")
