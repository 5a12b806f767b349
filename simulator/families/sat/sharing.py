"""What decides about SAT's programs, and what about their times alone."""

from simulator.families.sat.config import SatConfig
from simulator.families.sat.schedule import offers
from simulator.families.sat.timing import dram_requests
from simulator.sharing.offers import Sharing

_SCRATCHPADS = ("activation_scratchpad_kib", "weight_scratchpad_kib", "output_scratchpad_kib")
_BOX = ("images", "rows", "cols", "run_bytes")

SHARING: Sharing[SatConfig] = Sharing(
    fields=("rows", "cols", "datapath", "output", "interleave", "sparse_rows"),
    offered=("max_group", "dataflows", *_SCRATCHPADS),
    offers=offers,
    timed={
        "LOAD": _BOX,
        "GEMM": ("output_stationary", "n", "position_count", "slot_count", "chain_first", "chain_last"),
        "STORE": _BOX,
    },
    requests=dram_requests,
    counted=("memory", *_SCRATCHPADS),
)
