"""Does `zeroskip area` print what synthesis counted, and refuse what it cannot do with one message?"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from click.testing import CliRunner

from rtl.bench import targets, yosys
from rtl.bench.synthesis import synthesise
from simulator.families import family
from simulator.verilog import Unit
from tests.rtl.tools import need_yosys
from zeroskip import area, cli

SAT = family("sat")
FIFO = Unit(name="core", module="zs_fifo", parameters={"Width": 8, "Depth": 4})
SPILL = Unit(name="spill", module="zs_spill_register", parameters={"Width": 8}, training=True)


def run(*arguments):
    return CliRunner().invoke(cli.main, ["area", *arguments], catch_exceptions=False)


@pytest.fixture
def _small(monkeypatch):
    """A machine of two modules, so that a test is quick."""
    need_yosys()
    verilog = replace(SAT.verilog, units=lambda config: (FIFO, SPILL))
    monkeypatch.setattr(area, "find_family", lambda name: replace(SAT, verilog=verilog))


@pytest.mark.rtl
@pytest.mark.usefixtures("_small")
def test_blocks_totals_and_shares_agree():
    done = run("--part", "ZCU104", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    blocks, totals = found["blocks"], found["totals"]
    assert [(b["unit"], b["count"]) for b in blocks] == [("core", 1), ("spill", 1)]
    assert totals["core"]["ff"] == blocks[0]["ff"] > 0
    assert totals["with training"]["ff"] == blocks[0]["ff"] + blocks[1]["ff"]
    assert found["shares"]["with training"]["ff"] == totals["with training"]["ff"] / 460_800


@pytest.mark.rtl
@pytest.mark.usefixtures("_small")
def test_the_table_shows_every_block():
    done = run("--target", "ice40")
    assert done.exit_code == 0, done.output
    for word in ("core", "spill", "total, with training", "LUT", "BRAM", "target ice40"):
        assert word in done.stdout


@pytest.mark.rtl
def test_a_machine_of_equal_units_multiplies_one(monkeypatch):
    need_yosys()
    verilog = replace(
        SAT.verilog, units=lambda config: (replace(FIFO, count=3),), total="FIFOs", lacks="all that is around them"
    )
    monkeypatch.setattr(area, "find_family", lambda name: replace(SAT, verilog=verilog))
    found = json.loads(run("--json").stdout)
    ((block,), totals) = found["blocks"], found["totals"]
    assert block["count"] == 3
    assert totals == {"FIFOs": {field: block[field] for field in ("lut", "ff", "dsp", "bram", "uram")}}
    alone = synthesise(SAT.verilog, FIFO, targets.find_target("xcup")).total
    assert block["ff"] == 3 * alone.ff > 0
    assert found["lacks"] == "all that is around them"
    assert "No Verilog, and in no total: all that is around them." in run().stdout


@pytest.mark.smoke
def test_an_spu_has_the_l1_of_its_configuration():
    s4 = family("s4")
    config = s4.load_config("s4")
    (unit,) = s4.verilog.units(config)
    p = unit.parameters
    pair_bits = 8 + 5  # a weight and its place in a bank of 32
    assert unit.count == 32
    assert 4 * p["PairDepth"] * p["Rows"] * pair_bits == pytest.approx(config.l1_weight_kib * 8192, rel=0.01)
    assert 2 * p["ActDepth"] * p["Cols"] * p["Bank"] == config.l1_activation_kib * 1024
    assert 4 * p["SumDepth"] * p["Rows"] * p["Cols"] == config.l1_output_kib * 1024


@pytest.mark.smoke
def test_the_model_needs_no_yosys(monkeypatch):
    monkeypatch.setattr(yosys, "find_spec", lambda name: None)
    point = SAT.verilog.model.points["core/array"][1]
    done = run("--model", "--part", "u280", *(word for s in point for word in ("--set", s)))
    assert done.exit_code == 0, done.output
    assert "fitted model" in done.stdout
    assert "Alveo U280" in done.stdout


REFUSED = [
    (["--target", "virtex"], "target='virtex': must be one of generic, xcup, ice40"),
    (["--part", "U1"], "part 'U1' is not one of"),
    (["--set", "weight_registers=shadow"], "the Verilog does not support weight_registers='shadow'"),
    (["--set", "rows=2000"], "rows"),
    (["--family", "s5"], "family 's5' is not one of"),
    (["--target", "generic", "--liberty", "/nowhere/cells.lib"], "--liberty /nowhere/cells.lib: No such file"),
    (["--model", "--set", "rows=512"], "GEMM unit: Rows=512 outside [2, 32], where its area was fitted"),
    (["--family", "dram_pim"], "family 'dram_pim' has no Verilog of a machine, so it has no area"),
    (["--family", "s4", "--model"], "family 's4' has no area model"),
    (["--family", "s4", "--elements"], "--elements: family 's4' has no variants of an element to compare"),
    (["--family", "s4", "--set", "datapath=bf16"], "the Verilog does not support datapath='bf16'"),
    (["--family", "dsp_chain", "--set", "mm_macs=4100"], "mm_macs=4100 is no multiple of the 32"),
    (["--config", "none"], "configuration 'none'"),
]


@pytest.mark.smoke
@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[" ".join(a) for a, _ in REFUSED])
def test_bad_input_is_refused_with_one_message(arguments, message):
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.smoke
def test_a_missing_yosys_is_told_with_the_mend(monkeypatch):
    monkeypatch.setattr(yosys, "find_spec", lambda name: None)
    done = run()
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "pip install" in done.stderr


@pytest.mark.smoke
def test_a_missing_liberty_file_is_told_with_the_mend(monkeypatch):
    monkeypatch.setattr(targets, "LIBERTY_FILES", ())
    done = run("--elements")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert re.search(r"apt-get install \S+, or --liberty FILE", done.stderr)


@pytest.mark.rtl
def test_ctrl_c_ends_it(tmp_path):
    need_yosys()
    environment = {**os.environ, "ZEROSKIP_CACHE": str(tmp_path)}
    command = [sys.executable, "-m", "zeroskip", "area", "--jobs", "1"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said.strip() == "Interrupted."
