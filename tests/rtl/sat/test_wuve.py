"""Does WUVE give NumPy's float32 update, one weight per lane and cycle?"""

import numpy as np
import pytest

from rtl.bench.benches import SAT, BenchRun
from simulator.families.sat import wuve
from tests.rtl.tools import need

SEED = 11
(BENCH,) = (bench for bench in SAT if bench.module == "zs_wuve")


@pytest.mark.rtl
@pytest.mark.golden
@pytest.mark.parametrize("name", BENCH.sets)
def test_weights_are_updated(name: str) -> None:
    need("verilator")
    assert BENCH.run(name, BenchRun(seed=SEED)) == 1


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
