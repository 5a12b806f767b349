import numpy as np
import pytest

from mapping.accuracy import Pruning, Session, evaluate, prune, read, task_of
from mapping.accuracy.inputs import read_feeds
from mapping.accuracy.rewrite import zeroed
from mapping.accuracy.runtime import drawn_feeds
from mapping.errors import InputError
from mapping.models import onnx_file
from mapping.sparsity import CRITERIA, Calibration, magnitude_mask, parse_pattern, prune_weights
from tests.mapping.accuracy.networks import CASES, PATTERN, node, opened, pruned
from tests.mapping.importers.support import network, values


@pytest.fixture(scope="module")
def cnn():
    return read(onnx_file("fashion-cnn"))


@pytest.fixture(scope="module")
def task():
    return task_of("fashion-cnn")


@pytest.mark.golden
def test_first_and_last_layer_stay_and_the_dense_network_too(cnn):
    before = cnn.model.SerializeToString(deterministic=True)
    found = prune(cnn, Pruning(pattern=PATTERN))
    assert cnn.model.SerializeToString(deterministic=True) == before
    assert [layer.mask is None for layer in found.layers] == [True, False, False, True]
    for layer in found.pruned:
        weights = layer.site.layer.weights
        mask = magnitude_mask(weights, PATTERN)
        np.testing.assert_array_equal(layer.weights, np.where(mask, weights, 0))
        assert layer.weight_error == pytest.approx(np.linalg.norm(weights * ~mask) / np.linalg.norm(weights))
        assert layer.output_error is None
        assert layer.density == 0.5
    assert found.density == pytest.approx((65_824 - 55_296 / 2) / 65_824)


@pytest.mark.golden
def test_a_layer_of_one_channel_has_nothing_to_lose(cnn):
    found = prune(cnn, Pruning(pattern=PATTERN, keep=()))
    assert [layer.mask is None for layer in found.layers] == [True, False, False, False]


@pytest.mark.golden
@pytest.mark.parametrize("criterion", CRITERIA)
def test_calibration_sees_what_the_pruned_layers_before_give(cnn, task, criterion):
    """By hand: the third layer calibrated with the outputs of the network whose second one is already pruned."""
    feeds = task.calibration(32)
    found = prune(cnn, Pruning(pattern=PATTERN, criterion=criterion, seed=3), feeds)
    second, third = found.pruned
    half = prune(cnn, Pruning(pattern=PATTERN, criterion=criterion, seed=3, keep=("first", "last", "conv3")), feeds)
    (inputs,) = Session(half.model, [third.site.inputs]).run(feeds[0])
    calibration = Calibration(third.site.layer.k).add(third.site.rows(inputs)[0])
    expected = prune_weights(third.site.layer.weights, PATTERN, criterion, calibration=calibration, seed=3)
    np.testing.assert_array_equal(third.mask, expected[0])
    np.testing.assert_array_equal(third.weights, expected[1])
    rows = third.site.rows(inputs)[0].astype(np.float64)
    change, whole = (
        rows @ weights.reshape(64, -1).T
        for weights in (third.weights - third.site.layer.weights, third.site.layer.weights)
    )
    assert third.output_error == pytest.approx(np.linalg.norm(change) / np.linalg.norm(whole), rel=1e-4)
    assert 0 < second.output_error < 1


@pytest.mark.golden
def test_criteria_rank_as_they_should(cnn, task):
    """At 1:8: an update of the weights helps, choosing by chance destroys."""
    feeds = task.calibration(128)
    models = {"dense": cnn.model}
    for criterion in CRITERIA:
        found = prune(cnn, Pruning(pattern=parse_pattern("1:8"), criterion=criterion), feeds)
        models[criterion] = found.model
    sites = [site for site in cnn.sites if site.layer.name in ("conv2", "conv3")]
    models["floor"] = zeroed(cnn.model, sites)
    evaluation = evaluate(task, models)
    accuracy = {name: scores[0].value for name, scores in evaluation.scores.items()}
    assert accuracy["sparsegpt"] > accuracy["magnitude"] + 0.05 > accuracy["random"] + 0.1
    assert accuracy["dense"] > 0.9 > accuracy["sparsegpt"]
    assert accuracy["floor"] == pytest.approx(0.1, abs=0.02)
    assert [score.value for score in evaluation.scores["dense"]][1] == 1
    errors = [score.error for score in evaluation.scores["sparsegpt"]]
    shares = [score.value for score in evaluation.scores["sparsegpt"]]
    assert errors == pytest.approx([np.sqrt(share * (1 - share) / 2000) for share in shares])


@pytest.mark.golden
def test_siblings_share_their_calibration(tmp_path):
    """Two layers on one input see the same, and a layer after them does not."""
    model = network(
        [
            node("MatMul", "x", "a", output="p", name="query"),
            node("MatMul", "x", "b", output="q", name="key"),
            node("Add", "p", "q", output="s", name="add"),
            node("MatMul", "s", "c", name="next"),
        ],
        {"x": [6, 8]},
        [values("a", 8, 8), values("b", 8, 8), values("c", 8, 8)],
    )
    before = opened(model, tmp_path)
    feeds = drawn_feeds(before.bound)
    steps = []
    found = prune(
        before, Pruning(pattern=PATTERN, criterion="wanda", keep=()), [feeds], lambda *step: steps.append(step)
    )
    assert steps == [("query", 0, 3), ("key", 1, 3), ("next", 2, 3)]
    for layer, inputs in zip(found.layers, ("x", "x", "s"), strict=True):
        (rows,) = Session(found.model, [inputs]).run(feeds)
        calibration = Calibration(8).add(rows)
        expected, _ = prune_weights(layer.site.layer.weights, PATTERN, "wanda", calibration=calibration)
        np.testing.assert_array_equal(layer.mask, expected)


@pytest.mark.golden
def test_what_looks_shared_and_is_not(tmp_path):
    """Windows of another size on one input, and a dense layer between: each pruned layer sees its own inputs."""
    model = network(
        [
            node("Conv", "x", "a", output="p", name="small"),
            node("Conv", "x", "b", output="q", name="large", pads=[1, 1, 1, 1]),
            node("Add", "p", "q", output="s", name="add"),
            node("Conv", "s", "c", output="t", name="dense"),
            node("Conv", "s", "d", output="u", name="last"),
            node("Add", "t", "u", name="sum"),
        ],
        {"x": [2, 8, 5, 5]},
        [values("a", 8, 8, 1, 1), values("b", 8, 8, 3, 3), values("c", 8, 8, 1, 1), values("d", 8, 8, 1, 1)],
    )
    before = opened(model, tmp_path)
    feeds = drawn_feeds(before.bound)
    found = prune(before, Pruning(pattern=PATTERN, criterion="wanda", keep=("dense",)), [feeds])
    assert [layer.mask is None for layer in found.layers] == [False, False, True, False]
    for layer in found.pruned:
        (inputs,) = Session(found.model, [layer.site.inputs]).run(feeds)
        calibration = Calibration(layer.site.layer.k).add(layer.site.rows(inputs)[0])
        expected, _ = prune_weights(layer.site.layer.weights, PATTERN, "wanda", calibration=calibration)
        np.testing.assert_array_equal(layer.mask, expected)


def test_integer_weights_are_refused(tmp_path):
    from onnx import TensorProto, helper  # noqa: PLC0415

    model = helper.make_model(
        helper.make_graph(
            [node("MatMul", "x", "w")],
            "integers",
            [helper.make_tensor_value_info("x", TensorProto.INT32, [3, 8])],
            [helper.make_tensor_value_info("y", TensorProto.INT32, [3, 5])],
            [values("w", 8, 5, dtype=np.int32)],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    with pytest.raises(InputError, match="layer it has int32 weights, only real ones are pruned: --keep it dense"):
        pruned(opened(model, tmp_path))


def test_inputs_that_are_no_numbers(cnn):
    feeds = {"image": np.full((1, 1, 28, 28), np.nan, np.float32)}
    with pytest.raises(InputError, match="layer conv2: calibration inputs hold NaN or infinite values"):
        prune(cnn, Pruning(pattern=PATTERN), [feeds])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"criterion": "best"}, "criterion 'best': expected one of random, magnitude, wanda, sparsegpt"),
        ({"criterion": "wanda"}, "criterion wanda looks at the inputs of the layers: it needs calibration inputs"),
        ({"keep": ("nothing*",)}, r"keep: no layer matches 'nothing\*'"),
    ],
)
def test_prunings_that_are_none(cnn, options, message):
    with pytest.raises(InputError, match=message):
        prune(cnn, Pruning(**({"pattern": PATTERN} | options)))


def test_inputs_of_a_users_own(tmp_path):
    model = opened(CASES["matmul"], tmp_path).bound  # a batch of two
    file = tmp_path / "in.npz"
    rows = np.arange(5 * 3 * 8).reshape(5, 3, 8)
    np.savez(file, x=rows)
    feeds = read_feeds(file, model)
    assert [batch["x"].dtype for batch in feeds] == [np.float32] * 2
    np.testing.assert_array_equal(feeds[1]["x"], rows[2:4])
    assert len(read_feeds(file, model, 3)) == 1
    for count, message in [
        (6, r"calibration=6 outside \[1, 5\]"),
        (1, "1 samples are less than the network's batch of 2"),
    ]:
        with pytest.raises(InputError, match=message):
            read_feeds(file, model, count)
    np.savez(file, y=rows, x=rows)
    with pytest.raises(InputError, match="holds 'y', 'x'; the network's inputs are 'x'"):
        read_feeds(file, model)
    np.savez(file, x=np.float32(1))
    with pytest.raises(InputError, match="the same number of samples"):
        read_feeds(file, model)
    for content in (b"", b"text"):
        file.write_bytes(content)
        with pytest.raises(InputError, match=r"is no \.npz file of arrays"):
            read_feeds(file, model)
    np.save(tmp_path / "x.npy", rows)
    with pytest.raises(InputError, match="holds nothing"):
        read_feeds(tmp_path / "x.npy", model)
    with pytest.raises(InputError, match="no such file"):
        read_feeds(tmp_path / "none.npz", model)


def test_sessions_say_what_does_not_fit(cnn):
    with pytest.raises(InputError, match="ONNX Runtime cannot run the network"):
        Session(cnn.model).run({"image": np.zeros((1, 3, 28, 28), np.float32)})
    broken = type(cnn.model)()
    broken.CopyFrom(cnn.model)
    broken.graph.node[0].op_type = "Nonsense"
    with pytest.raises(InputError, match="ONNX Runtime refuses the network"):
        Session(broken)
    with pytest.raises(InputError, match="input 'image' has free sizes: set them with --shape"):
        drawn_feeds(cnn.model)
