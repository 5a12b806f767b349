"""Does SORE keep what the pruner keeps, in m cycles a group?"""

import numpy as np
import pytest

from mapping.sparsity import Pattern
from rtl.bench.benches import SAT, BenchRun
from simulator.families.sat.sore import reduce_groups
from simulator.families.sat.timing import sore_cycles
from tests.rtl.tools import need

SEED = 7
(BENCH,) = (bench for bench in SAT if bench.module == "zs_sore")


@pytest.mark.rtl
@pytest.mark.golden
@pytest.mark.parametrize("name", BENCH.sets)
def test_groups_are_reduced(name: str) -> None:
    need("verilator")
    assert BENCH.run(name, BenchRun(seed=SEED)) == 1


@pytest.mark.golden
def test_golden_keeps_what_the_pruner_keeps() -> None:
    rng = np.random.default_rng(3)
    for n, m in ((1, 2), (2, 4), (2, 8), (3, 7), (2, 16)):
        groups = rng.integers(-3, 4, (500, m)).astype(np.float32)
        assert (reduce_groups(groups, n).mask == Pattern(n, m).project(np.abs(groups))).all()


@pytest.mark.timing
def test_cycles_are_those_of_the_derived_model() -> None:
    # 6.57 M weights, 32 lanes, 200 MHz: 1.027 ms in one direction.
    assert sore_cycles(6_570_000 // 8, 8, 32) == pytest.approx(1.027e-3 * 200e6, rel=1e-3)
