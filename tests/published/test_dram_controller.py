"""Do the measurements of DRAMSys's controller come out?"""

import re
from pathlib import Path

import pytest

from simulator.memory.controller.reproduce.measure import ours, published
from simulator.memory.controller.reproduce.page import page

pytestmark = pytest.mark.published
SAVED = Path(__file__).parents[2] / "docs" / "reproduce_dram_controller.md"


def test_there_are_a_hundred_rows():
    assert len(published()) == 100
    assert len({row.config for row in published()}) == 100


@pytest.mark.parametrize("number", range(100))
def test_time_to_the_cycle_and_energy_to_the_digits(number):
    row = published()[number]
    result = ours(row.config)
    assert result.cycles == pytest.approx(row.latency_us * 800, abs=0.01)  # a cycle is 1.25 ns; printed to eight digits
    assert result.total_pj / 1e6 == pytest.approx(row.energy_uj, rel=1e-7)  # half of the last of seven to eight digits
    assert result.power_mw / 1e3 == pytest.approx(row.power_w, abs=5.5e-6)  # half of the last digit, and its rounding


def test_the_page_is_what_the_command_writes():
    assert str(page(lambda _: None, 1)) == SAVED.read_text()


def test_the_verdict_of_the_page_is_that_of_the_rows():
    found = re.search(r"time ([\d.]+) ns .*? energy ([\d.]+) nJ", " ".join(SAVED.read_text().split()))
    assert found is not None
    worst = max(abs(ours(row.config).latency_ns - row.latency_us * 1e3) for row in published())
    assert float(found[1]) == pytest.approx(worst, abs=5e-4)
    assert float(found[1]) < 1.25
