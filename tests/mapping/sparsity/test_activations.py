"""Activation rules, and the densities they leave of real arrays."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mapping.errors import InputError
from mapping.sparsity.activations import Threshold, TopK, measure, parse_rule

pytestmark = pytest.mark.golden
values = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=st.integers(-4, 4).map(float)
)


@given(values, st.integers(1, 40))
def test_top_k_keeps_the_largest_magnitudes_of_each_row(array, k):
    mask = TopK(k).mask(array)
    for row, kept in zip(array, mask, strict=True):
        order = np.argsort(-np.abs(row), kind="stable")[:k]
        np.testing.assert_array_equal(np.flatnonzero(kept), np.sort(order[row[order] != 0]))


@given(values, st.integers(0, 3))
def test_threshold_keeps_what_exceeds_it(array, limit):
    np.testing.assert_array_equal(Threshold(limit).mask(array), np.abs(array) > limit)


@pytest.mark.parametrize("sparsity", [0.0, 0.25, 0.5, 0.9])
def test_calibrated_threshold_zeroes_the_share_it_was_asked_for(sparsity):
    samples = np.random.default_rng(0).standard_normal((100, 64))
    assert measure(Threshold.calibrated(samples, sparsity).mask(samples)).mean == pytest.approx(1 - sparsity, abs=1e-3)


def test_densities_of_a_small_mask():
    mask = np.array([[1, 0, 0, 0, 0], [1, 1, 0, 0, 1]], bool)
    density = measure(mask, group=2)
    assert density.mean == 0.4
    assert density.rows == (0.2, 0.6)
    assert density.channels == (0.0, 1.0)
    assert density.groups == 0.5  # of three groups a row, 1 and 2 hold something


def test_independent_zeros_leave_the_groups_that_probability_says():
    mask = np.random.default_rng(0).random((4000, 64)) < 0.2
    density = measure(mask, group=8)
    assert density.groups == pytest.approx(1 - 0.8**8, abs=0.01)


@pytest.fixture(scope="module")
def hidden_activations():
    """Hidden layer (after its GELU) of the real Magika network on two real texts: (positions, channels) each."""
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    package = find_spec("magika") or pytest.skip("needs the magika package")
    network = onnx.load(next(Path(package.submodule_search_locations[0]).glob("models/*/model.onnx")))
    name = next(n.output[0] for n in network.graph.node if n.output[0].endswith("ApplyActivation_1/Mul_5:0"))
    network.graph.output.append(onnx.ValueInfoProto(name=name))
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(network.SerializeToString(), options, providers=["CPUExecutionProvider"])
    texts = [Path(__file__).read_bytes(), (Path(__file__).parents[3] / "LICENSE").read_bytes()]
    inputs = [np.frombuffer(text[:2048], np.uint8).astype(np.int32)[None] for text in texts]
    values = [session.run([name], {"bytes": tokens})[0] for tokens in inputs]
    return [value.reshape(value.shape[1], -1).T for value in values]


def test_densities_of_a_real_network(hidden_activations):
    """Few GELU outputs are zero; a threshold from one text about holds on another; what stays clusters a little."""
    code, licence = hidden_activations
    assert measure(Threshold(0.0).mask(code)).mean == pytest.approx(0.83, abs=0.02)
    rule = Threshold.calibrated(code, 0.75)
    assert measure(rule.mask(code)).mean == pytest.approx(0.25, abs=0.001)
    other = measure(rule.mask(licence))
    assert other.mean == pytest.approx(0.25, abs=0.03)
    assert other.rows[1] > 2 * other.rows[0]
    assert other.channels[1] > 2 * other.channels[0]
    assert 0.85 < other.groups < 1 - (1 - other.mean) ** 8
    top = measure(TopK(code.shape[1] // 4).mask(code))
    assert top.rows == (0.25, 0.25)


@pytest.mark.parametrize("rule", [TopK(64), Threshold(0.0), Threshold(0.25), Threshold(1e-5)])
def test_text_round_trip(rule):
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [("top-k:0", r"top-k=0 outside"), ("top-k:1.5", "expected top-k:K"), ("relu", "expected top-k:K or threshold:T")],
)
def test_text_that_is_no_rule(text, message):
    with pytest.raises(InputError, match=message):
        parse_rule(text)


def test_bad_input():
    with pytest.raises(InputError, match=r"threshold=-1 outside \[0, inf\)"):
        Threshold(-1)
    with pytest.raises(InputError, match=r"mask of shape \(0, 4\) holds no values"):
        measure(np.zeros((0, 4), bool))
