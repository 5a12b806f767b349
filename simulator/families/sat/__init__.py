"""SAT: systolic array for N:M sparse training and inference (arXiv 2309.13015)."""

from pathlib import Path

from simulator.families import Family, Tiles
from simulator.families.sat.check import check
from simulator.families.sat.config import SatConfig
from simulator.families.sat.cost import actions
from simulator.families.sat.golden import GOLDEN
from simulator.families.sat.isa import SAT_ISA
from simulator.families.sat.lower import lower
from simulator.families.sat.reproduce import reproduce
from simulator.families.sat.schedule import bound_of, candidates
from simulator.families.sat.sharing import SHARING
from simulator.families.sat.timing import dram_bytes, job
from simulator.families.sat.update.lower import training_programs
from simulator.families.sat.verilog import VERILOG

FAMILY = Family(
    name="sat",
    summary="systolic array, dense and N:M sparse, weight- and output-stationary (SAT, arXiv 2309.13015)",
    config=SatConfig,
    configs=Path(__file__).parent / "configs",
    default="sat-32x32",
    isa=SAT_ISA,
    candidates=candidates,
    lower=lower,
    job=job,
    dram_bytes=dram_bytes,
    golden=GOLDEN,
    peak_macs=lambda config: config.rows * config.cols,
    peak_bytes=lambda config: config.memory.peak_bytes_per_cycle(config.clock_hz),
    check=check,
    training=training_programs,
    actions=actions,
    reproduce=reproduce,
    verilog=VERILOG,
    tiles=Tiles(
        fields=("order", "buffers", "images", "rows", "cols", "channels", "outputs"),
        bound=bound_of,
        buffered=candidates,
    ),
    sharing=SHARING,
)
