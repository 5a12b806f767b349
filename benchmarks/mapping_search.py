"""What a peer's search for the mapping of one product found and took."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cost import Cost, measure_process


@dataclass(frozen=True, slots=True)
class MappingSearch:
    """Cycles of the best mapping, and the cost of the search alone: its imports are not in it."""

    cycles: float
    cost: Cost


def mapping_search(python: Path, script: Path, m: int, k: int, n: int) -> MappingSearch:
    """Run a script that maps an m x k by k x n product and prints ``cycles``, ``cpu`` and ``wall`` as its last line.

    Raises:
        CalledProcessError: It failed.
    """
    record = json.loads(measure_process(str(python), str(script), str(m), str(k), str(n)).output.splitlines()[-1])
    return MappingSearch(record["cycles"], Cost(record["cpu"], record["wall"]))
