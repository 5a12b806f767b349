import itertools
import re
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.helper import make_node

from mapping.errors import InputError
from mapping.importers import load_onnx
from mapping.importers.onnx.operators import _MULTIPLIES
from tests.mapping.importers.support import imported, network, save, values

WEIGHT = values("w", 3, 5)
MATMUL = make_node("MatMul", ["x", "w"], ["y"], "m")


def refused(message: str):
    """Expect an InputError with this text in its message."""
    return pytest.raises(InputError, match=re.escape(message))


def conv(input_shape, weight_shape, **attributes) -> onnx.ModelProto:
    node = make_node("Conv", ["x", "w"], ["y"], "c", **attributes)
    return network([node], {"x": input_shape}, [values("w", *weight_shape)])


def matmul(input_shape, weight=WEIGHT) -> onnx.ModelProto:
    return network([MATMUL], {"x": input_shape}, [weight])


def test_missing_file(tmp_path) -> None:
    with refused(f"{tmp_path / 'net.onnx'}: no such file"):
        load_onnx(tmp_path / "net.onnx")


def test_directory(tmp_path) -> None:
    with refused(f"{tmp_path} is a directory, not an ONNX file"):
        load_onnx(tmp_path)


def test_unreadable_path() -> None:
    with refused("x cannot be read: File name too long"):
        load_onnx("x" * 5000)


@pytest.mark.parametrize("content", [b"", b"hello, world", b"\x89PNG\r\n\x1a\n" + bytes(99), b"\x08\x08"])
def test_not_an_onnx_file(tmp_path, content) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with refused(f"{tmp_path / 'net.onnx'} is not an ONNX file, or it is truncated"):
        load_onnx(tmp_path / "net.onnx")


def test_truncated_file(tmp_path) -> None:
    path = save(matmul([4, 3]), tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with refused(f"{path} is not an ONNX file, or it is truncated"):
        load_onnx(path)


def test_empty_graph() -> None:
    with refused("net.onnx: the graph is empty"):
        imported(network([], {"x": [1]}))


def test_nothing_to_simulate() -> None:
    with refused("no operator multiplies and accumulates: there is nothing to simulate"):
        imported(network([make_node("Relu", ["x"], ["y"])], {"x": [1]}))


def test_missing_onnx_package(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with refused("reading a network needs the onnx package: pip install 'zeroskip[models]'"):
        load_onnx("net.onnx")


@pytest.mark.parametrize("keep", [False, True])
def test_missing_or_short_external_data(tmp_path, keep) -> None:
    path = tmp_path / "net.onnx"
    onnx.save(matmul([4, 3]), path, save_as_external_data=True, location="net.data", size_threshold=0)
    (tmp_path / "net.data").write_bytes(b"1234") if keep else (tmp_path / "net.data").unlink()
    with refused("node m (MatMul): the values of 'w' are" + (" damaged" if keep else f" in {tmp_path / 'net.data'}")):
        load_onnx(path)


@pytest.mark.parametrize("batch", [0, -3])
def test_batch_below_one(batch) -> None:
    with refused(f"batch={batch}: must be at least 1"):
        imported(matmul(["N", 3]), batch=batch)


def test_batch_of_a_network_with_a_fixed_one() -> None:
    with refused("batch=4: the network's batch is fixed ('x' has batch 2)"):
        imported(matmul([2, 3]), batch=4)


def test_batch_of_a_network_without_dimensions() -> None:
    nodes = [make_node("Reshape", ["x", "s"], ["a"]), make_node("MatMul", ["a", "w"], ["y"])]
    shape = numpy_helper.from_array(np.array([1, 1]), "s")
    with refused("batch=4: the network's batch is fixed (it has no input with dimensions)"):
        imported(network(nodes, {"x": []}, [shape, values("w", 1, 5)]), batch=4)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"z": (1, 3)}, "shape of 'z': the network has no such input; its inputs: 'x'"),
        ({"x": (1, 2, 3)}, "shape x=1x2x3: the input has 2 dimensions, (N, 3)"),
        ({"x": (1, 4)}, "shape x=1x4: dimension 1 is 3 in this network"),
        ({"x": (0, 3)}, "shape x=0x3: every size must be at least 1"),
    ],
)
def test_shapes_that_do_not_fit_the_inputs(shapes, message) -> None:
    with refused(message):
        imported(matmul(["N", 3]), shapes=shapes)


def test_unset_dimensions() -> None:
    with refused(
        "net.onnx: node c (Conv): the shape of 'x' is (?, 3, ?, ?); "
        "input 'x' is (N, 3, ?, W): use --batch, or --shape x=?x3x?x? with sizes for ?"
    ):
        imported(conv(["N", 3, None, "W"], [8, 3, 3, 3]))
    with refused("the shape of 'x' is (4, 3, ?, ?); input 'x' is (4, 3, ?, W): use --batch, or --shape x=4x3x?x?"):
        imported(conv(["N", 3, None, "W"], [8, 3, 3, 3]), batch=4)


def test_input_without_a_shape() -> None:
    with refused("the shape of 'x' is unknown; input 'x' has no shape: use --shape x=1x3x224x224"):
        imported(matmul(None))


def test_shape_that_inference_cannot_tell() -> None:
    model = network(
        [make_node("Strange", ["x"], ["a"], domain="mine"), make_node("MatMul", ["a", "w"], ["y"], "m")],
        {"x": [1]},
        [WEIGHT],
    )
    model.opset_import.append(helper.make_opsetid("mine", 1))
    with refused("node m (MatMul): the shape of 'a' is unknown; no input is free, so shape inference cannot tell it"):
        imported(model)


STANDARD = ["DeformConv", "Einsum"]
SUPPORTED = [
    *("Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "RNN", "Attention"),
    *("QLinearConv", "ConvInteger", "QLinearMatMul", "MatMulInteger", "QGemm"),
]
FOREIGN = {
    "ai.onnx.ml": ["LinearClassifier", "LinearRegressor", "SVMClassifier", "SVMRegressor"],
    "com.microsoft": ["FusedMatMul", "MatMulNBits", "MultiHeadAttention", "QMoE"],
    "mine": ["Conv", "MatMul"],
}


@pytest.mark.parametrize(
    ("op", "domain"),
    [(op, "") for op in STANDARD] + [(op, domain) for domain, ops in FOREIGN.items() for op in ops],
)
def test_operators_that_multiply_are_never_dropped(op, domain) -> None:
    nodes = [make_node(op, ["x", "w"], ["a"], "n", domain=domain), MATMUL]
    with refused(f"node n ({op}): {op} is not supported; of the operators that multiply, {', '.join(SUPPORTED)} are"):
        imported(network(nodes, {"x": ["N", 3]}, [WEIGHT]))


def test_standard_operators_are_judged_by_name() -> None:
    names = {schema.name for schema in onnx.defs.get_all_schemas() if not schema.domain.startswith("ai.onnx.preview")}
    judged = {name for name in names if _MULTIPLIES.search(name)}
    assert judged >= {*STANDARD, *FOREIGN["ai.onnx.ml"], *SUPPORTED[:-1]}
    # when onnx grows, look at what is new here: it must not be an operator without multiply-accumulates
    assert judged - {*STANDARD, *FOREIGN["ai.onnx.ml"]} <= {
        *(*SUPPORTED, "CausalConvWithState", "LinearAttention"),
    }


@pytest.mark.parametrize("depth", [1, 2])
def test_layers_inside_control_flow(depth) -> None:
    result = [helper.make_tensor_value_info("t", TensorProto.FLOAT, None)]
    branch = helper.make_graph([make_node("MatMul", ["x", "w"], ["t"])], "branch", [], result)
    for _ in range(depth - 1):
        inner = make_node("If", ["f"], ["t"], then_branch=branch, else_branch=branch)
        branch = helper.make_graph([inner], "outer", [], result)
    model = network(
        [make_node("If", ["f"], ["y"], "if", then_branch=branch, else_branch=branch)], {"x": [4, 3]}, [WEIGHT]
    )
    model.graph.input.append(helper.make_tensor_value_info("f", TensorProto.BOOL, []))
    with refused("node if (If): MatMul inside the control flow of If is not supported"):
        imported(model)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (conv([1, 3, 8, 8, 8], [8, 3, 3, 3, 3]), "a 3-D convolution is not supported; 1-D and 2-D are"),
        (conv([1, 3], [8, 3]), "a 0-D convolution is not supported"),
        (conv([1, 4, 8, 8], [8, 3, 3, 3]), "weights of shape (8, 3, 3, 3) with group=1 do not fit an"),
        (conv([1, 3, 8, 8], [8, 3, 3, 3], group=2), "weights of shape (8, 3, 3, 3) with group=2 do not"),
        (conv([1, 6, 8, 8], [9, 3, 3, 3], group=2), "out_channels=9 is not a multiple of groups=2"),
        (conv([1, 3, 8, 8], [8, 3, 3]), "weights of shape (8, 3, 3) with group=1 do not fit"),
        (conv([1, 3, 8, 8], [8, 3, 3, 3], kernel_shape=[5, 5]), "kernel_shape=(5, 5), but the weights have"),
        (conv([1, 3, 8, 8], [8, 3, 3, 3], strides=[2]), "strides=[2]: expected 2 integers"),
        (conv([1, 3, 8, 8], [8, 3, 3, 3], pads=[1, 1]), "pads=[1, 1]: expected 4 integers"),
        (conv([1, 3, 8, 8], [8, 3, 3, 3], strides=[0, 1]), "strides=(0, 1), dilations=(1, 1): must be"),
        (conv([1, 3, 8, 8], [8, 3, 3, 3], pads=[-1, 0, 0, 0]), "padding=(-1, 0, 0, 0): must not be negative"),
        (conv([1, 3, 8, 8], [8, 3, 9, 9]), "kernel=(9, 9) with dilation=(1, 1) is larger than"),
        (conv([1, 3, 8, 8], [8, 3, 3, 3], auto_pad="BOTH"), "auto_pad=BOTH: must be NOTSET, VALID,"),
        (network([make_node("Conv", ["x"], ["y"], "c")], {"x": [1, 3, 8, 8]}), "input 1 is missing"),
    ],
)  # fmt: skip
def test_conv_that_contradicts_itself(model, message) -> None:
    with refused(f"node c (Conv): {message}"):
        imported(model)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 3), (4, 5)), "operands of shape (4, 3) and (4, 5) cannot be multiplied"),
        (((2, 4, 3), (5, 3, 5)), "operands of shape (2, 4, 3) and (5, 3, 5) cannot be multiplied"),
        (
            ((2, 1, 4, 3), (5, 3, 5)),
            "constants of shape (5, 3, 5) spread over activations of shape (2, 1, 4, 3): not",
        ),
        (((), (3, 5)), "'x' is a scalar"),
    ],
)
def test_matmul_that_contradicts_itself(shapes, message) -> None:
    with refused(f"node m (MatMul): {message}"):
        imported(matmul(shapes[0], values("w", *shapes[1])))


def test_gemm_of_more_than_matrices() -> None:
    with refused("node g (Gemm): operands of shape (2, 4, 3) and (3, 5): must be two matrices"):
        imported(network([make_node("Gemm", ["x", "w"], ["y"], "g")], {"x": [2, 4, 3]}, [WEIGHT]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(bad) -> None:
    with refused("layer m: 1 weights are NaN or infinite"):
        imported(matmul([4, 3], numpy_helper.from_array(np.array([[1.0, bad]] * 1 + [[1, 1]] * 2, np.float32), "w")))


def test_float64_weights_beyond_float32() -> None:
    with refused("layer m: 6 weights are NaN or infinite"):
        imported(matmul([4, 3], numpy_helper.from_array(np.full((3, 2), 1e300), "w")))


@pytest.mark.parametrize("values_", [np.full((3, 2), "a"), np.full((3, 2), 1j)], ids=["text", "complex"])
def test_weights_that_are_no_real_numbers(values_) -> None:
    with refused("node m (MatMul): 'w' holds"):
        imported(matmul([4, 3], numpy_helper.from_array(values_, "w")))


def test_weights_shorter_than_their_shape() -> None:
    short = values("w", 3, 5)
    short.raw_data = short.raw_data[:-4]
    with refused("node m (MatMul): the values of 'w' are damaged: "):
        imported(matmul([4, 3], short))


def test_constant_arithmetic_that_fails() -> None:
    nodes = [make_node("Reshape", ["w", "s"], ["v"]), make_node("MatMul", ["x", "v"], ["y"], "m")]
    shape = numpy_helper.from_array(np.array([4, 7]), "s")
    declared = [helper.make_tensor_value_info("v", TensorProto.FLOAT, [4, 7])]
    with refused("node m (MatMul): 'v' cannot be computed: Reshape: "):
        imported(network(nodes, {"x": [4, 4]}, [WEIGHT, shape], value_info=declared))


def test_constant_arithmetic_without_end() -> None:
    names = ["w", *(f"v{index}" for index in range(3000))]
    nodes = [make_node("Identity", [before], [after]) for before, after in itertools.pairwise(names)]
    with refused("node m (MatMul): 'v2999' is computed by too long a chain of constants"):
        imported(network([*nodes, make_node("MatMul", ["x", names[-1]], ["y"], "m")], {"x": [4, 3]}, [WEIGHT]))


def test_weights_of_another_shape_than_declared() -> None:
    nodes = [make_node("Identity", ["w"], ["v"]), make_node("MatMul", ["x", "v"], ["y"], "m")]
    declared = [helper.make_tensor_value_info("v", TensorProto.FLOAT, [3, 6])]
    with refused("node m (MatMul): 'v' has shape (3, 5), but (3, 6) was declared"):
        imported(network(nodes, {"x": [4, 3]}, [WEIGHT], value_info=declared))


def test_operators_of_an_undeclared_domain() -> None:
    nodes = [MATMUL, make_node("Strange", ["y"], ["z"], domain="mine")]
    with refused("shape inference failed: [TypeInferenceError] Cannot infer type and shape for node"):
        imported(network(nodes, {"x": [4, 3]}, [WEIGHT]))


def with_function(*nodes: onnx.NodeProto, opset: int) -> onnx.ModelProto:
    sets = [helper.make_opsetid("", opset), helper.make_opsetid("mine", 1)]
    model = network([make_node("Block", ["x", "w"], ["a"], domain="mine"), MATMUL], {"x": [4, 3]}, [WEIGHT])
    model.opset_import.append(sets[1])
    model.functions.append(helper.make_function("mine", "Block", ["a", "b"], ["c"], nodes, sets))
    return model


def test_function_that_calls_itself() -> None:
    with refused("net.onnx: its functions cannot be inlined: Cycle detected"):
        imported(with_function(make_node("Block", ["a", "b"], ["c"], domain="mine"), opset=17))


def test_function_of_another_operator_set_could_hide_a_layer() -> None:
    with refused("net.onnx: the function Block cannot be inlined: it has another operator set"):
        imported(with_function(make_node("MatMul", ["a", "b"], ["c"]), opset=13))


def test_name_that_is_not_utf8(tmp_path) -> None:
    path = save(network([make_node("Relu", ["x"], ["y"], "KAPUTT")], {"x": [4, 3]}), tmp_path)
    path.write_bytes(path.read_bytes().replace(b"KAPUTT", b"\xff\xfePUTT"))
    with refused(f"{path} is damaged: it holds a name that is not UTF-8"):
        load_onnx(path)


def test_sparse_indices_outside_the_tensor() -> None:
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(np.ones(2, np.float32), "w"),
        numpy_helper.from_array(np.array([0, 99]), "at"),
        [3, 5],
    )
    with refused("the indices of 'w' are damaged: "):
        imported(network([MATMUL], {"x": [4, 3]}, sparse_initializer=[sparse]))


def test_tensor_that_nothing_produces() -> None:
    with refused("node m reads 'x', which nothing before it produces"):
        imported(network([MATMUL], {}, [WEIGHT]))


def test_names_cannot_break_the_line() -> None:
    with pytest.raises(InputError) as caught:
        imported(network([make_node("Einsum", ["x", "w"], ["y"], "a\nb\x1b[31m")], {"x": [4, 3]}, [WEIGHT]))
    assert "node a?b?[31m (Einsum)" in str(caught.value)
