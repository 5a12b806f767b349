"""Are the checkers right? Every planted fault must be caught by a bench; the table says by which."""

import pytest

from mapping.errors import InputError
from rtl.bench.benches import COMMON
from rtl.bench.build import RTL, BenchError, Design, run
from rtl.bench.proofs import PROOFS, Proof, prove
from rtl.bench.toolchain import find_toolchain
from tests.rtl.mutants import COMMON_MUTANTS
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl

JOBS = "60"
LIMIT_S = 120


def quickest():
    """Icarus builds such small designs in no time."""
    try:
        find_toolchain("icarus")
    except InputError:
        need("verilator")
        return "verilator"
    return "icarus"


def benches_of(file):
    """The benches in which a file takes part, the module's own first."""
    inside = [bench for bench in COMMON if RTL / file in Design(toplevel=bench.toplevel).sources()]
    return sorted(inside, key=lambda bench: bench.module not in file)


def catcher(mutant, simulator):
    """The first bench that fails on a mutant, or None; the module's own come first."""
    path = RTL / mutant.file
    replaced = {path: path.read_text().replace(mutant.original, mutant.mutated)}
    for bench in benches_of(mutant.file):
        for name, parameters in bench.parameters.items():
            if name in bench.slow:
                continue
            design = Design(toplevel=bench.toplevel, parameters=parameters, replaced=replaced)
            environment = bench.environment_of(name) | {"JOBS": JOBS}
            try:
                run(design, bench.bench, simulator=simulator, environment=environment, limit_s=LIMIT_S)
            except BenchError as error:
                if "build failed" in str(error):
                    raise
                return f"{bench.module}-{name}"
    return None


def proof_fails(mutant):
    """Whether a proof of the module fails on a mutant; None where there is none."""
    proofs = [proof for proof in PROOFS if proof.toplevel in mutant.file]
    path = RTL / mutant.file
    replaced = {path: path.read_text().replace(mutant.original, mutant.mutated)}
    for proof in proofs:
        try:
            prove(Proof(toplevel=proof.toplevel, parameters=proof.parameters, replaced=replaced))
        except InputError:
            return None
        except AssertionError:
            return True
    return False if proofs else None


@pytest.mark.parametrize("mutant", COMMON_MUTANTS, ids=lambda m: m.fault.replace(" ", "-"))
def test_a_mutant_changes_one_place(mutant):
    assert (RTL / mutant.file).read_text().count(mutant.original) == 1
    assert mutant.mutated != mutant.original


def test_there_are_enough_mutants():
    assert len(set(COMMON_MUTANTS)) >= 20


@pytest.mark.slow
def test_every_mutant_is_caught(capsys):
    simulator = quickest()
    rows = []
    for mutant in COMMON_MUTANTS:
        caught = catcher(mutant, simulator)
        proof = {True: "fails", False: "holds", None: "-"}[proof_fails(mutant)]
        rows.append((mutant, caught, proof))
    with capsys.disabled():
        for mutant, caught, proof in rows:
            module = mutant.file.rpartition("/")[2].removesuffix(".sv")
            print(f"{module:<18} {mutant.fault:<58} proof {proof:<6} caught by {caught}")  # noqa: T201
    assert not [mutant.fault for mutant, caught, _ in rows if not caught]
