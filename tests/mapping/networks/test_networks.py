import gzip
import struct
from dataclasses import replace

import numpy as np
import onnx
import pytest

from mapping import networks
from mapping.accuracy import Session, task_of
from mapping.errors import InputError
from mapping.models import known_models, load_model
from mapping.networks import IMAGES_SHA256, SHIPPED, frozen_images, shipped_file
from mapping.networks.build import freeze
from mapping.networks.images import CLASSES, DEBIAN_FOLDER, Images, read_images
from mapping.trainer import NETWORKS, Plan, train
from mapping.trainer.export import export

needs_data = pytest.mark.skipif(not DEBIAN_FOLDER.is_dir(), reason="needs Debian's dataset-fashion-mnist")


def test_frozen_images():
    test, calibration = frozen_images("test"), frozen_images("calibration")
    assert (len(test), len(calibration)) == (2000, 512)
    assert test.pixels.shape[1:] == (28, 28)
    assert set(test.labels) == set(calibration.labels) == set(range(len(CLASSES)))
    tested = {image.tobytes() for image in test.pixels}
    assert not tested & {image.tobytes() for image in calibration.pixels}


@needs_data
def test_they_are_the_first_ones(tmp_path):
    test, images = read_images("test"), read_images("train")
    assert (len(test), len(images)) == (10_000, 60_000)
    np.testing.assert_array_equal(frozen_images("test").pixels, test.pixels[:2000])
    np.testing.assert_array_equal(frozen_images("calibration").labels, images.labels[:512])
    assert freeze(images, test, tmp_path / "images.npz") == IMAGES_SHA256


def test_other_images_are_refused(tmp_path, monkeypatch):
    content = bytearray((networks.FOLDER / "fashion-images.npz").read_bytes())
    content[-1000] ^= 1
    (tmp_path / "fashion-images.npz").write_bytes(content)
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    with pytest.raises(InputError, match=f"SHA-256 [0-9a-f]+, expected {IMAGES_SHA256}"):
        frozen_images.__wrapped__("test")


@pytest.mark.golden
@pytest.mark.parametrize(("name", "least"), [("fashion-cnn", 0.90), ("fashion-mlp", 0.88)])
def test_shipped_networks_classify(name, least):
    assert shipped_file(name).stat().st_size < 400_000
    onnx.checker.check_model(onnx.load(shipped_file(name)), full_check=True)
    task = task_of(name)
    session = Session(onnx.load(shipped_file(name)))
    classes = np.concatenate([session.run(feeds)[0].argmax(axis=1) for feeds in task.batches()])
    assert (classes == frozen_images("test").labels).mean() > least


@pytest.mark.parametrize("name", SHIPPED)
def test_they_can_be_simulated_by_name(name):
    assert known_models()[name] == SHIPPED[name]
    model = load_model(name)
    shapes = NETWORKS[name]
    assert [layer.macs for layer in model.layers] == [
        shape.out_rows * shape.out_cols * shape.out_channels * shape.positions * shape.in_channels for shape in shapes
    ]
    assert load_model(name, batch=3).macs == 3 * model.macs


@pytest.mark.golden
@pytest.mark.parametrize("name", NETWORKS)
def test_an_exported_network_computes_what_was_trained(name, tmp_path):
    images, test = frozen_images("calibration"), frozen_images("test").first(100)
    run = train(Plan(network=name, method="bdwp", pattern="2:8", epochs=1, batch=64), images, test)
    export(run, tmp_path / "net.onnx")
    found = Session(onnx.load(tmp_path / "net.onnx")).run({"image": np.moveaxis(test.inputs(), -1, 1)})[0]
    # float32 sums of at most 1024 products in another order
    np.testing.assert_allclose(found, run.network.forward(test.inputs()), rtol=1e-4, atol=1e-4)
    model = load_model(tmp_path / "net.onnx")
    assert set(model.patterns.values()) == {"2:8"}
    assert len(model.patterns) == len(NETWORKS[name]) - 2


def idx(array):
    return gzip.compress(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


def test_idx_files(tmp_path):
    pixels = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(idx(pixels))
    with pytest.raises(
        InputError, match=r"t10k-labels-idx1-ubyte\.gz: no such file; Fashion-MNIST comes with `apt install"
    ):
        read_images("test", tmp_path)
    labels = tmp_path / "t10k-labels-idx1-ubyte.gz"
    labels.write_bytes(idx(np.arange(3, dtype=np.uint8)))
    np.testing.assert_array_equal(read_images("test", tmp_path).pixels, pixels)
    labels.write_bytes(idx(np.arange(4, dtype=np.uint8)))
    with pytest.raises(InputError, match="with labels of shape"):
        read_images("test", tmp_path)
    for content in (b"", b"no gzip", idx(pixels)[:40], gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc"), idx(pixels)):
        labels.write_bytes(content)
        with pytest.raises(InputError, match=r"labels-idx1-ubyte\.gz (cannot be read|is damaged)"):
            read_images("test", tmp_path)


def test_inputs_are_shares_of_white():
    images = Images(np.array([[[0, 255]]], np.uint8), np.zeros(1, np.uint8))
    np.testing.assert_array_equal(images.inputs(), [[[[0], [1]]]])
    assert replace(images).first(0).pixels.shape == (0, 1, 2)
