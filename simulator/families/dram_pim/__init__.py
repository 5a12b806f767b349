"""DRAM with multiply-accumulate units in its banks: AiM, and the machines CENT and PIM-GPT built on such DRAM."""

from collections.abc import Callable
from pathlib import Path

from simulator.families import Family
from simulator.families.dram_pim.check import check
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.cost import actions
from simulator.families.dram_pim.golden import GOLDEN
from simulator.families.dram_pim.isa import DRAM_PIM_ISA
from simulator.families.dram_pim.layers import COLUMN_BYTES, admit, candidates, lower
from simulator.families.dram_pim.timing import dram_bytes, job
from simulator.page import Page


def _cent(say: Callable[[str], None], jobs: int) -> Page:
    from simulator.families.dram_pim.reproduce.cent_page import page  # noqa: PLC0415  # not needed to simulate

    return page(say, jobs)


def _pim_gpt(say: Callable[[str], None], jobs: int) -> Page:
    from simulator.families.dram_pim.reproduce.pim_gpt_page import page  # noqa: PLC0415

    return page(say, jobs)


def peak_macs(config: DramPimConfig) -> int:
    """Products per cycle: every bank takes a column as often as the table lets it."""
    gap = max(config.table.distance("MAC16", "MAC16") or 1, 1)
    return config.channels * config.banks * config.lanes // gap


def peak_bytes(config: DramPimConfig) -> float:
    """Bytes per cycle over the data buses of all channels."""
    gap = max(config.table.distance("WRGB", "WRGB") or 1, 1)
    return config.channels * COLUMN_BYTES / gap


FAMILY = Family(
    name="dram_pim",
    summary="DRAM with MAC units in its banks, command by command (AiM, CENT, PIM-GPT)",
    config=DramPimConfig,
    configs=Path(__file__).parent / "configs",
    default="cent",
    isa=DRAM_PIM_ISA,
    candidates=candidates,
    lower=lower,
    job=job,
    dram_bytes=dram_bytes,
    golden=GOLDEN,
    peak_macs=peak_macs,
    peak_bytes=peak_bytes,
    check=check,
    admit=admit,
    actions=actions,
    pages={"cent": _cent, "pim-gpt": _pim_gpt},
)
