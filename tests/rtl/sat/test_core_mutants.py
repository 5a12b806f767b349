"""Is the lockstep bench right? Every planted fault must be caught by it; the table says on which machine."""

import pytest

from rtl.bench.build import RTL, BenchError
from rtl.bench.cores import CORES, LockstepRun
from tests.rtl.sat.core_mutants import CORE_MUTANTS
from tests.rtl.sat.test_core import CASES, SEED
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl


def catcher(mutant):
    """The first machine on which the default run fails, or None."""
    path = RTL / mutant.file
    replaced = {path: path.read_text().replace(mutant.original, mutant.mutated)}
    for config in CORES["sat"].configs:
        try:
            LockstepRun(family="sat", config=config, seed=SEED, cases=CASES, replaced=replaced).run()
        except BenchError as error:
            if "build failed" in str(error):
                raise
            return config
    return None


@pytest.mark.parametrize("mutant", CORE_MUTANTS, ids=lambda m: m.fault.replace(" ", "-"))
def test_a_mutant_changes_one_place(mutant):
    assert (RTL / mutant.file).read_text().count(mutant.original) == 1
    assert mutant.mutated != mutant.original


def test_there_are_enough_mutants():
    assert len(set(CORE_MUTANTS)) >= 10


@pytest.mark.slow
def test_every_mutant_is_caught(capsys):
    need("verilator")
    rows = [(mutant, catcher(mutant)) for mutant in CORE_MUTANTS]
    with capsys.disabled():
        for mutant, caught in rows:
            module = mutant.file.rpartition("/")[2].removesuffix(".sv")
            print(f"{module:<18} {mutant.fault:<50} caught on {caught}")  # noqa: T201
    assert not [mutant.fault for mutant, caught in rows if not caught]
