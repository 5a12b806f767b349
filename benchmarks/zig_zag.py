"""ZigZag in an environment of its own, on one layer."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cost import Cost, measure_process
from benchmarks.environment import python_with

VERSION = "3.9.1"
PACKAGES = (f"zigzag-dse=={VERSION}", "six")  # it imports six, and does not say so
SCRIPT = Path(__file__).with_name("zig_zag_run.py")


@dataclass(frozen=True, slots=True)
class ZigZag:
    """What ZigZag found, and the cost of the search alone: its imports are not in it."""

    cycles: float
    search: Cost


def zigzag(m: int, k: int, n: int) -> ZigZag:
    """The fastest temporal mapping of an m x k by k x n product on its 32 x 32 array ``tpu_like``, dense."""
    python = python_with(f"zigzag-{VERSION}", *PACKAGES)
    record = json.loads(measure_process(str(python), str(SCRIPT), str(m), str(k), str(n)).output.splitlines()[-1])
    return ZigZag(record["cycles"], Cost(record["cpu"], record["wall"]))
