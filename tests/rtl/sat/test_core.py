"""The whole machine: does the Verilog agree with golden, cycle and fast on every value and every cycle?

Per configuration one simulation runs 100 programs (random ones, and a tile row of magika in either dataflow), one whose
accumulators wrap, one that cannot finish and one that never does; all coverage bins are filled. See
`rtl/bench/sat/core.py`.
"""

import subprocess
import sys

import pytest

from mapping.errors import InputError
from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from rtl.bench.build import Design
from rtl.bench.cores import CORES, SAVED_PROGRAM, LockstepRun, find_core
from rtl.bench.lint import lint
from rtl.bench.sat.directed import numbered_case
from rtl.bench.sat.saved import load_program
from simulator.families.sat import FAMILY
from simulator.families.sat.verilog import parameters
from tests.rtl.tools import need, need_yosys
from zeroskip.report.configuration import to_toml

pytestmark = pytest.mark.rtl

SEED = 1
CASES = 100
FOUR_STATE_CASES = 8  # Icarus is slow


@pytest.mark.golden
@pytest.mark.timing
@pytest.mark.parametrize("config", CORES["sat"].configs)
def test_lockstep(config):
    need("verilator")
    ran = LockstepRun(family="sat", config=config, seed=SEED, cases=CASES).run(COVERAGE="1")
    assert ran >= 3


@pytest.mark.slow
@pytest.mark.parametrize("config", CORES["sat"].configs)
def test_lockstep_of_many_programs(config):
    need("verilator")
    assert LockstepRun(family="sat", config=config, seed=SEED + 1, cases=2500).run() >= 3


@pytest.mark.parametrize(("name", "cases"), [("sat-tiny", FOUR_STATE_CASES), ("sat-fp16", FOUR_STATE_CASES // 2)])
def test_no_x_reaches_an_output(name, cases, tmp_path):
    """The same in a 4-state simulator: the bench refuses X wherever it looks. Small groups, as Icarus is slow."""
    need("icarus")
    config = tmp_path / "smaller.toml"
    config.write_text((FAMILY.configs / f"{name}.toml").read_text().replace("max_group = 16", "max_group = 4"))
    run = LockstepRun(family="sat", config=str(config), seed=SEED, cases=cases, simulator="icarus")
    assert run.run(tests=("test_random_programs",)) == 1


FP16_MACHINES = [
    {"add_latency": 1, "interleave": 1, "mul_latency": 0, "output_drain": "hidden", "memory.bytes_per_cycle": 8},
    {"add_latency": 6, "interleave": 6, "rows": 2, "memory.bytes_per_cycle": 1},
    {"add_latency": 4, "interleave": 1, "output_drain": "hidden", "rows": 4, "cols": 1, "memory.bytes_per_cycle": 64},
]


@pytest.mark.slow
@pytest.mark.parametrize("settings", FP16_MACHINES, ids=lambda settings: f"adder of {settings['add_latency']}")
def test_lockstep_of_other_fp16_machines(settings, tmp_path):
    need("verilator")
    config = FAMILY.load_config("sat-fp16", tuple(f"{name}={value}" for name, value in settings.items()))
    path = tmp_path / "machine.toml"
    path.write_text(to_toml(config))
    assert LockstepRun(family="sat", config=str(path), seed=SEED, cases=300).run() >= 3


def saved(folder, config, shape=(9, 40, 7), pattern="2:8"):
    """A program for a machine, in a file."""
    m, k, n = shape
    layer, wanted = gemm_layer("gemm", m, k, n), Pattern.parse(pattern)
    machine = FAMILY.load_config(config)
    (first, *_) = (c.mapping for c in FAMILY.candidates(layer, wanted, machine) if c.mapping.pattern == wanted)
    path = folder / f"{config}-{first.dataflow}.npz"
    FAMILY.lower(layer, wanted, first, machine).save(path)
    return path


@pytest.mark.golden
@pytest.mark.timing
@pytest.mark.parametrize(("config", "pattern"), [("sat-tiny", "2:8"), ("sat-ragged", "3:7"), ("sat-fp16", "1:4")])
def test_a_program_from_a_file(config, pattern, tmp_path):
    need("verilator")
    path = saved(tmp_path, config, pattern=pattern)
    run = LockstepRun(family="sat", config=config, seed=SEED, cases=1, program=path)
    assert run.run(tests=(SAVED_PROGRAM,)) == 1


@pytest.mark.parametrize(
    ("made_for", "run_on", "message"),
    [
        ("sat-8x8", "sat-tiny", r"instruction \d+: output_count=7 outside \[0, 2\]; .* simulate the layer again"),
        ("sat-fp16", "sat-tiny", r"instruction \d+: narrow=1 outside \[0, 0\]; the program was made for another"),
        ("sat-small", "sat-tiny", r"outside \[0, 2\]"),
    ],
)
def test_a_program_made_for_another_machine_is_refused(made_for, run_on, message, tmp_path):
    path = saved(tmp_path, made_for, shape=(9, 40, 7) if made_for != "sat-fp16" else (2, 8, 2), pattern="dense")
    with pytest.raises(InputError, match=rf"{path.name}: .*{message}"):
        load_program(path, FAMILY.load_config(run_on))


def test_a_program_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("rtl.bench.sat.saved.MOST_INSTRUCTIONS", 4)
    path = saved(tmp_path, "sat-tiny")
    with pytest.raises(InputError, match=r"sat-tiny-\w+.npz: [\d,]+ instructions in a queue and [\d,]+ bytes of DRAM"):
        load_program(path, FAMILY.load_config("sat-tiny"))


def test_the_programs_depend_on_seed_and_number_only():
    config = FAMILY.load_config("sat-tiny")
    first, again, other = (numbered_case(config, seed, 25) for seed in (3, 3, 4))
    assert first.name == again.name != other.name
    assert (first.before == again.before).all()


@pytest.mark.parametrize("config", CORES["sat"].configs)
def test_verilator_has_nothing_to_say(config):
    need("verilator")
    assert not lint(Design(toplevel="zs_sat_core", parameters=parameters(FAMILY.load_config(config))))


UNSUPPORTED = [
    (("add_latency=2",), "add_latency=2: it has 1"),
    (("datapath=fp16", "add_latency=4", "interleave=5"), r"interleave=5: outside \[1, add_latency=4\]"),
    (("datapath=fp16", "add_latency=4", "interleave=4", "output_drain=hidden"), "interleave=4: it has 1"),
    (("weight_registers=shadow",), "weight_registers='shadow': it has 'single'"),
    (("weight_registers=shadow", "fold_overlap=pipelined"), "fold_overlap='pipelined': it has 'none'"),
    (("sparse_rows=slot",), "sparse_rows='slot': it has 'group'"),
    (("dispatch_latency=0",), "dispatch_latency=0: it has 1"),
    (("token_latency=2",), "token_latency=2: it has 1"),
    (("memory.bytes_per_cycle=0",), r"memory.bytes_per_cycle=0: outside \[1, 64\]"),
    (("memory.bytes_per_cycle=65",), r"memory.bytes_per_cycle=65: outside \[1, 64\]"),
    (("memory.latency_cycles=65536",), r"memory.latency_cycles=65536: outside \[0, 65535\]"),
    (("memory.kind=banked",), "memory.kind='banked': it has 'ideal'"),
    (("output_scratchpad_kib=2048",), r"output_scratchpad_kib=2048: outside \[1, 1024\]"),
    (("weight_scratchpad_kib=16384",), r"weight_scratchpad_kib=16384: outside \[1, 8192\]"),
]


@pytest.mark.parametrize(("settings", "message"), UNSUPPORTED)
def test_machines_that_the_verilog_has_not(settings, message):
    with pytest.raises(InputError, match=f"the Verilog does not support .*{message}"):
        parameters(FAMILY.load_config("sat-tiny", settings))


def test_every_field_in_the_way_is_named_at_once():
    settings = ("sparse_rows=slot", "dispatch_latency=0", "memory.bytes_per_cycle=0")
    with pytest.raises(InputError, match=r"sparse_rows='slot'.*dispatch_latency=0.*memory.bytes_per_cycle=0"):
        parameters(FAMILY.load_config("sat-tiny", settings))


def test_a_family_without_verilog():
    with pytest.raises(InputError, match="family 'tpu' is not one of"):
        find_core("tpu")


YOSYS = """
from pyosys import libyosys as yosys
design = yosys.Design()
for command in {commands!r}:
    yosys.run_pass(command, design)
"""


@pytest.mark.parametrize("name", ["act_fetch", "weight_fetch", "accumulator", "narrow_store", "sat_scratchpad"])
def test_yosys_can_read_it(name):
    """Each part becomes cells, without a latch or a problem that `check` finds."""
    need_yosys()
    top = f"zs_{name}"
    sources = " ".join(map(str, Design(toplevel=top).sources()))
    read, latch = f"read_verilog -defer -sv {sources}", "select -assert-none t:$dlatch t:$_DLATCH*"
    commands = [read, f"hierarchy -check -top {top}", "proc", "opt_clean", latch, "check -assert"]
    command = [sys.executable, "-c", YOSYS.format(commands=commands)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout[-2000:] + done.stderr[-2000:]
