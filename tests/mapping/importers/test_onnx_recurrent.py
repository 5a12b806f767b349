"""Recurrent nodes as GEMMs: their layers, run step by step, give what ONNX Runtime gives."""

import re

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.helper import make_node

from mapping.errors import InputError
from mapping.graph import Layer
from tests.mapping.importers.support import drawn, evaluate, imported, network, run, values

STEPS, BATCH, INPUTS, STATE = 5, 3, 4, 6
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent(op: str, directions: int = 1, x=(STEPS, BATCH, INPUTS), **attributes) -> onnx.ModelProto:
    node = make_node(op, ["x", "w", "r"], ["y"], "cell", hidden_size=STATE, **attributes)
    rows = GATES[op] * STATE
    stored = [values("w", directions, rows, INPUTS), values("r", directions, rows, STATE)]
    return network([node], {"x": list(x)}, stored)


def product(layer: Layer, rows: np.ndarray) -> np.ndarray:
    return evaluate(layer, rows[None, :, None, :])[0, :, 0, :]


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def lstm_step(inputs, layers, state, cell):
    i, o, f, c = np.split(inputs + product(layers[0], state), 4, axis=1)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
    return sigmoid(o) * np.tanh(cell), cell


def gru_step(inputs, layers, state, cell):
    z, r, h = np.split(inputs, 3, axis=1)
    if len(layers) == 1:  # the state is reset after the product
        of_z, of_r, of_h = np.split(product(layers[0], state), 3, axis=1)
        z, h = sigmoid(z + of_z), np.tanh(h + sigmoid(r + of_r) * of_h)
    else:
        of_z, of_r = np.split(product(layers[0], state), 2, axis=1)
        z, h = sigmoid(z + of_z), np.tanh(h + product(layers[1], sigmoid(r + of_r) * state))
    return (1 - z) * h + z * state, cell


def rnn_step(inputs, layers, state, cell):
    return np.tanh(inputs + product(layers[0], state)), cell


STEP = {"LSTM": lstm_step, "GRU": gru_step, "RNN": rnn_step}


def unrolled(op: str, layers: list[Layer], data: np.ndarray, backwards: bool) -> np.ndarray:
    """(steps, batch, state) from the layers of one direction; ``data`` is (steps, batch, inputs)."""
    inputs = product(layers[0], data.reshape(-1, INPUTS)).reshape(STEPS, BATCH, -1)
    state, cell = np.zeros((BATCH, STATE)), np.zeros((BATCH, STATE))
    outputs = np.zeros((STEPS, BATCH, STATE))
    for step in range(STEPS)[:: -1 if backwards else 1]:
        state, cell = STEP[op](inputs[step], layers[1:], state, cell)
        outputs[step] = state
    return outputs


@pytest.mark.golden
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize(
    ("op", "attributes"),
    [("LSTM", {}), ("GRU", {"linear_before_reset": 0}), ("GRU", {"linear_before_reset": 1}), ("RNN", {})],
)
def test_layers_reproduce_what_onnxruntime_computes(op, attributes, direction) -> None:
    directions = 2 if direction == "bidirectional" else 1
    model = recurrent(op, directions, direction=direction, **attributes)
    data = drawn(STEPS, BATCH, INPUTS)
    (expected,) = run(model, {"x": data})
    layers = imported(model).layers
    parts = [layers[: len(layers) // directions], layers[len(layers) // directions :]][:directions]
    for index, part in enumerate(parts):
        result = unrolled(op, part, data, backwards=index == 1 or direction == "reverse")
        np.testing.assert_allclose(result, expected[:, index], rtol=1e-4, atol=1e-5)


def test_names_shapes_and_order() -> None:
    layers = imported(recurrent("LSTM", 2, direction="bidirectional")).layers
    assert [layer.name for layer in layers] == [
        *("cell.forward.input", "cell.forward.recurrent", "cell.reverse.input", "cell.reverse.recurrent"),
    ]
    into, state = layers[:2]
    assert (into.m, into.k, into.n, into.repeats, into.op) == (STEPS * BATCH, INPUTS, 4 * STATE, 1, "lstm")
    assert (state.m, state.k, state.n, state.repeats) == (BATCH, STATE, 4 * STATE, STEPS)


def test_a_gru_that_resets_its_state_first_needs_two_products_a_step() -> None:
    names = [(layer.name, layer.n, layer.repeats) for layer in imported(recurrent("GRU")).layers]
    assert names == [
        ("cell.input", 3 * STATE, 1),
        ("cell.recurrent.gates", 2 * STATE, STEPS),
        ("cell.recurrent.candidate", STATE, STEPS),
    ]


def test_batch_first() -> None:
    into, state = imported(recurrent("RNN", layout=1)).layers
    assert (into.m, state.m, state.repeats) == (STEPS * BATCH, STEPS, BATCH)


def test_the_layers_stand_between_their_neighbours() -> None:
    model = recurrent("LSTM")
    model.graph.node.insert(0, make_node("Relu", ["a"], ["x"], "before"))
    model.graph.node.append(make_node("Relu", ["y"], ["z"], "after"))
    model.graph.input[0].name = "a"
    model.graph.output[0].name = "z"
    graph = imported(model).graph
    assert list(graph.edges) == [
        *(("before", "cell.input"), ("cell.input", "cell.recurrent"), ("cell.recurrent", "after")),
    ]


def test_weights_that_the_file_lacks() -> None:
    model = recurrent("LSTM")
    node = make_node("ConstantOfShape", ["shape"], ["w"])
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 4 * STATE, INPUTS]), "shape"))
    del model.graph.initializer[0]
    model.graph.node.insert(0, node)
    into, state = imported(model).layers
    assert into.weights is None
    assert state.weights is not None
    assert not into.dynamic


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (recurrent("LSTM", direction="sideways"), "direction=sideways: must be forward, reverse or bidirectional"),
        (recurrent("LSTM", 2), "W of shape (2, 24, 4) and R of shape (2, 24, 6) do not fit: expected (steps, batch"),
        (recurrent("GRU", x=(STEPS, BATCH, 7)), "X of shape (5, 3, 7), W of shape (1, 18, 4)"),
        (recurrent("RNN", x=(STEPS, BATCH)), "X of shape (5, 3), W of"),
        (recurrent("RNN", x=("L", BATCH, INPUTS)), "the shape of 'x' is (?, 3, 4); input 'x' is (L, 3, 4)"),
    ],
)
def test_shapes_that_do_not_fit(model, message) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        imported(model)


def test_a_missing_operand_is_named() -> None:
    model = network([make_node("LSTM", ["x", "w"], ["y"], "cell", hidden_size=STATE)], {"x": [1, 2, 4]})
    model.graph.initializer.append(values("w", 1, 24, INPUTS))
    model.opset_import[0].CopyFrom(helper.make_opsetid("", 17))
    with pytest.raises(InputError, match=re.escape("node cell (LSTM): input 2 is missing")):
        imported(model)
