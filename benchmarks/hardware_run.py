"""One search of machines for ResNet-50, as JSON: ``python -m benchmarks.hardware_run MIX PATTERN WORKERS [POINTS]``."""

import json
import resource
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.hardware import space_of
from dse import layers
from dse.evaluate import Evaluator
from dse.executors import InProcess, Pool
from dse.run import run
from dse.store import Store
from dse.study import Study

COMPARED = 8  # points that are evaluated layer by layer, too


def main(mix: str, pattern: str, workers: int, points: int | None = None) -> None:
    """Evaluate every point, or so many, in a study of its own, as ``zeroskip sweep`` does, and print what it took."""
    space = space_of(mix, pattern)
    _compile(mix, pattern)
    with TemporaryDirectory() as folder:
        study = Study(space, Store(f"sqlite:///{Path(folder) / 'store.db'}"), strategy="exhaustive", budget=points)
        begin, cpu = time.perf_counter(), _cpu()
        with Pool(space, workers) if workers > 1 else nullcontext(InProcess(study.evaluator)) as executor:
            run(study, executor)
        record = {"points": study.asked, "wall": time.perf_counter() - begin, "cpu": _cpu() - cpu}
        outcomes = [(trial.values, outcome) for trial, outcome in study.outcomes.values()]
    record["complete"] = sum(outcome.state == "complete" for _, outcome in outcomes)
    record["evaluation"] = sum(outcome.seconds for _, outcome in outcomes)
    record["alone"] = _alone(space, outcomes)
    print(json.dumps(record))


def _cpu() -> float:
    """CPU seconds of this process and of the children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _compile(mix: str, pattern: str) -> None:
    """Have the machine code in the cache: it is compiled once for each version of zeroskip."""
    space = space_of(mix, pattern)
    layers.SHARED_FROM = 0
    Evaluator(space).evaluate(space.decode((0,) * len(space.variables)))


def _alone(space, outcomes) -> float:  # noqa: ANN001
    """CPU seconds of one of some of these evaluations, layer by layer.

    Raises:
        AssertionError: It comes to another outcome.
    """
    layers.SHARED_FROM = sys.maxsize
    some = outcomes[:: max(1, len(outcomes) // COMPARED)][:COMPARED]
    evaluator = Evaluator(space)
    evaluator.evaluate(some[0][0] | {"clock_mhz": 123})  # loads and compiles what is still missing
    begin = time.process_time()
    for values, outcome in some:
        again = evaluator.evaluate(values)
        assert (again.state, again.metrics, again.parts) == (outcome.state, outcome.metrics, outcome.parts)
    return (time.process_time() - begin) / len(some)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
