"""S4: Moffett AI's Antoum chips for bank-balanced weights, up to a 32-fold reduction (arXiv 2207.08006)."""

from pathlib import Path

from simulator.families import Family, Tiles
from simulator.families.s4.check import check
from simulator.families.s4.config import S4Config
from simulator.families.s4.cost import actions
from simulator.families.s4.golden import GOLDEN
from simulator.families.s4.isa import S4_ISA
from simulator.families.s4.lower import lower
from simulator.families.s4.reproduce import reproduce
from simulator.families.s4.schedule import admit, bound_of, candidates, part
from simulator.families.s4.timing import dram_bytes, job
from simulator.families.s4.verilog import VERILOG

FAMILY = Family(
    name="s4",
    summary="rings of sparse processing units, bank-balanced weights up to 32x (Antoum: S4, S10, S30, S40)",
    config=S4Config,
    configs=Path(__file__).parent / "configs",
    default="s4",
    isa=S4_ISA,
    candidates=candidates,
    lower=lower,
    job=job,
    dram_bytes=dram_bytes,
    golden=GOLDEN,
    peak_macs=lambda config: config.spus * config.mac_rows * config.mac_columns / config.mac_cycles,
    peak_bytes=lambda config: config.memory.peak_bytes_per_cycle(config.clock_hz),
    check=check,
    part=part,
    admit=admit,
    tiles=Tiles(fields=("order", "rows", "channels", "outputs"), bound=bound_of),
    actions=actions,
    chips=lambda config: config.chips,
    reproduce=reproduce,
    verilog=VERILOG,
)
