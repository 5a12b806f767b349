from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.helper import make_node

from mapping.importers import load_onnx
from tests.mapping.importers.support import imported, network, only_layer, save, values

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"
WEIGHT = values("w", 3, 5)


def test_external_data_is_read_next_to_the_file(tmp_path) -> None:
    model = network([make_node("MatMul", ["x", "w"], ["y"])], {"x": [4, 300]}, [values("w", 300, 5)])
    expected = imported(model).layers[0].weights
    onnx.save(model, tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    np.testing.assert_array_equal(load_onnx(tmp_path / "net.onnx").layers[0].weights, expected)


def test_local_functions_are_inlined() -> None:
    body = helper.make_function(
        "mine",
        "Block",
        ["a", "b"],
        ["c"],
        [make_node("MatMul", ["a", "b"], ["c"])],
        [helper.make_opsetid("", 17)],
    )
    model = network([make_node("Block", ["x", "w"], ["y"], domain="mine")], {"x": [4, 3]}, [WEIGHT])
    model.opset_import.append(helper.make_opsetid("mine", 1))
    model.functions.append(body)
    assert only_layer(model).macs == 4 * 3 * 5


def branching() -> onnx.ModelProto:
    nodes = [
        make_node("Identity", ["w"], ["v"]),
        make_node("Relu", ["x"], ["a"]),
        make_node("MatMul", ["a", "v"], ["b"], "twice"),
        make_node("MatMul", ["a", "v"], ["c"], "twice"),
        make_node("Add", ["b", "c"], ["y"]),
    ]
    return network(nodes, {"x": ["N", 3]}, [WEIGHT])


def test_graph_has_an_edge_where_a_tensor_flows() -> None:
    model = imported(branching(), batch=7)
    graph = model.graph
    assert list(graph) == ["Relu_1", "twice", "twice#2", "Add_4"]
    assert set(graph.edges) == {
        ("Relu_1", "twice"),
        ("Relu_1", "twice#2"),
        ("twice", "Add_4"),
        ("twice#2", "Add_4"),
    }
    assert [graph.nodes[node]["position"] for node in graph] == [(1,), (2,), (3,), (4,)]
    assert [graph.nodes[node]["op"] for node in graph] == ["Relu", "MatMul", "MatMul", "Add"]
    assert [layer.name for layer in model.layers] == ["twice", "twice#2"]
    assert model.passed_through == {"Add": 1, "Relu": 1}
    assert [layer.m for layer in model.layers] == [7, 7]


def test_control_flow_without_layers_passes_through_with_its_edges() -> None:
    output = helper.make_tensor_value_info("t", TensorProto.FLOAT, None)
    branch = helper.make_graph([make_node("Relu", ["a"], ["t"])], "branch", [], [output])
    nodes = [
        make_node("MatMul", ["x", "w"], ["a"], "m"),
        make_node("Identity", ["flag"], ["f"], "i"),
        make_node("If", ["f"], ["y"], "if", then_branch=branch, else_branch=branch),
    ]
    model = network(nodes, {"x": [4, 3]}, [WEIGHT])
    model.graph.input.append(helper.make_tensor_value_info("flag", TensorProto.BOOL, []))
    assert set(imported(model).graph.edges) == {("m", "if"), ("i", "if")}


@pytest.mark.parametrize(
    ("shape", "options", "rows"),
    [
        (["N", 6, 3], {"batch": 4}, 24),
        ([None, 6, 3], {"batch": 4}, 24),
        ([-1, 6, 3], {"batch": 4}, 24),
        ([4, 6, 3], {}, 24),
        (["?", "?", 3], {"shapes": {"x": (2, 5, 3)}}, 10),
        ([4, 6, 3], {"batch": 4}, 24),
        (["N", "S", 3], {"shapes": {"x": (2, 5, 3)}}, 10),
        (["N", "N", 3], {"batch": 4}, 16),
        (None, {"shapes": {"x": (2, 5, 3)}}, 10),
    ],
    ids=str,
)
def test_free_dimensions_are_set(shape, options, rows) -> None:
    model = network([make_node("MatMul", ["x", "w"], ["y"])], {"x": shape}, [WEIGHT])
    assert only_layer(model, **options).m == rows


def test_batch_and_shapes_together_and_named_dimensions_shared() -> None:
    nodes = [make_node("Mul", ["a", "b"], ["x"]), make_node("MatMul", ["x", "w"], ["y"])]
    model = network(nodes, {"a": ["N", "S", 3], "b": ["N", "S", 3]}, [WEIGHT])
    assert only_layer(model, batch=2, shapes={"b": (2, 7, 3)}).m == 14


def test_stale_shapes_of_inner_tensors_do_not_survive_a_new_batch() -> None:
    nodes = [make_node("Relu", ["x"], ["a"]), make_node("MatMul", ["a", "w"], ["y"])]
    stale = [helper.make_tensor_value_info("a", TensorProto.FLOAT, [1, 3])]
    assert only_layer(network(nodes, {"x": ["N", 3]}, [WEIGHT], value_info=stale), batch=9).m == 9


def test_stored_shapes_help_where_inference_cannot() -> None:
    nodes = [make_node("Strange", ["x"], ["a"], domain="mine"), make_node("MatMul", ["a", "w"], ["y"])]
    known = [helper.make_tensor_value_info("a", TensorProto.FLOAT, [8, 3])]
    model = network(nodes, {"x": [1]}, [WEIGHT], value_info=known)
    model.opset_import.append(helper.make_opsetid("mine", 1))
    assert only_layer(model).m == 8


def test_initializers_listed_as_inputs_are_no_inputs() -> None:
    model = network([make_node("MatMul", ["x", "w"], ["y"])], {"w": [3, 5], "x": ["N", 3]}, [WEIGHT])
    assert only_layer(model, batch=2).m == 2


def test_names_and_notes(tmp_path) -> None:
    path = save(branching(), tmp_path)
    model = load_onnx(path, batch=1)
    assert (model.name, model.source, model.weights_note) == ("net", str(path), "weights from net.onnx")
    model = load_onnx(str(path), batch=1, name="n", source="s", seed=5)
    assert (model.name, model.source, {layer.seed for layer in model.layers}) == ("n", "s", {5})


def test_note_when_no_layer_can_have_weights() -> None:
    model = network([make_node("MatMul", ["a", "b"], ["y"])], {"a": [2, 3], "b": [3, 4]})
    assert imported(model).weights_note == "no layer of net.onnx has weights"


def test_note_when_some_weights_are_missing() -> None:
    shape = numpy_helper.from_array(np.array([5, 6]), "shape")
    nodes = [
        make_node("MatMul", ["x", "w"], ["a"]),
        make_node("ConstantOfShape", ["shape"], ["fill"]),
        make_node("Transpose", ["fill"], ["turned"]),
        make_node("Identity", ["turned"], ["again"]),
        make_node("Transpose", ["again"], ["back"]),
        make_node("MatMul", ["a", "back"], ["y"]),
    ]
    model = imported(network(nodes, {"x": [4, 3]}, [WEIGHT, shape]), seed=3)
    assert [layer.weights is None for layer in model.layers] == [False, True]
    assert not model.layers[1].dynamic
    assert model.weights_note == (
        "no weights for 1 of 2 layers in net.onnx: values are drawn from N(0,1), seed 3, when asked for"
    )


@pytest.mark.published
@pytest.mark.parametrize(
    ("name", "layers", "gmacs"),
    [("bvlc_alexnet", 8, 0.65), ("vgg19", 19, 19.63), ("densenet121", 121, 2.83), ("squeezenet", 26, 0.35)],
)
def test_networks_of_the_onnx_wheel(name, layers, gmacs) -> None:
    model = load_onnx(LIGHT / f"light_{name}.onnx")
    assert len(model.layers) == layers
    assert model.macs / 1e9 == pytest.approx(gmacs, abs=0.005)
    assert model.weights_note.startswith("no weights in light_")
