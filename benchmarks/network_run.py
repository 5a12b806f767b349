"""One network from its name to its cycles, in a process of its own: prints what every step cost as JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import zeroskip
from benchmarks.cost import T, measure

if TYPE_CHECKING:
    from simulator.execute import Executor


def main(name: str, pattern: str, executor: "Executor") -> None:
    """Load, prune, lower and run; then lower and run once more, now that all code is loaded."""
    steps: dict[str, dict[str, float]] = {}

    def step(label: str, work: Callable[[], T]) -> T:
        result, cost = measure(work)
        # The first is all that the process has used, the start of Python and every import included.
        steps[label] = {"so_far": time.process_time(), "cpu": cost.cpu, "wall": cost.wall, "peak_mib": peak_mib()}
        return result

    # zeroskip imports what a step needs when the step names it.
    model = step("load", lambda: zeroskip.load_model(name))
    sparse = step("prune", lambda: zeroskip.prune(model, pattern))
    lowered = step("lower", lambda: zeroskip.lower(sparse))
    result = step("run", lambda: zeroskip.simulate(lowered, executor))
    step("again", lambda: zeroskip.simulate(zeroskip.lower(sparse), executor))
    print(json.dumps({"cycles": result.total_cycles, "instructions": result.instructions, "steps": steps}))


def peak_mib() -> float:
    """Most memory that this process has held; Linux counts into ru_maxrss what the process before exec() held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], cast("Executor", sys.argv[3]))
