"""Do the published and derived numbers of AiM and CENT come out?"""

import numpy as np
import pytest

from simulator.families.dram_pim import FAMILY
from simulator.families.dram_pim.reproduce import micro
from simulator.families.dram_pim.reproduce.cent_table import published, simulate
from simulator.families.dram_pim.transformer import transformers

pytestmark = pytest.mark.published
CENT = FAMILY.load_config("cent")


@pytest.mark.parametrize("name", micro.TRACES)
def test_micro_benchmarks_to_the_cycle(name):
    found = micro.count(name, CENT)
    assert found.cycles == micro.TRACES[name][1]
    form = micro.closed_form(name, CENT.table)
    assert form is None or form.cycles == found.cycles


def test_commands_of_the_micro_benchmarks():
    """ACT16, MAC16 and PREA of channel 0, where they are known."""
    known = {
        "micro_macab_1024_16banks": (1024, 65_536, 1023),
        "micro_rdmac_1024_16banks": (0, 0, 0),
        "micro_wrab_1024_1bank": (1024, 0, 0),
        "micro_ewmul_16banks": (1024, 0, 1023),
        "micro_wrbias_mac_rdmac_mac_16banks": (2048, 131_072, 2047),
        "micro_wrbias_mac_af_rdaf_16banks": (2048, 65_536, 2047),
        "micro_wrgb_gbbk_bggb_16banks": (0, 0, 0),
    }
    for name, numbers in known.items():
        commands = micro.count(name, CENT).commands
        assert tuple(commands[each] for each in ("ACT16", "MAC16", "PREA")) == numbers, name


def test_there_are_eleven_rows():
    assert len(published()) == 11


# Relative tolerances: half a unit of the last published digit.
DIGITS = {"block_ms": 1e-5, "token_ms": 1e-5, "cxl_ms": 1e-4, "accelerators_ms": 1e-5, "token_mj": 1e-5}


@pytest.mark.parametrize("row", published(), ids=str)
def test_cent_rows(row):
    """The time of the DRAM to the cycle (0.5 ns), the rest to the published digits."""
    ours = simulate(row, CENT)
    assert ours.pim_cycles == round(row.pim_ms * 2e6)
    for name, tolerance in DIGITS.items():
        assert getattr(ours, name) == pytest.approx(getattr(row, name), rel=tolerance), name
    assert sum(ours.parts_mj.values()) == pytest.approx(ours.token_mj)
    assert 0.9 < ours.block.row_hit_rate < 1


def test_parameters_of_pim_gpt():
    """12 L d^2, in units of 2^20: the paper's 1.15 billion of GPT3-XL and "up to 1.4 billion"."""
    models = transformers()
    assert models["gpt3-xl"].weights == 1152 * 2**20
    assert models["gpt2-xl"].weights / 2**20 == pytest.approx(1406, abs=1)
    bounds = {
        "gpt2-small": 41_472,
        "gpt2-medium": 147_456,
        "gpt2-large": 345_600,
        "gpt2-xl": 720_000,
        "gpt3-large": 331_776,
        "gpt3-xl": 589_824,
    }
    peak = FAMILY.peak_macs(FAMILY.load_config("pim-gpt"))
    assert peak == 8 * 16 * 16
    assert {name: np.ceil(models[name].weights / peak) for name in bounds} == bounds
