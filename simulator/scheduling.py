"""Offline scheduling: for each layer the mapping that takes the fewest cycles, by the fast executor."""

from dataclasses import dataclass, replace
from typing import Any

from mapping.graph import Layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.engine.fast import run_fast
from simulator.families import Family

# Candidates come by ascending bound; the search ends when no bound lies below the best found, or after so many.
MAX_RUNS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What scheduling found.

    Attributes:
        mapping: The mapping with the fewest cycles; among equals the one with the lower bound.
        cycles: Its cycles.
        dram_bytes: Bytes it moves to and from DRAM.
        candidates: How many mappings there were.
        runs: How many were run; bounds or ``MAX_RUNS`` ruled out the others.
        proven: Whether the bounds show that no other candidate is faster.
    """

    mapping: Mapping
    cycles: int
    dram_bytes: int
    candidates: int
    runs: int
    proven: bool


def best_mapping(family: Family[Any], layer: Layer, pattern: Pattern, config: Any) -> Choice:  # noqa: ANN401
    """Choose the mapping of a layer.

    Raises:
        InputError: The layer cannot run on this configuration.
    """
    # Times depend on the pattern, not on the values; without weights nothing has to be counted.
    bare = replace(layer, weights=None)
    options = family.candidates(bare, pattern, config)
    best: Mapping | None = None
    cycles, moved, runs, proven = 0, 0, 0, True
    for option in options:
        if best is not None and option.bound_cycles >= cycles:
            break
        if runs == MAX_RUNS:
            proven = False
            break
        program = family.lower(bare, pattern, option.mapping, config)
        _, end = run_fast(family.job(program, config))
        runs += 1
        total = int(end.max())
        if best is None or total < cycles:
            best, cycles, moved = option.mapping, total, int(family.dram_bytes(program).sum())
    assert best is not None
    return Choice(mapping=best, cycles=cycles, dram_bytes=moved, candidates=len(options), runs=runs, proven=proven)
