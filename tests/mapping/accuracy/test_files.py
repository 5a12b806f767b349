"""Whatever the layout of its weights: a written file computes what was pruned, and nothing else of it changes."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from mapping.accuracy import Session, check_written, read
from mapping.accuracy.check import WrittenWrongError
from mapping.accuracy.rewrite import check_writable, replace_weights, save, zeroed
from mapping.accuracy.runtime import drawn_feeds
from mapping.errors import InputError
from mapping.importers import load_onnx
from mapping.sparsity import Pattern
from tests.mapping.accuracy.networks import CASES, PATTERN, node, opened, pruned
from tests.mapping.importers.support import evaluate, network, values
from tests.mapping.importers.support import save as save_model


@pytest.mark.golden
@pytest.mark.parametrize("criterion", ["magnitude", "sparsegpt"])
@pytest.mark.parametrize("case", CASES)
def test_a_written_file_computes_what_was_pruned(case, criterion, tmp_path):
    before = opened(CASES[case], tmp_path)
    feeds = drawn_feeds(before.bound)
    found = pruned(before, criterion, [feeds])
    save(found.model, tmp_path / "out.onnx")
    assert 0 < check_written(tmp_path / "out.onnx", found, PATTERN, feeds) <= 1
    after = load_onnx(tmp_path / "out.onnx")
    assert [layer.name for layer in after.layers] == [layer.name for layer in before.layers]
    for layer in after.layers:
        assert np.count_nonzero(layer.weights) * 2 <= layer.weights.size
        assert PATTERN.check(layer.weights != 0)


@pytest.mark.golden
def test_the_file_differs_in_the_weights_only(tmp_path):
    before = CASES["conv"]
    found = pruned(opened(before, tmp_path))
    after = onnx.ModelProto()
    after.CopyFrom(found.model)
    (old,) = (tensor for tensor in before.graph.initializer if tensor.name == "w")
    (new,) = (tensor for tensor in after.graph.initializer if tensor.name == "w")
    kept = numpy_helper.to_array(new) != 0
    np.testing.assert_array_equal(numpy_helper.to_array(new), numpy_helper.to_array(old) * kept)
    assert kept.mean() == 0.5
    new.CopyFrom(old)
    del after.metadata_props[:]
    assert after == before


def shared():
    """One tensor as an embedding, and as the weights of two layers: as it is, and transposed."""
    return network(
        [
            node("Gather", "w", "i", output="g", name="embedding"),
            node("Add", "x", "g", output="h", name="add"),
            node("MatMul", "h", "w", output="k", name="first"),
            node("Transpose", "w", output="t", name="turn", perm=[1, 0]),
            node("MatMul", "k", "t", name="second"),
        ],
        {"x": [3, 8]},
        [values("w", 8, 8), numpy_helper.from_array(np.array([1, 2, 3]), "i")],
    )


@pytest.mark.golden
def test_a_shared_tensor_stays_for_those_that_are_not_pruned(tmp_path):
    before = opened(shared(), tmp_path)
    found = pruned(before, keep=["first"])
    assert [layer.own_tensor for layer in found.layers] == [False, True]
    after = {tensor.name: numpy_helper.to_array(tensor) for tensor in found.model.graph.initializer}
    np.testing.assert_array_equal(after["w"], numpy_helper.to_array(shared().graph.initializer[0]))
    assert PATTERN.check(after["t.second"].T != 0)
    assert "turn" not in {node.name for node in found.model.graph.node}  # nothing reads it any more
    both = pruned(before)
    assert [layer.own_tensor for layer in both.layers] == [True, True]
    save(both.model, tmp_path / "out.onnx")
    feeds = drawn_feeds(before.bound)
    assert check_written(tmp_path / "out.onnx", both, PATTERN, feeds) <= 1


@pytest.mark.golden
def test_zeroed_layers_give_zero(tmp_path):
    before = opened(CASES["conv of a sequence"], tmp_path)
    (outputs,) = Session(zeroed(before.model, list(before.sites))).run(drawn_feeds(before.bound))
    assert not outputs.any()
    assert Session(before.model).run(drawn_feeds(before.bound))[0].any()


@pytest.mark.golden
def test_rows_are_what_the_layer_multiplies(tmp_path):
    """Against the evaluation of the importer's tests, which knows nothing of rows."""
    before = opened(CASES["grouped conv"], tmp_path)
    (site,) = before.sites
    feeds = drawn_feeds(before.bound)
    rows = site.rows(feeds["x"])
    weights = site.grouped(site.layer.weights).reshape(2, 3, -1)
    product = rows @ np.swapaxes(weights, 1, 2)
    expected = evaluate(site.layer, np.moveaxis(feeds["x"], 1, -1))
    ours = site.to_outputs(product, feeds["x"], (2, 6, 3, 3))
    np.testing.assert_allclose(np.moveaxis(ours, 1, -1), expected, rtol=1e-4, atol=1e-4)


def faults():
    def swap(tensor):
        return np.ascontiguousarray(np.swapaxes(tensor, 1, 2)).reshape(tensor.shape)

    def move_one(tensor):
        place = tuple(np.argwhere(tensor)[0])
        return np.where(np.indices(tensor.shape)[1] == place[1], np.roll(tensor, 1, axis=1), tensor)

    return {"layout": swap, "another mask": move_one, "one weight": lambda tensor: tensor + (tensor == tensor.max())}


@pytest.mark.golden
@pytest.mark.parametrize("fault", ["layout", "another mask", "one weight"])
def test_the_check_sees_other_weights(fault, tmp_path):
    before = opened(CASES["conv"], tmp_path)
    found = pruned(before)
    tensor = next(tensor for tensor in found.model.graph.initializer if tensor.name == "w")
    changed = faults()[fault](numpy_helper.to_array(tensor)).astype(np.float32)
    tensor.CopyFrom(numpy_helper.from_array(changed, "w"))
    save(found.model, tmp_path / "out.onnx")
    with pytest.raises(WrittenWrongError, match="the weights of it are not those that were pruned"):
        check_written(tmp_path / "out.onnx", found, PATTERN, drawn_feeds(before.bound))


@pytest.mark.golden
def test_the_check_sees_another_pattern(tmp_path):
    before = opened(CASES["conv"], tmp_path)
    found = pruned(before)
    save(found.model, tmp_path / "out.onnx")
    with pytest.raises(WrittenWrongError, match="the weights of it are not 1:4"):
        check_written(tmp_path / "out.onnx", found, Pattern(1, 4), drawn_feeds(before.bound))


@pytest.mark.golden
@pytest.mark.parametrize("change", ["strides", "bias", "a layer"])
def test_the_check_sees_another_computation(change, tmp_path, monkeypatch):
    before = opened(CASES["conv"], tmp_path)
    found = pruned(before)
    save(found.model, tmp_path / "out.onnx")
    if change == "a layer":
        found.model.graph.node[0].name = "other"
        save(found.model, tmp_path / "out.onnx")
        with pytest.raises(WrittenWrongError, match="has no layer it"):
            check_written(tmp_path / "out.onnx", found, PATTERN, drawn_feeds(before.bound))
        return
    real = Session.run

    def run(self, feeds):
        inputs, outputs = real(self, feeds)
        return [inputs, outputs[..., ::-1] if change == "strides" else outputs + np.float32(1e-3)]

    monkeypatch.setattr(Session, "run", run)
    with pytest.raises(WrittenWrongError, match="times the rounding bound"):
        check_written(tmp_path / "out.onnx", found, PATTERN, drawn_feeds(before.bound))


def test_names_that_are_taken(tmp_path):
    model = shared()
    model.graph.initializer.append(values("t.second", 2))
    model.graph.node.append(node("Identity", "t.second", output="z", name="other"))
    model.graph.output.append(helper.make_empty_tensor_value_info("z"))
    before = opened(model, tmp_path)
    site = before.sites[1]
    assert replace_weights(before.model, site, site.layer.weights)
    assert before.model.graph.node[3].input[1] == "t.second.2"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (network([node("MatMul", "x", "z")], {"x": [2, 3], "z": [3, 2]}), "no Conv, Gemm, MatMul has real weights"),
        (
            network([node("ConvTranspose", "x", "w")], {"x": [1, 4, 5, 5]}, [values("w", 4, 8, 2, 2)]),
            "no Conv, Gemm, MatMul has real weights",
        ),
        (network([node("Relu", "x")], {"x": [2]}), "no operator multiplies"),
    ],
    ids=["activations only", "transposed", "nothing"],
)
def test_networks_without_weights_to_prune(model, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(save_model(model, tmp_path), batch=None)


def test_places_that_cannot_be_written(tmp_path):
    for path, message in [
        (tmp_path, "is a directory: give the name"),
        (tmp_path / "no" / "x.onnx", "cannot be written: No such file or directory"),
        (tmp_path / ("n" * 300), "cannot be written: File name too long"),
    ]:
        with pytest.raises(InputError, match=message):
            check_writable(path)
    check_writable(tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="cannot be written"):
        save(CASES["conv"], tmp_path)
