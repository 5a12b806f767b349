"""One token of a decoder on CENT, in a process of its own: ``python -m benchmarks.dram_run MODEL SEQUENCE``."""

import json
import resource
import sys

from simulator.families.dram_pim import FAMILY
from simulator.families.dram_pim.reproduce.cent_table import published, simulate


def main(model: str, sequence: int) -> None:
    """Simulate the published row of a model on whole devices, and print time of a token and peak memory."""
    row = next(
        each
        for each in published()
        if (each.model, each.sequence, each.tensor) == (model, sequence, 1) and each.channels == 32
    )
    result = simulate(row, FAMILY.load_config("cent"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    sys.stdout.write(json.dumps({"token_ms": result.token_ms, "published_ms": row.token_ms, "peak_mib": peak}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
