"""Bad input: exit code 2, one clear message, no traceback, nothing left behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from zeroskip import cli, main_job

TIMEOUT_S = 120


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Broken and unusual ONNX files."""
    pytest.importorskip("onnxruntime", reason="needs onnx and onnxruntime: pip install 'zeroskip[all]'")
    from onnx import helper  # noqa: PLC0415  # only if it is there

    from tests.mapping.importers.support import network, save, values  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("models")
    product = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    good = save(network(product, {"x": [4, 16]}, [values("w", 16, 8)]), folder, "good.onnx")
    (folder / "truncated.onnx").write_bytes(good.read_bytes()[:-40])
    (folder / "text.onnx").write_text("this is no network")
    (folder / "empty.onnx").write_bytes(b"")
    save(network(product, {"x": ["n", 16]}, [values("w", 16, 8)]), folder, "dynamic.onnx")
    save(network([helper.make_node("Relu", ["x"], ["y"])], {"x": [4, 16]}), folder, "relu.onnx")
    for name, value in (("nan", np.nan), ("inf", np.inf)):
        weights = values("w", 16, 8)
        weights.raw_data = np.full((16, 8), value, np.float32).tobytes()
        save(network(product, {"x": [4, 16]}, [weights]), folder, f"{name}.onnx")
    return folder


def refused(arguments, tmp_path, *said):
    """Run ``simulate`` with an output folder; it must refuse with one message that says all of ``said``."""
    before = set(tmp_path.rglob("*"))
    command = ["simulate", *map(str, arguments), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(cli.main, command, catch_exceptions=False)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(re.findall("^Error: ", result.stderr, flags=re.M)) == 1
    for words in said:
        assert words in result.stderr
    assert set(tmp_path.rglob("*")) == before
    return result.stderr


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("text.onnx", "not an ONNX file"),
        ("empty.onnx", "not an ONNX file"),
        ("truncated.onnx", "truncated"),
        ("relu.onnx", "no operator multiplies"),
        ("nan.onnx", "NaN or infinite"),
        ("inf.onnx", "NaN or infinite"),
    ],
)
def test_networks_that_cannot_be_used(file, said, models, tmp_path):
    refused([models / file], tmp_path, file, said)


def test_a_dynamic_shape_needs_batch_or_shape(models, tmp_path):
    refused([models / "dynamic.onnx"], tmp_path, "dynamic.onnx", "'x'")
    run = CliRunner().invoke(cli.main, ["simulate", str(models / "dynamic.onnx"), "--batch", "2", "--json"])
    assert run.exit_code == 0
    run = CliRunner().invoke(cli.main, ["simulate", str(models / "dynamic.onnx"), "--shape", "x=2x16", "--json"])
    assert run.exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--batch", "0"], ["batch=0", "at least 1"]),
        (["--shape", "x"], ["--shape 'x'", "NAME="]),
        (["--shape", "x=4xsixteen"], ["--shape 'x=4xsixteen'"]),
        (["--shape", "x=4x16", "--shape", "x=4x16"], ["--shape x", "twice"]),
        (["--shape", "z=4x16"], ["'z'", "no such input"]),
        (["--sequence", "8"], ["sequence=8"]),
    ],
)
def test_inputs_that_do_not_fit_the_network(options, said, models, tmp_path):
    refused([models / "good.onnx", *options], tmp_path, *said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--pattern", "9:8"], ["pattern 9:8", "N=9 outside [1, M=8]"]),
        (["--pattern", "0:8"], ["pattern 0:8", "N=0 outside"]),
        (["--pattern", "2:0"], ["pattern 2:0", "M=0 outside"]),
        (["--pattern", "0:0"], ["pattern 0:0", "M=0 outside"]),
        (["--pattern", "2:33"], ["pattern 2:33", "M=33 outside [1, 32]"]),
        (["--pattern", "2:128"], ["pattern 2:128", "M=128 outside"]),
        (["--pattern", "sparse"], ["pattern 'sparse'", "N:M"]),
        (["--set", "rows=0"], ["rows=0 outside [1, 1024]"]),
        (["--set", "rows=1e9"], ["rows=1000000000"]),
        (["--set", "rows=1000000000"], ["rows=1000000000 outside [1, 1024]"]),
        (["--set", "lanes=3"], ["unknown key 'lanes'", "rows"]),
        (["--set", "memory.lanes=3"], ["unknown key 'memory.lanes'"]),
        (["--set", "rows=3", "--set", "rows=4"], ["rows", "twice"]),
        (["--set", "interleave=4"], ["interleave=4", "no effect"]),
        (["--set", "rows=many"], ["rows='many'", "integer"]),
        (["--set", "rows=1.5"], ["rows=1.5", "integer"]),
        (["--set", "rows=true"], ["rows=True", "integer"]),
        (["--set", "rows"], ["'rows'", "KEY=VALUE"]),
        (["--set", "rows.deep=1"], ["rows.deep", "not a table"]),
        (["--set", "weight_scratchpad_kib=1"], ["weight_scratchpad_kib must be at least", "layer "]),
        (["--config", "huge"], ["configuration 'huge'", "sat-32x32"]),
        (["--config", "missing.toml"], ["missing.toml", "no such file"]),
        (["--family", "gpu"], ["family 'gpu'", "sat"]),
        (["--layers", "nothing*"], ["no layer matches 'nothing*'", "conv1"]),
        (["--keep", "first,nothing"], ["keep", "no layer matches 'nothing'"]),
        (["--sequence", "8"], ["sequence=8", "resnet18"]),
        (["--seed", "-1"], ["--seed", "-1"]),
        (["--executor", "slow"], ["--executor", "'slow'", "both"]),
        (["--batch", "many"], ["--batch", "'many'"]),
        (["--batch", "1000000000"], ["batch=1000000000 outside [1, 1048576]"]),
        (["--batch", "1000000"], ["layer conv1", "would take more than"]),
        (["--colour"], ["--colour"]),
    ],
)
def test_options_that_cannot_be_used(options, said, tmp_path):
    refused(["resnet18", *options], tmp_path, *said)


@pytest.mark.parametrize("model", ["missing.onnx", "resnet51", "."])
def test_models_that_do_not_exist(model, tmp_path):
    refused([model], tmp_path, model)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("rows = 4", ["rows = "]),  # a second time
        ("lanes = 4", ["unknown key 'lanes'"]),
        ("rows : 4", ["mine.toml"]),
    ],
)
def test_configuration_files_that_cannot_be_used(change, said, tmp_path):
    shown = CliRunner().invoke(cli.main, ["show", "sat-32x32", "--toml"]).stdout
    path = tmp_path / "mine.toml"
    path.write_text(f"{change}\n{shown}")
    refused(["resnet18", "--config", path], tmp_path, *said)


def test_a_configuration_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe not text")
    refused(["resnet18", "--config", path], tmp_path, "mine.toml", "cannot be read as text")


@pytest.mark.parametrize("below", ["", "/deeper"])
def test_an_output_folder_that_is_a_file_is_refused_before_the_work(below, tmp_path, monkeypatch):
    monkeypatch.setattr(main_job, "load_model", lambda *_, **__: pytest.fail("it began to work"))
    taken = tmp_path / "taken"
    taken.write_text("mine")
    run = CliRunner().invoke(cli.main, ["simulate", "resnet18", "--out", f"{taken}{below}"], catch_exceptions=False)
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr == f"Error: --out {taken}{below}: cannot be written: Not a directory\n"
    assert taken.read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_folder_without_permission_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(main_job, "load_model", lambda *_, **__: pytest.fail("it began to work"))
    tmp_path.chmod(0o500)
    run = CliRunner().invoke(cli.main, ["simulate", "resnet18", "--out", str(tmp_path / "out")], catch_exceptions=False)
    tmp_path.chmod(0o700)
    assert run.exit_code == 2
    assert "Permission denied" in run.stderr


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder in which nobody may write")
def test_an_output_folder_that_nobody_may_write_is_refused(tmp_path):
    run = CliRunner().invoke(cli.main, ["simulate", "resnet18", "--out", "/proc/zeroskip"], catch_exceptions=False)
    assert run.exit_code == 2
    assert run.stderr.startswith("Error: --out /proc/zeroskip: cannot be written: ")


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zeroskip.report.trace.write_trace", full)
    refused(["resnet18", "--layers", "fc"], tmp_path, "No space left on device", str(tmp_path / "out"))


def test_a_fault_of_the_program_itself_shows_its_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(main_job, "simulate", lambda *_, **__: 1 // 0)
    run = CliRunner().invoke(cli.main, ["simulate", "resnet18", "--out", str(tmp_path / "out")])
    assert isinstance(run.exception, ZeroDivisionError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["show", "huge"], "configuration 'huge'"),
        (["show", "sat-32x32", "--family", "gpu"], "family 'gpu'"),
        (["show", "sat-32x32", "--set", "rows=0"], "rows=0 outside"),
        (["disassemble", "missing.npz"], "missing.npz: no such file"),
        (["disassemble", __file__], "not a zeroskip program"),
    ],
)
def test_other_commands_refuse_alike(command, said):
    run = CliRunner().invoke(cli.main, command, catch_exceptions=False)
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr.startswith("Error: ")
    assert said in run.stderr


def test_disassembly_from_behind_the_end_is_refused(folder):
    program = next((folder / "programs").iterdir())
    run = CliRunner().invoke(cli.main, ["disassemble", str(program), "--first", "1000000"], catch_exceptions=False)
    assert (run.exit_code, run.stdout) == (2, "")
    assert "--first 1000000 outside [0, " in run.stderr


@pytest.mark.parametrize("existing", [False, True])
def test_ctrl_c_leaves_nothing_behind(existing, tmp_path):
    """In the middle of the cycle executor, seen by the progress on a terminal of its own."""
    pty = pytest.importorskip("pty", reason="needs a terminal")
    out = tmp_path / "out"
    if existing:
        out.mkdir()
        (out / "result.json").write_text("earlier")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    options = ["--executor", "cycle", "--set", "rows=4", "--set", "cols=4", "--out", str(out)]
    terminal, stderr = pty.openpty()
    command = [sys.executable, "-m", "zeroskip", "simulate", "llama2-7b", *options]
    environment = os.environ | {"TERM": "xterm"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=environment) as process:
        os.close(stderr)
        said = b""
        while b"running" not in said:
            said += os.read(terminal, 4096)  # fails when the process ends without having run anything
        assert list(tmp_path.rglob(".zeroskip-*"))
        process.send_signal(signal.SIGINT)
        said += b"".join(iter(lambda: _read(terminal), b""))
        assert process.stdout.read() == b""
        assert process.wait(TIMEOUT_S) == cli.INTERRUPTED
    os.close(terminal)
    assert b"Interrupted." in said
    assert b"Traceback" not in said
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
    assert {path.name for path in tmp_path.iterdir()} == ({"out"} if existing else set())


def _read(terminal):
    """What a terminal says, nothing once the other side is closed."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_ctrl_c_while_files_are_written_waits_for_the_file_and_is_not_lost(tmp_path, monkeypatch):
    drawn = []

    def interrupted(*_):
        os.kill(os.getpid(), signal.SIGINT)
        drawn.append("to its end")

    monkeypatch.setattr("zeroskip.report.gantt.write_gantt", interrupted)
    monkeypatch.setattr("zeroskip.report.roofline.write_roofline", lambda *_: pytest.fail("it went on"))
    command = ["simulate", "resnet18", "--layers", "fc", "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(cli.main, command, catch_exceptions=False)
    assert (run.exit_code, run.stdout, run.stderr) == (cli.INTERRUPTED, "", "Interrupted.\n")
    assert drawn == ["to its end"]
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
