"""Cycles of the array alone: a product as one GEMM in one tile, memory without limits.

The derived model that SAT's array is compared with in closed form (folds times cycles of a fold); the programs of such
GEMMs take exactly as long, which ``tests/published`` holds.
"""

from mapping.graph import gemm_layer
from mapping.tiling import Dataflow, Tiling
from mapping.training import Product
from simulator.families.sat.config import SatConfig
from simulator.families.sat.schedule import DATAFLOWS, bound_cycles

# On top of ``sat-ideal``: results of an output-stationary fold are shifted out in R cycles that nothing hides, so that
# both dataflows have an overhead of 2R + C - 2 cycles a fold.
SETTINGS = ('output_drain="serial"',)


def array_cycles(product: Product, dataflow: Dataflow, config: SatConfig) -> int:
    """Cycles of all GEMMs of a product in one dataflow; ``config`` has an ideal memory without limits."""
    layer = gemm_layer(product.layer, product.m, product.k, product.n)
    whole = Tiling(images=1, rows=product.m, cols=1, channels=product.k, outputs=product.n, order="outputs_outer")
    (cycles,) = bound_cycles(layer.shape, [whole], product.pattern, dataflow, config)
    return product.repeats * int(cycles)


def best_array_cycles(product: Product, config: SatConfig) -> int:
    """The same in the better of the dataflows that the machine has."""
    allowed = [dataflow for dataflow in DATAFLOWS if config.dataflows in ("flexible", dataflow)]
    return min(array_cycles(product, dataflow, config) for dataflow in allowed)
