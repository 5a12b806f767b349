"""The designs of this folder and their benches."""

from collections.abc import Mapping
from pathlib import Path

from rtl.bench.benches import DRAM_PIM, BenchRun
from rtl.bench.build import Design

BENCHES = {bench.module: bench for bench in DRAM_PIM}
SETS = [(bench.module, name) for bench in DRAM_PIM for name in bench.parameters]


def design(module: str, name: str, replaced: Mapping[Path, str] | None = None) -> Design:
    """A module with a named set of parameters."""
    return BENCHES[module].design(name, replaced)


def check(
    module: str, name: str, seed: int = 1, replaced: Mapping[Path, str] | None = None, limit_s: int = 300
) -> None:
    """Run the bench of a module on a named set.

    Raises:
        BenchError: It found a fault.
    """
    BENCHES[module].run(name, BenchRun(seed=seed, replaced=replaced or {}, limit_s=limit_s))
