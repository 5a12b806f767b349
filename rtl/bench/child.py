"""One simulation, for a caller that wants to watch and stop it: ``python -m rtl.bench.child JSON``.

The JSON object says what to run: ``kind`` is "programs", beside the fields of ``LockstepRun``, or "module", beside
``family``, ``module``, ``set`` and the fields of ``BenchRun``; ``environment`` is for the bench of programs.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from mapping.errors import InputError
from rtl.bench.benches import Bench, BenchRun, benches_of
from rtl.bench.build import BenchError, Design, build
from rtl.bench.cores import RANDOM_PROGRAMS, SAVED_PROGRAM, LockstepRun

FAILED = 1  # exit code of a run that found something
WATCH_S = 1.0


def main(arguments: list[str]) -> int:
    """Run it; what it finds is written to standard error."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    values: dict[str, Any] = json.loads(arguments[0])
    kind, environment = values.pop("kind"), values.pop("environment")
    values["folder"] = Path(values["folder"])
    values["replaced"] = {Path(path): text for path, text in values["replaced"].items()}
    run = _programs if kind == "programs" else _module
    try:
        run(values, environment)
    except (BenchError, InputError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return 0


def _end_with(caller: int) -> None:
    """End this process, and the simulator that it started, once the caller is gone: nobody waits for a result."""
    while os.getppid() == caller:
        time.sleep(WATCH_S)
    os.killpg(0, signal.SIGTERM)


def _programs(values: dict[str, Any], environment: dict[str, str]) -> None:
    program = values.pop("program")
    one = LockstepRun(**values, program=None if program is None else Path(program))
    try:
        one.run(tests=(RANDOM_PROGRAMS if program is None else SAVED_PROGRAM,), **environment)
    finally:
        _fetch_wave(one.design(), one.simulator, one.waves, values["folder"])


def _module(values: dict[str, Any], environment: dict[str, str]) -> None:
    del environment
    family, module, name = (values.pop(key) for key in ("family", "module", "set"))
    (bench,) = (bench for bench in benches_of(family) if bench.module == module)
    how = BenchRun(**values)
    try:
        bench.run(name, how)
    finally:
        if isinstance(bench, Bench):
            _fetch_wave(bench.design(name, how.replaced), how.simulator, how.waves, values["folder"])


def _fetch_wave(design: Design, simulator: str, waves: bool, folder: Path) -> None:
    """Icarus writes its waveform beside the simulator."""
    if waves and simulator == "icarus":
        for wave in build(design, simulator, waves=True).glob("*.fst"):
            shutil.move(wave, folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
