"""One GEMM on SAT, by the conventions of SCALE-Sim or as zeroskip would run it; a script prints its cycles."""

import sys

from mapping.graph import Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Mapping, Tiling
from simulator.execute import Executor, run
from simulator.families.sat import FAMILY
from simulator.families.sat.config import SatConfig
from simulator.scheduling import best_mapping


def as_scale_sim(layer: Layer, pattern: Pattern, side: int, executor: Executor, sparse_rows: str = "slot") -> int:
    """Cycles of the array alone: memory without limits, no latencies between blocks."""
    config = FAMILY.load_config("sat-ideal", (f"rows={side}", f"cols={side}", f'sparse_rows="{sparse_rows}"'))
    return as_one_tile(layer, pattern, config, executor)


def as_one_tile(layer: Layer, pattern: Pattern, config: SatConfig, executor: Executor) -> int:
    """Cycles, weight-stationary, with the whole layer in the scratchpads."""
    shape = layer.shape
    tiling = Tiling(
        images=shape.images,
        rows=shape.out_rows,
        cols=shape.out_cols,
        channels=shape.group_in_channels,
        outputs=shape.group_out_channels,
        order="outputs_outer",
    )
    return cycles(
        layer, pattern, Mapping(dataflow="weight_stationary", pattern=pattern, tiling=tiling), config, executor
    )


def as_it_would_run(layer: Layer, pattern: Pattern, side: int, executor: Executor) -> int:
    """Cycles on the default configuration with its DRAM, in the mapping that scheduling chooses."""
    config = FAMILY.load_config(settings=(f"rows={side}", f"cols={side}"))
    return cycles(layer, pattern, best_mapping(FAMILY, layer, pattern, config).mapping, config, executor)


def cycles(layer: Layer, pattern: Pattern, mapping: Mapping, config: SatConfig, executor: Executor) -> int:
    """Cycles in a given mapping."""
    return run(FAMILY.job(FAMILY.lower(layer, pattern, mapping, config), config), executor).total


def parse_pattern(pattern: str) -> Pattern:
    """N:M, where 1:1 is dense."""
    return DENSE if pattern == "1:1" else Pattern.parse(pattern)


if __name__ == "__main__":
    m, k, n, side = (int(argument) for argument in sys.argv[1:5])
    print(as_scale_sim(gemm_layer("gemm", m, k, n), parse_pattern(sys.argv[5]), side, "fast"))
