"""Which code made a result."""

import sys
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from simulator.families import Family

_ROOMS = ("mapping", "simulator")
_OWN = ("dse.accuracy", "dse.choices", "dse.chosen", "dse.evaluate", "dse.layers", "dse.metrics", "dse.workload")
_PACKAGES = ("zeroskip", "numpy", "numba", "onnxruntime")


def code_digest(family: Family[Any]) -> str:
    """SHA-256 of all files that a result depends on: the simulator's, those that evaluate, and the family's own."""
    return _digest_of(*_places((*_ROOMS, *_OWN), family))


def simulator_digest(family: Family[Any]) -> str:
    """SHA-256 of all files that a simulation depends on: the simulator's and the family's own."""
    return _digest_of(*_places(_ROOMS, family))


def versions() -> dict[str, str]:
    """Versions to keep with a study."""
    return {"python": sys.version.split()[0]} | {name: _version(name) for name in _PACKAGES}


def _places(modules: tuple[str, ...], family: Family[Any]) -> list[str]:
    """Folders of packages and files of modules, and the folder of the family."""
    specs = [find_spec(name) for name in modules]  # without importing what takes long
    paths = [Path(spec.origin) for spec in specs if spec is not None and spec.origin]
    own = import_module(family.config.__module__).__file__
    folders = [path.parent if path.name == "__init__.py" else path for path in paths]
    return [str(folder) for folder in (*folders, *([Path(own).parent] if own else []))]


@cache
def _digest_of(*places: str) -> str:
    digest = sha256()
    for place in map(Path, dict.fromkeys(places)):
        files = (
            sorted(file for kind in ("*.py", "*.toml", "*.json") for file in place.rglob(kind))
            if place.is_dir()
            else [place]
        )
        for file in files:
            # The name inside the package: an installed copy and a checkout are the same code.
            digest.update(f"{file.relative_to(place.parent)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
