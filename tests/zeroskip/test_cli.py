"""The command line: does every command do what it says?"""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

import zeroskip
import zeroskip.commands.simulate
from simulator.execute import EXECUTORS
from zeroskip import cli, commands
from zeroskip.report.configuration import to_toml

FAST = ("simulate", "resnet18", "--layers", "layer4.0.*")
magika = pytest.mark.skipif(
    find_spec("magika") is None or find_spec("onnx") is None, reason="needs pip install 'zeroskip[models]'"
)


def zs(*arguments, code=0):
    """Run a command in this process."""
    result = CliRunner().invoke(cli.main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.mark.smoke
@pytest.mark.parametrize("command", [(), ("simulate",), ("show",), ("families",), ("models",), ("disassemble",)])
def test_help(command):
    assert "Usage:" in zs(*command, "--help").stdout


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], ["numpy", "numba", "networkx", "pydantic", "rich", "simpy", "matplotlib", "pyarrow", "onnx"]),
        (["simulate", "resnet18", "--layers", "fc"], ["numba", "simpy", "matplotlib", "pyarrow", "onnx"]),
    ],
)
def test_nothing_heavy_is_imported_that_is_not_needed(arguments, heavy):
    code = (
        "import sys; from zeroskip.cli import main; main(sys.argv[2:], standalone_mode=False); "
        "sys.exit(' '.join(set(sys.argv[1].split()) & set(sys.modules)) or 0)"
    )
    command = [sys.executable, "-c", code, " ".join(heavy), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_version():
    assert zs("--version").stdout == f"zeroskip, version {zeroskip.__version__}\n"


def test_every_command_has_its_file():
    files = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - {"__init__", "options"}
    assert files == {name.replace("-", "_") for name in commands.COMMANDS}
    for name in commands.COMMANDS:
        assert cli.main.get_command(None, name).name == name


def test_executors_are_those_of_the_simulator():
    assert commands.simulate.EXECUTORS == EXECUTORS


@pytest.mark.smoke
def test_table_says_what_ran_and_where_the_cycles_went():
    text = zs(*FAST, "--set", "cols=16", "--seed", "5").stdout
    for part in (
        "resnet18",
        "seed 5",
        "2:8",
        "sat-32x32 with cols=16",
        "200 MHz",
        "layer4.0.",
        "512",
        "25.0%",
        "total",
    ):
        assert part in text
    for heading in (
        "density",
        "util.",
        "speedup",
        "compute bound",
        "bandwidth bound",
        "DRAM bytes",
        "waiting for load",
    ):
        assert heading in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_table_and_json_say_the_same():
    record = json.loads(zs(*FAST, "--json").stdout)
    text = zs(*FAST).stdout
    totals = record["totals"]
    assert f"{totals['cycles']:,} cycles = {totals['time_ms']:,.3f} ms" in text
    assert f"energy of counted actions: {totals['energy_uj']:,.1f} uJ, {totals['power_w']:.3g} W, in cmos-45nm" in text
    for layer in record["layers"]:
        assert f" {layer['cycles']:,} " in text
        assert f" {layer['dram_bytes']:,} " in text


def test_rows_of_the_second_table_add_up():
    text = zs("simulate", "bert-base", "--sequence", "8").stdout
    table = text.split("Where the cycles went")[1].splitlines()
    filled = [line for line in table[4:] if re.fullmatch(r"[\d, ]+", line) and line.strip()]
    rows = [[int(cell.replace(",", "")) for cell in re.findall(r"[\d,]+", line)] for line in filled]
    *layers, totals = rows
    assert [sum(column) for column in zip(*(row[1:] for row in layers), strict=True)] == totals
    cycles, _, _, _, *computing_and_stalls = totals
    assert sum(computing_and_stalls) == cycles


def test_json_is_one_document_and_nothing_else(tmp_path):
    result = zs(*FAST, "--json", "--out", tmp_path / "out")
    printed = json.loads(result.stdout)
    assert printed["format"] == 1
    written = json.loads((tmp_path / "out" / "result.json").read_text())
    assert written["totals"] == printed["totals"]
    assert result.stderr == f"Wrote {tmp_path / 'out'}\n"


def test_both_executors_agree_and_the_count_is_stated():
    record = json.loads(zs(*FAST, "--executor", "both", "--json").stdout)
    compared = record["instructions_compared"]
    assert compared > 0
    assert f"agree on start and end of all {compared:,} instructions" in zs(*FAST, "--executor", "both").stdout


def test_executors_give_the_same_numbers():
    records = [json.loads(zs(*FAST, "--executor", executor, "--json").stdout) for executor in EXECUTORS]
    assert records[0]["layers"] == records[1]["layers"] == records[2]["layers"]


def test_options_reach_the_model_and_the_machine():
    options = ("--layers", "encoder.0.query", "--sequence", "8", "--batch", "3", "--pattern", "1:4", "--keep", "none")
    record = json.loads(
        zs("simulate", "bert-base", *options, "--config", "sat-ideal", "--set", "rows=16", "--json").stdout
    )
    (layer,) = record["layers"]
    assert (layer["m"], layer["pattern"], layer["density"]) == (24, "1:4", 0.25)
    assert (record["config"]["rows"], record["config"]["dispatch_latency"]) == (16, 0)
    assert record["config_name"] == "sat-ideal with rows=16"


def test_keep_takes_names_and_globs():
    record = json.loads(zs(*FAST, "--keep", "first,*conv2", "--json").stdout)
    assert {layer["name"]: layer["pattern"] for layer in record["layers"]} == {
        "layer4.0.conv1": "2:8",
        "layer4.0.conv2": "dense",
        "layer4.0.downsample": "2:8",
    }


@magika
@pytest.mark.smoke
def test_a_trained_network_runs_end_to_end(tmp_path):
    text = zs("simulate", "magika", "--executor", "both", "--out", tmp_path / "out").stdout
    for part in ("magika", "model.onnx", "passed through", "layer names", "conv", "Conv2D", "speedup"):
        assert part.lower() in text.lower()
    record = json.loads((tmp_path / "out" / "result.json").read_text())
    assert record["passed_through"]["Add"] > 0
    assert {layer["density"] for layer in record["layers"]} == {0.25, 1.0}


def test_an_earlier_run_is_replaced_and_other_files_stay(tmp_path):
    out = tmp_path / "deep" / "out"
    zs("simulate", "bert-base", "--sequence", "8", "--layers", "encoder.0.*", "--out", out)
    (out / "mine.txt").write_text("mine")
    (out / "programs" / "mine.txt").write_text("mine")
    first = {path.name for path in (out / "programs").glob("*.npz")}
    zs(*FAST, "--out", out)
    second = {path.name for path in (out / "programs").glob("*.npz")}
    assert first
    assert second == {json_layer["program"].split("/")[1] for json_layer in read(out)["layers"]}
    assert not first & second
    assert (out / "mine.txt").read_text() == (out / "programs" / "mine.txt").read_text() == "mine"
    assert not list(tmp_path.rglob(".zeroskip-*"))


def read(out):
    return json.loads((out / "result.json").read_text())


def test_disassemble_prints_what_was_written(tmp_path):
    zs(*FAST, "--out", tmp_path / "out")
    program = tmp_path / "out" / read(tmp_path / "out")["layers"][0]["program"]
    whole = zs("disassemble", program).stdout.splitlines()
    head = [line for line in whole if line.startswith("#")]
    assert any("layer4.0.conv1" in line for line in head)
    assert len(whole) - len(head) == read(tmp_path / "out")["layers"][0]["instructions"]
    assert (
        zs("disassemble", program, "--first", 2, "--count", 3).stdout.splitlines() == head + whole[len(head) + 2 :][:3]
    )


def test_disassemble_into_a_closed_pipe(tmp_path):
    small = ("--set", "rows=4", "--set", "cols=4")
    zs("simulate", "resnet18", "--layers", "layer4.0.conv2", *small, "--out", tmp_path / "out")
    (program,) = (tmp_path / "out" / "programs").iterdir()
    assert len(zs("disassemble", program).stdout) > 500_000  # more than a pipe holds
    command = [sys.executable, "-m", "zeroskip", "disassemble", str(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b"# ")
        process.stdout.close()
        assert process.stderr.read() == b""


def test_families_and_models_are_listed():
    text = zs("families").stdout
    for part in ("sat ", "sat-32x32", "sat-ideal", "default"):
        assert part in text
    text = zs("models").stdout
    for name in ("magika", "resnet18", "resnet50", "bert-base", "llama2-7b"):
        assert re.search(rf"^ *{name} +\S", text, flags=re.M)


def test_show_lists_every_field():
    text = zs("show", "sat-32x32", "--set", "rows=8").stdout
    config = zeroskip.load_config("sat")
    for key in type(config).model_fields:
        assert key in text
    assert re.search(r"rows +8 +rows of the array \[PEs\]", text)
    assert re.search(r"memory.preset +\"ddr4-2400\"", text)


@pytest.mark.parametrize("name", ["sat-32x32", "sat-ideal"])
@pytest.mark.parametrize("settings", [(), ("rows=8", "memory.kind=ideal", "memory.bytes_per_cycle=7")])
def test_toml_that_is_shown_can_be_loaded(name, settings, tmp_path):
    config = zeroskip.load_config("sat", name, settings)
    path = tmp_path / "mine.toml"
    path.write_text(zs("show", name, "--toml", *(part for one in settings for part in ("--set", one))).stdout)
    assert zeroskip.load_config("sat", str(path)) == config
    assert path.read_text() == to_toml(config)
    shown = json.loads(zs(*FAST, "--config", path, "--json").stdout)
    assert shown["config"] == config.model_dump()
