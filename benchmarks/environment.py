"""Peers in environments of their own, in the user's cache folder."""

import subprocess
import venv
from pathlib import Path

from mapping.cache import cache_folder


def python_with(name: str, *packages: str) -> Path:
    """The interpreter of an environment with these packages, which is made where there is none.

    Args:
        name: Of the environment; with the version of the peer, so that another version gets another one.
        packages: As for pip.

    Raises:
        CalledProcessError: They cannot be installed.
    """
    folder = cache_folder() / "peers" / name
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        ready.touch()
    return python
