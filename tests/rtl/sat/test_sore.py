"""Does SORE keep what the pruner keeps, in m cycles a group?"""

import numpy as np
import pytest

from mapping.sparsity import Pattern
from simulator.families.sat.sore import reduce_groups, sore_cycles
from tests.rtl.sat.support import RTL, lint, require_tools, run_cocotb

SEED = 7
LANES = {
    "fp16": {"Lanes": 3, "Width": 16, "Float": 1, "MaxN": 4, "MaxM": 16},
    "int8": {"Lanes": 1, "Width": 8, "Float": 0, "MaxN": 3, "MaxM": 7},
    "fp32": {"Lanes": 2, "Width": 32, "Float": 1, "MaxN": 2, "MaxM": 8},
}


def check_sore(name: str, seed: int = SEED, folder=RTL) -> None:
    """Run the bench on a named configuration."""
    settings = {f"ZS_{key.upper()}": str(value) for key, value in LANES[name].items()}
    run_cocotb("zs_sore", LANES[name], "cocotb_sore", {**settings, "ZS_SEED": str(seed)}, folder)


@pytest.mark.rtl
@pytest.mark.golden
@pytest.mark.parametrize("name", LANES)
def test_groups_are_reduced(name: str) -> None:
    require_tools()
    check_sore(name)


@pytest.mark.rtl
@pytest.mark.parametrize("name", LANES)
def test_lint(name: str) -> None:
    assert lint("zs_sore", LANES[name]) == ""


@pytest.mark.golden
def test_golden_keeps_what_the_pruner_keeps() -> None:
    rng = np.random.default_rng(3)
    for n, m in ((1, 2), (2, 4), (2, 8), (3, 7), (2, 16)):
        groups = rng.integers(-3, 4, (500, m)).astype(np.float32)
        assert (reduce_groups(groups, n).mask == Pattern(n, m).project(np.abs(groups))).all()


@pytest.mark.timing
def test_cycles_are_those_of_the_derived_model() -> None:
    # 6.57 M weights, 32 lanes, 200 MHz: 1.027 ms in one direction.
    assert sore_cycles(6_570_000, 8, 32) == pytest.approx(1.027e-3 * 200e6, rel=1e-3)
