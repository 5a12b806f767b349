"""Are the benches of this folder right? Every planted fault must be caught by the default run of one of them."""

import shutil
import sys

import pytest

from rtl.bench.build import BenchError
from tests.rtl.sat.mutants import SAT_MUTANTS
from tests.rtl.sat.support import RTL, require_tools
from tests.rtl.sat.test_array import check_array
from tests.rtl.sat.test_fp import SEED, check_units
from tests.rtl.sat.test_sore import check_sore
from tests.rtl.sat.test_wuve import check_wuve

pytestmark = pytest.mark.rtl
NAMES = [mutant.fault.replace(" ", "-") for mutant in SAT_MUTANTS]


def run_bench(bench: str, folder) -> None:
    """The default run of a bench, named as in the list of mutants."""
    kind, _, name = bench.partition(" ")
    if kind == "fp":
        check_units(100_000, SEED, folder)
    else:
        {"array": check_array, "sore": check_sore, "wuve": check_wuve}[kind](name, folder=folder)


@pytest.mark.parametrize("mutant", SAT_MUTANTS, ids=NAMES)
def test_a_mutant_changes_one_place(mutant) -> None:
    assert (RTL.parent / mutant.file).read_text().count(mutant.original) == 1
    assert mutant.mutated != mutant.original


def test_there_are_enough_mutants() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("mutant", SAT_MUTANTS, ids=NAMES)
def test_a_mutant_is_caught(mutant, tmp_path, capsys) -> None:
    require_tools()
    folder = tmp_path / "sat"
    shutil.copytree(RTL, folder)
    path = folder / mutant.file.partition("/")[2]
    path.write_text(path.read_text().replace(mutant.original, mutant.mutated))
    with pytest.raises(BenchError) as caught:
        run_bench(mutant.bench, folder)
    text = str(caught.value)
    assert "build.log" not in text, f"it does not build: {text}"
    reason = [line for line in text.splitlines() if "Error" in line or "expected" in line]
    with capsys.disabled():
        sys.stdout.write(f"\n{mutant.fault:55} caught by {mutant.bench}: {(reason or ['?'])[0].strip()[:120]}\n")
