"""Does the array give the golden sums in exactly the cycles that timing.py says?"""

import numpy as np
import pytest

from simulator.families.sat import timing
from simulator.families.sat.config import SatConfig
from tests.rtl.sat.folds import ARRAYS, PATTERNS, Array, array_cycles, random_fold
from tests.rtl.sat.support import RTL, lint, require_tools, run_cocotb

SEED = 31
REPEATS = 12


def check_array(name: str, seed: int = SEED, repeats: int = REPEATS, folder=RTL) -> None:
    """Run the bench on a named configuration."""
    settings = {"ZS_ARRAY": name, "ZS_SEED": str(seed), "ZS_REPEATS": str(repeats)}
    run_cocotb("zs_array", ARRAYS[name].parameters(), "cocotb_array", settings, folder)


@pytest.mark.rtl
@pytest.mark.golden
@pytest.mark.parametrize("name", ARRAYS)
def test_values_and_cycles(name: str) -> None:
    require_tools()
    check_array(name)


@pytest.mark.rtl
@pytest.mark.slow
@pytest.mark.parametrize("name", ARRAYS)
def test_values_and_cycles_of_many_folds(name: str) -> None:
    require_tools()
    check_array(name, SEED + 1, 400)


@pytest.mark.rtl
@pytest.mark.parametrize("name", ARRAYS)
def test_lint(name: str) -> None:
    assert lint("zs_array", ARRAYS[name].parameters()) == ""


def config_of(array: Array) -> SatConfig:
    """The simulator's configuration of the same hardware."""
    return SatConfig(
        rows=array.rows,
        cols=array.cols,
        max_group=array.max_m,
        datapath="fp16" if array.fp16 else "int8",
        output="accumulator",
        add_latency=array.add_latency,
        mul_latency=array.mul_latency,
        interleave=array.interleave,
        output_drain="serial" if array.drain_serial else "hidden",
    )


def _difference(array: Array, *, output_stationary: bool, single: bool) -> set[int]:
    """Hardware cycles minus timing.py's, over random folds."""
    config, rng, found = config_of(array), np.random.default_rng(5), set()
    for n, m in PATTERNS:
        if (n == 1) != single:
            continue
        for _ in range(50):
            fold = random_fold(array, rng, output_stationary=output_stationary, n=n, m=m)
            want = timing.fold_cycles(output_stationary, n, fold.positions, fold.slots, True, True, config)
            found.add(array_cycles(fold, array) - int(want))
    return found


@pytest.mark.rtl
@pytest.mark.timing
@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("single", [True, False], ids=["n=1", "n>1"])
@pytest.mark.parametrize("output_stationary", [True, False], ids=["os", "ws"])
def test_the_formulas_of_timing_are_those_of_the_hardware(
    name: str, single: bool, output_stationary: bool
) -> None:
    assert _difference(ARRAYS[name], output_stationary=output_stationary, single=single) == {0}
