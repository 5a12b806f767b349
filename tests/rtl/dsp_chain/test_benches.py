"""Does the DSP chain give the golden values, in the cycles of its closed forms, whatever stalls?

The long part runs inside the simulator, in `rtl/bench/dsp_*.py`: every output in every cycle, all coverage bins filled.
"""

import pytest

from rtl.bench.benches import DSP_CHAIN
from rtl.bench.build import Design, run
from tests.rtl.tools import need

pytestmark = [pytest.mark.rtl, pytest.mark.golden, pytest.mark.timing]

SEED = 1
LONG_SEEDS = (2, 3, 4)
LONG_JOBS = "300"
FOUR_STATE = (
    pytest.param("zs_dsp_slice", "cells", marks=pytest.mark.slow),
    ("zs_dsp_chain", "four"),
    ("zs_vector_unit", "four"),
    pytest.param("zs_vector_unit", "sixteen", marks=pytest.mark.slow),
)


def cases(*, slow=None):
    """Benches and their parameter sets; None means all."""
    return [
        pytest.param(bench, name, id=f"{bench.module}-{name}")
        for bench in DSP_CHAIN
        for name in bench.parameters
        if slow is None or (name in bench.slow) == slow
    ]


def run_bench(bench, name, simulator="verilator", seed=SEED, **environment):
    need(simulator)
    design = Design(toplevel=bench.toplevel, parameters=bench.parameters[name])
    ran = run(design, bench.bench, simulator=simulator, seed=seed, environment=bench.environment_of(name) | environment)
    assert ran >= 2, "at least one test and the one of the coverage"


@pytest.mark.parametrize(("bench", "name"), cases(slow=False))
def test_bench(bench, name):
    run_bench(bench, name)


@pytest.mark.slow
@pytest.mark.parametrize(("bench", "name"), cases(slow=True))
def test_further_parameters(bench, name):
    run_bench(bench, name)


@pytest.mark.slow
@pytest.mark.parametrize("seed", LONG_SEEDS)
@pytest.mark.parametrize(("bench", "name"), cases())
def test_long_run(bench, name, seed):
    run_bench(bench, name, seed=seed, JOBS=LONG_JOBS)


@pytest.mark.parametrize(("module", "name"), FOUR_STATE)
def test_no_x_reaches_an_output(module, name):
    """In a 4-state simulator: the benches drive X on idle payload and refuse X where they look."""
    (bench,) = (bench for bench in DSP_CHAIN if bench.module == module)
    run_bench(bench, name, "icarus")
