"""``zeroskip train``, on a data set of a few hundred images."""

import gzip
import json
import re
import struct

import pytest
from click.testing import CliRunner

from mapping.networks import frozen_images
from mapping.trainer import TRAINERS
from zeroskip import cli
from zeroskip.commands.train import METHODS


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The frozen images as the four files of the whole data set."""
    folder = tmp_path_factory.mktemp("data")
    parts = {"train": frozen_images("calibration"), "t10k": frozen_images("test").first(200)}
    for part, images in parts.items():
        for kind, array in (("images-idx3", images.pixels), ("labels-idx1", images.labels)):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))
    return folder


def train(*arguments, code=0):
    result = CliRunner().invoke(cli.main, ["train", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def test_methods_are_those_of_the_trainer():
    assert METHODS == TRAINERS


@pytest.mark.smoke
def test_table_json_and_files(data, tmp_path):
    command = ("fashion-mlp", "--epochs", 2, "--seeds", 2, "--data", data, "--out", tmp_path)
    text = train(*command).stdout
    for part in ("512 training images", "200 test images", "2 epochs", "dense", "srste", "bdwp", "25.0%"):
        assert part in text
    record = json.loads(train(*command, "--json").stdout)  # from the checkpoints
    assert set(record["methods"]) == set(TRAINERS)
    for method, found in record["methods"].items():
        runs = [run["accuracy"] for run in record["runs"] if run["method"] == method]
        assert found["mean_accuracy"] == pytest.approx(sum(runs) / 2)
        assert re.search(rf"{method} .*{found['mean_accuracy']:.2%}", text)
    stems = {f"fashion-mlp-{name}-seed{seed}" for name in ("dense", "srste-2x8", "bdwp-2x8") for seed in (0, 1)}
    assert {path.name for path in tmp_path.iterdir()} == {f"{stem}{end}" for stem in stems for end in (".npz", ".onnx")}
    simulated = CliRunner().invoke(cli.main, ["simulate", str(tmp_path / "fashion-mlp-bdwp-2x8-seed1.onnx")])
    assert "2:8, 2 of 3 layers dense" in simulated.stdout


@pytest.mark.smoke
def test_one_seed_has_no_spread(data, tmp_path):
    command = ("fashion-mlp", "--method", "bdwp", "--pattern", "1:4", "--epochs", 1, "--seeds", 1)
    text = train(*command, "--data", data, "--out", tmp_path).stdout
    assert re.search(r"bdwp +1:4 +25.0% +\d+\.\d\d% +\d+\.\d\d% +-", text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["resnet50"], "network 'resnet50': the trainer knows fashion-cnn, fashion-mlp"),
        (["fashion-cnn", "--pattern", "dense"], "--pattern dense: sparse training needs an N:M pattern"),
        (["fashion-cnn", "--pattern", "block:16@0.5"], "expected 'dense' or 'N:M'"),
        (["fashion-cnn", "--method", "all"], "'all' is not one of"),
        (["fashion-cnn", "--epochs", "0"], "0 is not in the range"),
        (["fashion-cnn", "--data", "/nowhere"], "apt install dataset-fashion-mnist"),
    ],
)
def test_bad_input(arguments, said, tmp_path):
    result = train(*arguments, "--out", tmp_path / "out", code=2)
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_cannot_be_made(data, tmp_path):
    (tmp_path / "file").touch()
    said = train("fashion-mlp", "--data", data, "--out", tmp_path / "file" / "out", code=2).stderr
    assert "cannot be written" in said


def test_other_settings_need_another_folder(data, tmp_path):
    command = ("fashion-mlp", "--method", "dense", "--seeds", 1, "--data", data, "--out", tmp_path, "--epochs")
    train(*command, 1)
    assert "holds a training with another epochs: give another folder" in train(*command, 2, code=2).stderr
