"""Are the checkers right? Every planted fault must be caught by a bench of the default run; a table says by which.

Run it with `pytest -m slow tests/rtl/test_mutants.py`: an hour, or a part of it with `-k`.
"""

import pytest

from mapping.errors import InputError
from rtl.bench.benches import COMMON, DSP_CHAIN, SAT, Bench, BenchRun
from rtl.bench.build import RTL, BenchError, Design
from rtl.bench.cores import CORES, LockstepRun
from rtl.bench.proofs import PROOFS, Proof, prove
from rtl.bench.toolchain import find_toolchain
from tests.rtl.dsp_chain.mutants import DSP_MUTANTS
from tests.rtl.mutants import COMMON_MUTANTS
from tests.rtl.sat.core_mutants import CORE_MUTANTS
from tests.rtl.sat.mutants import SAT_MUTANTS
from tests.rtl.sat.test_core import CASES
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl

MUTANTS = [*COMMON_MUTANTS, *SAT_MUTANTS, *CORE_MUTANTS, *DSP_MUTANTS]
IDS = [mutant.fault.replace(" ", "-") for mutant in MUTANTS]
JOBS = 60  # of the machine of queues: fewer than in the default run
LIMIT_S = 300
SEED = 1


def quickest():
    """Icarus builds the smaller modules in no time."""
    try:
        find_toolchain("icarus")
    except InputError:
        return "verilator"
    return "icarus"


def replacement(mutant):
    path = RTL / mutant.file
    return {path: path.read_text().replace(mutant.original, mutant.mutated)}


def runs_of(mutant):
    """What the default run does with a file: (name, run) of every bench and machine in which it takes part."""
    path, replaced = RTL / mutant.file, replacement(mutant)
    simulator = "verilator" if mutant.file.startswith("sat") else quickest()
    for bench in COMMON + SAT + DSP_CHAIN:
        toplevel = bench.toplevel if isinstance(bench, Bench) else "zs_fp_bench"
        if path not in Design(toplevel=toplevel).sources():
            continue
        for name in bench.sets:
            cases = JOBS if bench.module == "zs_control" else 0
            how = BenchRun(simulator=simulator, seed=SEED, cases=cases, replaced=replaced, limit_s=LIMIT_S)
            yield f"{bench.module} {name}", lambda bench=bench, name=name, how=how: bench.run(name, how)
    if path not in Design(toplevel=CORES["sat"].toplevel).sources():
        return
    for config in CORES["sat"].configs:
        run = LockstepRun(family="sat", config=config, seed=SEED, cases=CASES, replaced=replaced)
        yield f"core {config}", run.run


def catcher(mutant):
    """The first bench that fails on a mutant, or None; the one that it names is tried first, then its module's own."""
    module = f"{mutant.file.rpartition('/')[2].removesuffix('.sv')} "
    runs = sorted(runs_of(mutant), key=lambda run: (run[0] != mutant.bench, not run[0].startswith(module)))
    assert not mutant.bench or runs[0][0] == mutant.bench
    for name, run in runs:
        try:
            run()
        except BenchError as error:
            if "build failed" in str(error):
                raise
            return name
    return None


def proof_fails(mutant):
    """Whether a proof of the module fails on a mutant: "fails", "holds", or "-" where there is none."""
    proofs = [proof for proof in PROOFS if proof.toplevel in mutant.file]
    for proof in proofs:
        try:
            prove(Proof(toplevel=proof.toplevel, parameters=proof.parameters, replaced=replacement(mutant)))
        except InputError:
            return "-"
        except AssertionError:
            return "fails"
    return "holds" if proofs else "-"


@pytest.mark.parametrize("mutant", MUTANTS, ids=IDS)
def test_a_mutant_changes_one_place(mutant):
    assert (RTL / mutant.file).read_text().count(mutant.original) == 1
    assert mutant.mutated != mutant.original


def test_there_are_enough_mutants():
    assert len(set(IDS)) == len(MUTANTS) >= 40


@pytest.fixture(scope="module")
def table(request):
    """Rows (mutant, proof, catcher), printed at the end."""
    rows = []
    yield rows
    width = max(len(mutant.fault) for mutant in MUTANTS)
    lines = []
    for mutant, proof, caught in rows:
        module = mutant.file.rpartition("/")[2].removesuffix(".sv")
        lines.append(f"{module:<18} {mutant.fault:<{width}} proof {proof:<6} caught by {caught}")
    lines.append(f"{sum(caught is not None for _, _, caught in rows)} of {len(rows)} planted faults caught")
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("", *lines, sep="\n")  # noqa: T201


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=IDS)
def test_every_mutant_is_caught(mutant, table):
    need("verilator")
    caught = catcher(mutant)
    table.append((mutant, proof_fails(mutant), caught))
    assert caught
