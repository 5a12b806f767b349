"""Simulations in processes of their own, several at once, watched and stopped from here."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

POLL_S = 0.1
REPORT, COUNTER = "difference.json", "progress"


class Simulation:
    """One run of ``python -m rtl.bench.child``.

    Args:
        job: What it reads; ``folder`` and ``environment`` are added here.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.seconds = 0.0
        self.counts = (0, 0, 0)  # programs, instructions, cycles
        self.code: int | None = None  # exit code, once it has ended
        self._temporary = tempfile.TemporaryDirectory(prefix="zeroskip-verify-")
        self.folder = Path(self._temporary.name)
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0

    def start(self) -> None:
        """Begin."""
        environment = {"PROGRESS": str(self.folder / COUNTER), "REPORT": str(self.folder / REPORT)}
        job = {**self.job, "folder": str(self.folder), "environment": environment}
        command = [sys.executable, "-m", "rtl.bench.child", json.dumps(job)]
        self._began = time.monotonic()
        with (self.folder / "run.log").open("w") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def look(self) -> bool:
        """See how far it is; whether it has ended."""
        assert self._process is not None
        self.code = self._process.poll()
        self.seconds = time.monotonic() - self._began
        with suppress(FileNotFoundError, ValueError):  # not there yet, or half written
            programs, instructions, cycles = map(int, (self.folder / COUNTER).read_text().split())
            self.counts = (programs, instructions, cycles)
        return self.code is not None

    def stop(self) -> None:
        """End it, if it runs, with all that it has started."""
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()

    @property
    def said(self) -> str:
        """What it wrote."""
        return (self.folder / "run.log").read_text("utf-8", "replace").rstrip()

    @property
    def difference(self) -> dict[str, Any] | None:
        """The difference that it reported."""
        path = self.folder / REPORT
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def wave(self) -> Path | None:
        """The waveform it wrote."""
        waves = sorted([*self.folder.rglob("*.fst"), *self.folder.rglob("*.vcd")])
        return waves[0] if waves else None

    def drop(self) -> None:
        """Delete its folder."""
        self._temporary.cleanup()


def run_all(
    simulations: Iterable[Simulation],
    workers: int,
    watch: Callable[[], None],
    ended: Callable[[Simulation], None] = lambda _: None,
    wanted: Callable[[Simulation], bool] = lambda _: True,
) -> None:
    """Run simulations, some at once, in their order.

    Args:
        simulations: What to run.
        workers: How many at once.
        watch: Called about ten times a second; what it raises ends all.
        ended: Called with each that has ended.
        wanted: Whether one is still to be begun, or to go on.
    """
    waiting, running = deque(simulations), list[Simulation]()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                one = waiting.popleft()
                if wanted(one):
                    one.start()
                    running.append(one)
            time.sleep(POLL_S)
            for one in list(running):
                if one.look():
                    running.remove(one)
                    ended(one)
                elif not wanted(one):
                    one.stop()
                    running.remove(one)
            watch()
    finally:
        for one in running:
            one.stop()
            one.look()
