"""Small machines and layers for the tests of this folder."""

from simulator.families.dram_pim import FAMILY
from simulator.families.dram_pim.config import DramPimConfig


def config(**changes) -> DramPimConfig:
    """Two channels of four banks with short rows."""
    small = {"channels": 2, "bank_groups": 2, "group_banks": 2, "rows": 512, "row_bytes": 256, "registers": 4}
    return DramPimConfig.model_validate({**small, "refresh": False, **changes})


def mapping(layer, pattern, machine, executed=None):
    """The candidate of a layer that stores a pattern, or the first."""
    found = [each.mapping for each in FAMILY.candidates(layer, pattern, machine)]
    return next((each for each in found if each.pattern == executed), found[0])
