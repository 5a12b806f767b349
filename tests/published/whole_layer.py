"""Run a GEMM as one tile on the ideal SAT array: what closed-form cycle models describe."""

from mapping.graph import Layer
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Dataflow, Mapping, Tiling
from simulator.engine.timeline import Timeline
from simulator.execute import run
from simulator.families.sat import FAMILY
from simulator.families.sat.config import SatConfig


def ideal(*settings: str) -> SatConfig:
    """The array alone: unlimited memory, no dispatch or token latency."""
    return FAMILY.load_config("sat-ideal", settings)


def simulate_as_one_tile(
    layer: Layer, dataflow: Dataflow, pattern: Pattern = DENSE, config: SatConfig | None = None
) -> Timeline:
    """The layer in a single tile, on both executors."""
    config = config or ideal()
    shape = layer.shape
    tiling = Tiling(
        images=shape.images,
        rows=shape.out_rows,
        cols=shape.out_cols,
        channels=shape.group_in_channels,
        outputs=shape.group_out_channels,
        order="outputs_outer",
    )
    program = FAMILY.lower(layer, pattern, Mapping(dataflow=dataflow, pattern=pattern, tiling=tiling), config)
    FAMILY.check(program, config)
    return run(FAMILY.job(program, config), "both")
