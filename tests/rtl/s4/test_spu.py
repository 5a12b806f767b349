"""Does a ring of SPUs give every value and every cycle of the simulator, and what does its configuration say?"""

import subprocess
from pathlib import Path

import pytest

from mapping.errors import InputError
from rtl.bench.benches import S4, BenchRun
from rtl.bench.build import RTL, BenchError, Design
from simulator.families.s4 import FAMILY
from simulator.families.s4.verilog import parameters as of_config
from tests.rtl.s4.mutants import S4_MUTANTS
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl

(BENCH,) = S4
NAMES = [mutant.fault.replace(" ", "-") for mutant in S4_MUTANTS]


def check(name: str, *, programs: int = 0, seed: int = 1, replaced: dict[Path, str] | None = None) -> None:
    """Run programs on the ring of a named parameter set."""
    assert BENCH.run(name, BenchRun(cases=programs, seed=seed, replaced=replaced or {})) == 1


def check_all(replaced: dict[Path, str]) -> None:
    """The default run."""
    for name in BENCH.sets:
        check(name, replaced=replaced)


@pytest.mark.golden
@pytest.mark.timing
@pytest.mark.parametrize("name", BENCH.sets)
def test_programs_agree_in_value_and_cycle(name):
    need("verilator")
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCH.parameters)
def test_many_programs_agree(name):
    need("verilator")
    check(name, programs=300, seed=7)


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Bank": 65}, "Bank=65 outside"),
        ({"WordWidth": 8}, "WordWidth=8 outside [16, 1024]"),
        ({"Rows": 0}, "Rows=0 outside [1, 1024]"),
        ({"Ring": 17}, "Ring=17 outside [1, 16]"),
    ],
)
def test_parameters_out_of_range_are_refused(settings, message, tmp_path):
    need("icarus")
    sources = Design(toplevel="zs_spu_ring_bench").sources()
    command = ["iverilog", "-g2012", "-o", str(tmp_path / "a.vvp"), "-s", "zs_spu_ring_bench"]
    command += [f"-Pzs_spu_ring_bench.{name}={value}" for name, value in settings.items()]
    built = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, check=False)
    text = built.stdout + built.stderr
    if not built.returncode:
        ran = subprocess.run(["vvp", str(tmp_path / "a.vvp")], capture_output=True, text=True, check=False, input="")
        assert ran.returncode
        text = ran.stdout + ran.stderr
    assert message in text


@pytest.mark.smoke
def test_the_parameters_of_a_configuration():
    values = of_config(FAMILY.load_config("s4"))
    assert (values["Rows"], values["Cols"], values["Bank"]) == (8, 64, 32)
    with pytest.raises(InputError, match="datapath='bf16': it has 'int8'"):
        of_config(FAMILY.load_config("s4", ("datapath=bf16",)))


@pytest.mark.parametrize("mutant", S4_MUTANTS, ids=NAMES)
def test_a_mutant_changes_one_place(mutant):
    assert (RTL / mutant.file).read_text().count(mutant.original) == 1
    assert mutant.mutated != mutant.original


def test_there_are_enough_mutants():
    assert len(set(NAMES)) == len(NAMES) >= 30


@pytest.mark.slow
@pytest.mark.parametrize("mutant", S4_MUTANTS, ids=NAMES)
def test_a_mutant_is_caught(mutant):
    need("verilator")
    path = RTL / mutant.file
    text = path.read_text().replace(mutant.original, mutant.mutated)
    with pytest.raises(BenchError) as caught:
        check_all({path: text})
    assert "build failed" not in str(caught.value), caught.value
