"""Runs Yosys in a process of its own: Yosys ends its process on an error, and nothing else can interrupt it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from mapping.errors import InputError
from rtl.bench.toolchain import EXTRA

SCRIPT, LOG = "script.ys", "yosys.log"
POLL_S = 0.02
GRACE_S = 30  # after which an orphan ends itself


class YosysError(RuntimeError):
    """Yosys ended with an error, or did not end. The message is its own."""


def need_yosys() -> str:
    """The version of the installed Yosys.

    Raises:
        InputError: There is none.
    """
    try:
        found = version("pyosys") if find_spec("pyosys") else None
    except PackageNotFoundError:
        found = None
    if found is None:
        raise InputError(f"Yosys (pyosys) is not installed: {EXTRA}")
    return found


def run_yosys(
    commands: Sequence[str], folder: Path, *, limit_s: float = 600, check: Callable[[], None] = lambda: None
) -> str:
    """Run commands of Yosys one after another.

    Args:
        commands: As in a Yosys script; relative paths are below ``folder``.
        folder: Where Yosys runs; script and log are put there.
        limit_s: Seconds of wall-clock time after which it is stopped.
        check: Called again and again meanwhile; what it raises stops Yosys.

    Returns:
        The log.

    Raises:
        InputError: Yosys is not installed.
        YosysError: An error of Yosys, or it took longer than ``limit_s``.
    """
    need_yosys()
    (folder / SCRIPT).write_text("\n".join(commands) + "\n", "utf-8")
    log = folder / LOG
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "rtl.bench.yosys", SCRIPT, str(int(limit_s + GRACE_S))]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        deadline = time.monotonic() + limit_s
        try:
            while process.poll() is None:
                check()
                if time.monotonic() > deadline:
                    raise YosysError(f"Yosys was stopped after {limit_s:g} s")
                time.sleep(POLL_S)
        finally:
            _kill(process)
    text = log.read_text("utf-8", "replace")
    if process.returncode:
        said = [line for line in text.splitlines() if "ERROR" in line] or text.splitlines()[-3:]
        doing = [line for line in text.splitlines() if line.startswith("-- Running command")][-1:]
        raise YosysError(f"Yosys ended with {process.returncode}: {' '.join([*said, *doing])}")
    return text


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it, and abc, which it starts."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _run_here(script: str, limit_s: int) -> None:
    """The commands of a file, in this process."""
    from pyosys import libyosys  # noqa: PLC0415  # an optional dependency

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limit_s)
    design = libyosys.Design()
    for command in Path(script).read_text("utf-8").splitlines():
        libyosys.run_pass(command, design)


if __name__ == "__main__":
    _run_here(sys.argv[1], int(sys.argv[2]))
