"""One simulation, for a caller that wants to watch and stop it: ``python -m rtl.bench.child JSON``.

The JSON object says what to run: ``kind`` is "programs", beside the fields of ``LockstepRun``, or "module", beside
``family``, ``module``, ``set`` and the fields of ``BenchRun``; ``environment`` is for the bench of programs.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from mapping.errors import InputError
from rtl.bench.benches import Bench, BenchRun, benches_of
from rtl.bench.build import BenchError, Design, build
from rtl.bench.cores import RANDOM_PROGRAMS, LockstepRun

FAILED = 1  # exit code of a run that found something


def main(arguments: list[str]) -> int:
    """Run it; what it finds is written to standard error."""
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


def _programs(values: dict[str, Any], environment: dict[str, str]) -> None:
    one = LockstepRun(**values)
    try:
        one.run(tests=(RANDOM_PROGRAMS,), **environment)
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
