"""Are the benches of the DSP chain right? Every planted fault must be caught by the default run of one of them."""

import pytest

from rtl.bench.benches import DSP_CHAIN
from rtl.bench.build import RTL, BenchError, Design, run
from tests.rtl.dsp_chain.mutants import DSP_MUTANTS
from tests.rtl.test_mutants import quickest

pytestmark = pytest.mark.rtl

LIMIT_S = 120
NAMES = [mutant.fault.replace(" ", "-") for mutant in DSP_MUTANTS]


def message_of_the_bench(mutant, simulator):
    """What the bench says about a mutant; nothing if it does not see it."""
    module, _, name = mutant.bench.partition(" ")
    (bench,) = (bench for bench in DSP_CHAIN if bench.module == module)
    assert name not in bench.slow, "a default bench has to catch it"
    path = RTL / mutant.file
    design = Design(
        toplevel=bench.toplevel,
        parameters=bench.parameters[name],
        replaced={path: path.read_text().replace(mutant.original, mutant.mutated)},
    )
    try:
        run(design, bench.bench, simulator=simulator, environment=bench.environment_of(name), limit_s=LIMIT_S)
    except BenchError as error:
        if "build failed" in str(error):
            raise
        return str(error)
    return ""


@pytest.mark.parametrize("mutant", DSP_MUTANTS, ids=NAMES)
def test_a_mutant_changes_one_place(mutant):
    assert (RTL / mutant.file).read_text().count(mutant.original) == 1
    assert mutant.mutated != mutant.original


def test_every_module_has_mutants():
    assert len(set(NAMES)) == len(NAMES)
    modules = {f"dsp_chain/{path.name}" for path in (RTL / "dsp_chain").glob("*.sv")}
    assert {mutant.file for mutant in DSP_MUTANTS} == modules


@pytest.mark.slow
def test_every_mutant_is_caught(capsys):
    simulator = quickest()
    missed = []
    with capsys.disabled():
        for mutant in DSP_MUTANTS:
            message = message_of_the_bench(mutant, simulator)
            reasons = [
                line.partition("AssertionError: ")[2] for line in message.splitlines() if "AssertionError: " in line
            ]
            verdict = f"caught by {mutant.bench}: {reasons[0][:90]}" if reasons else "MISSED"
            print(f"{mutant.fault:<42} {verdict}")  # noqa: T201
            if not reasons:
                missed.append(mutant.fault)
    assert not missed
