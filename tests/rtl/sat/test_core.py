"""The whole machine: does the Verilog agree with golden, cycle and fast on every value and every cycle?

Per configuration one simulation runs 100 random programs, a tile row of magika in either dataflow, a program that
cannot finish and one that never does; all coverage bins are filled. See `rtl/bench/sat/core.py`.
"""

import subprocess
import sys

import pytest

from mapping.errors import InputError
from rtl.bench.build import Design
from rtl.bench.cores import CORES, LockstepRun, find_core
from rtl.bench.lint import lint
from simulator.families.sat import FAMILY
from simulator.families.sat.verilog import parameters
from tests.rtl.tools import need, need_yosys

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
    assert ran >= 4


@pytest.mark.slow
@pytest.mark.parametrize("config", CORES["sat"].configs)
def test_lockstep_of_many_programs(config):
    need("verilator")
    assert LockstepRun(family="sat", config=config, seed=SEED + 1, cases=2500).run() >= 4


def test_no_x_reaches_an_output(tmp_path):
    """The same in a 4-state simulator: the bench refuses X wherever it looks. Small groups, as Icarus is slow."""
    need("icarus")
    tiny = (FAMILY.configs / "sat-tiny.toml").read_text()
    config = tmp_path / "smaller.toml"
    config.write_text(tiny.replace("max_group = 16", "max_group = 4"))
    run = LockstepRun(family="sat", config=str(config), seed=SEED, cases=FOUR_STATE_CASES, simulator="icarus")
    assert run.run(tests=("test_random_programs",)) == 1


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


@pytest.mark.parametrize("name", ["act_fetch", "weight_fetch", "accumulator", "sat_scratchpad"])
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
