"""Is energy what the currents of a data sheet make of the commands?"""

import numpy as np
import pytest

from simulator.memory.controller.config import ControllerConfig, load_device
from simulator.memory.controller.energy import Activity, energy_pj
from simulator.memory.controller.run import run_controller
from simulator.memory.controller.traces import Trace, reads

DDR3, DDR4 = load_device("ddr3-1600"), load_device("ddr4-2400")
NOTHING = dict.fromkeys(Activity.__dataclass_fields__, 0)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("activity", "component", "expected"),
    [
        ({"activations": 1}, "activate", 1.5 * 25 * 28 * 1.25 * 8),  # V mA cycles ns devices
        ({"precharges": 1}, "precharge", 1.5 * 25 * 10 * 1.25 * 8),
        ({"reads": 1}, "read", 1.5 * 95 * 4 * 1.25 * 8),
        ({"writes": 1}, "write", 1.5 * 100 * 4 * 1.25 * 8),
        ({"refreshes": 1}, "refresh", 1.5 * 125 * 88 * 1.25 * 8),
        ({"cycles": 10}, "background, rows closed", 1.5 * 45 * 10 * 1.25 * 8),
        ({"cycles": 10, "active_cycles": 10}, "background, row open", 1.5 * 45 * 10 * 1.25 * 8),
    ],
)
def test_components_by_hand(activity, component, expected):
    energy = energy_pj(Activity(**NOTHING | activity), DDR3)
    assert energy[component] == pytest.approx(expected)
    assert sum(energy.values()) == pytest.approx(expected)


@pytest.mark.golden
def test_one_read_by_hand():
    """Closed page: activate, read with precharge, over the 37 cycles until a cycle before the row cycle ends."""
    result = run_controller(ControllerConfig(page_policy="closed"), reads("one", np.array([0])), DDR3)
    assert (result.cycles, result.counted_cycles) == (24, 37)
    assert result.total_pj == pytest.approx((25 * 28 + 25 * 10 + 95 * 4 + 45 * 37) * 1.5 * 1.25 * 8)
    assert result.power_mw == pytest.approx(result.total_pj / (37 * 1.25))


@pytest.mark.golden
def test_background_follows_open_rows():
    """DDR4 draws more with a row open. Two reads far apart, rows left open: open from the first activation on."""
    far = Trace(name="far", address=np.array([0, 0]), write=np.zeros(2, np.int64), arrival=np.array([0, 1000]))
    left = run_controller(ControllerConfig(page_policy="open"), far, DDR4)
    assert left.energy_pj["background, rows closed"] == 0
    shut = run_controller(ControllerConfig(page_policy="closed"), far, DDR4)
    per_cycle = 44 * 1.2 * 0.833 * 8
    assert shut.energy_pj["background, row open"] == pytest.approx(2 * 16 * per_cycle)  # from ACT to RDA, twice


@pytest.mark.shape
def test_energy_counts_every_command():
    far = reads("rows", np.arange(50) * 8192 * 8)
    result = run_controller(ControllerConfig(page_policy="open"), far, DDR3)
    assert result.commands["ACT"] == 50
    assert result.commands["PRE"] == 49
    assert result.energy_pj["activate"] == pytest.approx(50 * 25 * 28 * 1.5 * 1.25 * 8)
    assert result.energy_pj["precharge"] == pytest.approx(49 * 25 * 10 * 1.5 * 1.25 * 8)
