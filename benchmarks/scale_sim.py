"""SCALE-Sim v3 in an environment of its own, in the user's cache folder."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cost import Cost, measure_process
from benchmarks.environment import python_with

VERSION = "3.0.0"
PACKAGES = (f"scalesim=={VERSION}", "numpy<2.4")  # with NumPy 2.4 every run of 3.0.0 ends in a TypeError
SCRIPT = Path(__file__).with_name("scale_sim_run.py")


@dataclass(frozen=True, slots=True)
class ScaleSim:
    """What SCALE-Sim printed, and the cost of the simulation alone and of the whole process."""

    cycles: int
    simulation: Cost
    process: Cost


def scale_sim(m: int, k: int, n: int, side: int, pattern: str) -> ScaleSim:
    """Run an m x k by k x n product, weight-stationary on a side x side array; pattern 1:1 is dense."""
    sizes = (str(size) for size in (m, k, n, side))
    process = measure_process(str(python_with(f"scalesim-{VERSION}", *PACKAGES)), str(SCRIPT), *sizes, pattern)
    record = json.loads(process.output)
    return ScaleSim(record["cycles"], Cost(record["cpu"], record["wall"]), process.cost)
