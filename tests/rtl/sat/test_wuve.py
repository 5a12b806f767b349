"""Does WUVE give NumPy's float32 update, one weight per lane and cycle?"""

import numpy as np
import pytest

from simulator.families.sat import wuve
from tests.rtl.sat.support import RTL, lint, require_tools, run_cocotb

SEED = 11
UNITS = {
    "pipelined": {"Lanes": 2, "MulLatency": 1, "AddLatency": 3},
    "unit": {"Lanes": 1, "MulLatency": 0, "AddLatency": 1},
}


def check_wuve(name: str, seed: int = SEED, folder=RTL) -> None:
    """Run the bench on a named configuration."""
    unit = UNITS[name]
    latency = 2 * (unit["MulLatency"] + unit["AddLatency"])
    settings = {"ZS_LANES": str(unit["Lanes"]), "ZS_LATENCY": str(latency), "ZS_SEED": str(seed)}
    run_cocotb("zs_wuve", unit, "cocotb_wuve", settings, folder)


@pytest.mark.rtl
@pytest.mark.golden
@pytest.mark.parametrize("name", UNITS)
def test_weights_are_updated(name: str) -> None:
    require_tools()
    check_wuve(name)


@pytest.mark.rtl
@pytest.mark.parametrize("name", UNITS)
def test_lint(name: str) -> None:
    assert lint("zs_wuve", UNITS[name]) == ""


@pytest.mark.golden
def test_golden_is_plain_float32() -> None:
    rng = np.random.default_rng(2)
    w, v, g = rng.standard_normal((3, 1000)).astype(np.float32)
    rate, momentum = np.float32(0.05), np.float32(0.9)
    moved = momentum * v + g
    weights, velocity, half = wuve.update(w, v, g, learning_rate=rate, momentum=momentum)
    assert (velocity == moved).all()
    assert (weights == w - rate * moved).all()
    assert (half == (w - rate * moved).astype(np.float16)).all()
    assert weights.dtype == velocity.dtype == np.float32
