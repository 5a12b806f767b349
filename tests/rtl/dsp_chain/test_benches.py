"""Does the DSP chain give the golden values, in the cycles of its closed forms, whatever stalls?

The long part runs inside the simulator, in `rtl/bench/dsp_chain`: every output in every cycle, all coverage bins
filled.
"""

import pytest

from rtl.bench.benches import DSP_CHAIN, BenchRun
from rtl.bench.build import RTL
from tests.rtl.dsp_chain.mutants import DSP_MUTANTS
from tests.rtl.tools import need

pytestmark = [pytest.mark.rtl, pytest.mark.golden, pytest.mark.timing]

SEED = 1
LONG = 10  # times as much as by default
BENCHES = {bench.module: bench for bench in DSP_CHAIN}
DEFAULT = [(bench.module, name) for bench in DSP_CHAIN for name in bench.sets]
FURTHER = [(bench.module, name) for bench in DSP_CHAIN for name in bench.slow]
FOUR_STATE = [("zs_dsp_chain", "four"), ("zs_vector_unit", "two")]


def run_bench(module, name, **how):
    need(how.get("simulator", "verilator"))
    ran = BENCHES[module].run(name, BenchRun(**{"seed": SEED, **how}))
    assert ran >= 2, "at least one test and the one of the coverage"


@pytest.mark.parametrize(("module", "name"), DEFAULT)
def test_bench(module, name):
    run_bench(module, name)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize(("module", "name"), DEFAULT + FURTHER)
def test_long_run(module, name, seed):
    run_bench(module, name, seed=seed, cases=LONG * BENCHES[module].cases)


@pytest.mark.parametrize(("module", "name"), FOUR_STATE)
def test_no_x_reaches_an_output(module, name):
    """In a 4-state simulator: the benches drive X on idle payload and refuse X where they look."""
    run_bench(module, name, simulator="icarus")


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name"), [one for one in DEFAULT if one not in FOUR_STATE])
def test_no_x_reaches_any_other_output(module, name):
    run_bench(module, name, simulator="icarus")


def test_every_module_is_proven_and_has_planted_faults():
    modules = {path.stem for path in (RTL / "dsp_chain").glob("*.sv")}
    assert modules <= {module for bench in DSP_CHAIN for module in (bench.module, *bench.proves)}
    assert {mutant.file for mutant in DSP_MUTANTS} == {f"dsp_chain/{module}.sv" for module in modules}
