import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from onnx.helper import make_node

from mapping.errors import InputError
from mapping.importers.onnx.settle import settle
from tests.mapping.importers.support import drawn, imported, network, run, values

OPSETS = {"": 17}


def whole(name: str, *numbers: int) -> onnx.TensorProto:
    """A vector of int64."""
    return numpy_helper.from_array(np.array(numbers, np.int64), name)


def scalar(name: str, number: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(number, np.int64), name)


def settled(model: onnx.ModelProto, **dims: tuple[int | None, ...]) -> dict[str, list]:
    """The tensors that became initializers, and their values."""
    before = {tensor.name for tensor in model.graph.initializer}
    progress = settle(model.graph, dims, OPSETS)
    added = {t.name: numpy_helper.to_array(t).tolist() for t in model.graph.initializer if t.name not in before}
    assert progress == bool(added)
    assert not set(added) & {output for node in model.graph.node for output in node.output}
    return added


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [({}, [2, 5, 3]), ({"start": 1}, [5, 3]), ({"end": -1}, [2, 5]), ({"start": -2, "end": 2}, [5])],
)
def test_shape_of_a_known_tensor(attributes, expected) -> None:
    model = network([make_node("Shape", ["x"], ["y"], **attributes)], {"x": None})
    assert settled(model, x=(2, 5, 3)) == {"y": expected}


@pytest.mark.parametrize("dims", [{}, {"x": (2, None)}])
def test_unknown_shapes_stay_unknown(dims) -> None:
    assert settled(network([make_node("Shape", ["x"], ["y"])], {"x": None}), **dims) == {}


def test_arithmetic_follows_in_one_pass() -> None:
    nodes = [
        make_node("Shape", ["x"], ["s"]),
        make_node("Gather", ["s", "axis"], ["n"]),
        make_node("Mul", ["n", "n"], ["nn"]),
        make_node("Relu", ["x"], ["y"]),
    ]
    model = network(nodes, {"x": None}, [scalar("axis", 1)])
    assert settled(model, x=(2, 5)) == {"s": [2, 5], "n": 5, "nn": 25}
    assert [node.op_type for node in model.graph.node] == ["Relu"]


def test_a_growing_node_waits_for_its_shape_and_must_stay_short() -> None:
    model = network(
        [make_node("Range", ["a", "b", "c"], ["y"])],
        {},
        [scalar(n, v) for n, v in (("a", 0), ("b", 4), ("c", 1))],
    )
    assert settled(model) == {}
    assert settled(model, y=(10**9,)) == {}
    assert settled(model, y=(4,)) == {"y": [0, 1, 2, 3]}


def test_random_and_unknown_and_failing_nodes_stay() -> None:
    nodes = [
        make_node("RandomNormal", [], ["a"], shape=[3]),
        make_node("Strange", ["v"], ["b"], domain="mine"),
        make_node("Reshape", ["v", "v"], ["c"]),
    ]
    assert settled(network(nodes, {}, [whole("v", 2, 5)]), a=(3,)) == {}


def test_long_and_damaged_initializers_are_left_alone() -> None:
    damaged = whole("w", 1, 2)
    damaged.raw_data = damaged.raw_data[:-1]
    nodes = [make_node("Neg", ["v"], ["a"]), make_node("Neg", ["w"], ["b"])]
    assert settled(network(nodes, {}, [values("v", 1 << 15), damaged])) == {}


@pytest.mark.golden
def test_layers_behind_shape_arithmetic_get_their_shape() -> None:
    # positions 0 .. n-1 look up a table, as in the embedding of a transformer: shape inference stops at Range
    nodes = [
        make_node("Shape", ["x"], ["sizes"]),
        make_node("Gather", ["sizes", "one"], ["n"]),
        make_node("Range", ["zero", "n", "one"], ["positions"]),
        make_node("Gather", ["table", "positions"], ["embedded"]),
        make_node("MatMul", ["embedded", "w"], ["y"], "m"),
    ]
    stored = [scalar("zero", 0), scalar("one", 1), values("table", 20, 3), values("w", 3, 5)]
    model = network(nodes, {"x": ["N", "S"]}, stored)
    (layer,) = imported(model, shapes={"x": (2, 7)}).layers
    (expected,) = run(model, {"x": drawn(2, 7)})
    assert (layer.m, layer.n) == expected.shape == (7, 5)
    assert list(imported(model, shapes={"x": (2, 7)}).passed_through) == ["Gather", "Range", "Shape"]
    with pytest.raises(InputError, match=r"the shape of 'embedded' is \(\?, 3\); input 'x' is \(2, S\): use --batch"):
        imported(model, batch=2)
