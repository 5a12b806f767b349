"""Does the array give the golden sums in exactly the cycles that timing.py says?"""

import numpy as np
import pytest

from rtl.bench.benches import SAT, BenchRun
from rtl.bench.sat.folds import ARRAYS, PATTERNS, Array, array_cycles, random_fold
from simulator.families.sat import timing
from simulator.families.sat.config import SatConfig
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl

SEED = 31
LONG = 400
(BENCH,) = (bench for bench in SAT if bench.module == "zs_array")


@pytest.mark.golden
@pytest.mark.parametrize("name", ARRAYS)
def test_values_and_cycles(name: str) -> None:
    need("verilator")
    assert BENCH.run(name, BenchRun(seed=SEED)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ARRAYS)
def test_values_and_cycles_of_many_folds(name: str) -> None:
    need("verilator")
    assert BENCH.run(name, BenchRun(seed=SEED + 1, cases=LONG)) == 1


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
    """Hardware cycles minus timing.py's, over random folds. Behind the array the sums are accumulated."""
    config, rng, found = config_of(array), np.random.default_rng(5), set()
    for n, m in PATTERNS:
        if (n == 1) != single:
            continue
        for _ in range(50):
            fold = random_fold(array, rng, output_stationary=output_stationary, n=n, m=m)
            want = timing.fold_cycles(output_stationary, n, fold.positions, fold.slots, True, True, config)
            found.add(array_cycles(fold, array) + timing.accumulation(config) - int(want))
    return found


@pytest.mark.timing
@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("single", [True, False], ids=["n=1", "n>1"])
@pytest.mark.parametrize("output_stationary", [True, False], ids=["os", "ws"])
def test_the_formulas_of_timing_are_those_of_the_hardware(name: str, single: bool, output_stationary: bool) -> None:
    assert _difference(ARRAYS[name], output_stationary=output_stationary, single=single) == {0}
