import numpy as np
import onnx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from onnx.helper import make_node

from tests.mapping.importers.support import drawn, evaluate, imported, network, only_layer, run, values

TOLERANCE = {"rtol": 1e-4, "atol": 1e-4}
WEIGHT = values("w", 3, 5)


@st.composite
def convolutions(draw: st.DrawFn) -> onnx.ModelProto:
    """A Conv node of one or two dimensions whose kernel fits its padded input."""
    axes = draw(st.integers(1, 2))
    small = st.integers(1, 3)
    groups, group_in, group_out = draw(st.tuples(small, small, small))
    kernel, strides, dilations = (draw(st.tuples(*[small] * axes)) for _ in range(3))
    mode = draw(st.sampled_from(["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]))
    pads = draw(st.tuples(*[st.integers(0, 3)] * 2 * axes))
    sizes = draw(st.tuples(*[st.integers(1, 12)] * axes))
    if mode.startswith("SAME"):
        dilations = (1,) * axes  # ONNX Runtime refuses others
    attributes = {"pads": pads} if mode == "NOTSET" else {"auto_pad": mode}
    for axis in range(axes):
        room = sizes[axis] + (pads[axis] + pads[axis + axes] if mode == "NOTSET" else 0)
        assume(mode.startswith("SAME") or room > dilations[axis] * (kernel[axis] - 1))
    if draw(st.booleans()):
        attributes["kernel_shape"] = kernel
    node = make_node(
        "Conv", ["x", "w"], ["y"], "conv", group=groups, strides=strides, dilations=dilations, **attributes
    )
    weights = values("w", groups * group_out, group_in, *kernel)
    return network([node], {"x": [draw(st.integers(1, 2)), groups * group_in, *sizes]}, [weights])


@pytest.mark.golden
@settings(max_examples=150, deadline=None)
@given(convolutions())
def test_conv_equals_onnxruntime(model: onnx.ModelProto) -> None:
    layer = only_layer(model)
    data = drawn(*(dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim))
    (expected,) = run(model, {"x": data})
    assert (layer.shape.images, layer.shape.out_channels) == expected.shape[:2]
    assert (layer.shape.out_rows, layer.shape.out_cols) == (*expected.shape[2:], 1)[:2]
    inferred = onnx.shape_inference.infer_shapes(model).graph.output[0].type.tensor_type.shape.dim
    assert tuple(dim.dim_value for dim in inferred) == expected.shape
    rows = data.reshape(*data.shape[:3], -1).transpose(0, 2, 3, 1)
    result = evaluate(layer, rows).transpose(0, 3, 1, 2).reshape(expected.shape)
    np.testing.assert_allclose(result, expected, **TOLERANCE)


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER"])
@pytest.mark.parametrize(("size", "kernel", "stride", "dilation"), [(9, 3, 2, 2), (10, 2, 3, 4), (5, 3, 1, 3)])
def test_same_padding_with_dilation_follows_the_onnx_formula(mode, size, kernel, stride, dilation) -> None:
    node = make_node("Conv", ["x", "w"], ["y"], strides=[stride], dilations=[dilation], auto_pad=mode)
    shape = only_layer(network([node], {"x": [1, 2, size]}, [values("w", 4, 2, kernel)])).shape
    assert shape.out_rows == -(-size // stride)
    total = (shape.out_rows - 1) * stride + (kernel - 1) * dilation + 1 - size
    upper = (total // 2, total - total // 2)
    assert (shape.padding[0], shape.padding[2]) == (upper if mode == "SAME_UPPER" else upper[::-1])


def test_conv_layer_keeps_its_true_shape() -> None:
    node = make_node("Conv", ["x", "w"], ["y"], "c", strides=[2, 1], pads=[1, 2, 3, 4], dilations=[1, 2], group=2)
    layer = only_layer(network([node], {"x": [5, 4, 10, 20]}, [values("w", 6, 2, 3, 2)]))
    shape = layer.shape
    assert (layer.name, layer.op, layer.dynamic, layer.repeats) == ("c", "conv", False, 1)
    assert (shape.images, shape.in_rows, shape.in_cols, shape.in_channels) == (5, 10, 20, 4)
    assert (shape.kernel, shape.stride, shape.dilation) == ((3, 2), (2, 1), (1, 2))
    assert (shape.padding, shape.groups) == ((1, 2, 3, 4), 2)
    assert layer.weights is not None
    assert layer.weights.flags.c_contiguous
    assert layer.weights.dtype == np.float32


def test_one_dimensional_conv_is_one_column() -> None:
    node = make_node("Conv", ["x", "w"], ["y"], pads=[2, 1])
    shape = only_layer(network([node], {"x": [1, 3, 30]}, [values("w", 4, 3, 5)])).shape
    assert (shape.in_rows, shape.in_cols, shape.kernel, shape.padding) == (30, 1, (5, 1), (2, 0, 1, 0))


@pytest.mark.golden
@settings(max_examples=60, deadline=None)
@given(
    trans_a=st.booleans(),
    trans_b=st.booleans(),
    constant_first=st.booleans(),
    alpha=st.sampled_from([1.0, 0.5, -3.0]),
    sizes=st.tuples(*[st.integers(1, 6)] * 3),
)
def test_gemm_equals_onnxruntime(trans_a, trans_b, constant_first, alpha, sizes) -> None:
    m, k, n = sizes
    left, right = ((k, m) if trans_a else (m, k)), ((n, k) if trans_b else (k, n))
    names, activation, weight = (("w", "x"), right, left) if constant_first else (("x", "w"), left, right)
    node = make_node("Gemm", names, ["y"], transA=int(trans_a), transB=int(trans_b), alpha=alpha)
    model = network([node], {"x": activation}, [values("w", *weight)])
    layer, data = only_layer(model), drawn(*activation)
    (expected,) = run(model, {"x": data})
    if constant_first:
        rows, expected = (data if trans_b else data.T), expected.T
    else:
        rows = data.T if trans_a else data
    np.testing.assert_allclose(evaluate(layer, rows[None, :, None, :])[0, :, 0, :], expected, **TOLERANCE)
    assert layer.macs == m * k * n
    assert layer.op == "gemm"


@pytest.mark.golden
@pytest.mark.parametrize(
    ("activation", "weight"),
    [
        ((4, 3), (3, 5)),
        ((2, 4, 3), (3, 5)),
        ((2, 1, 4, 3), (3, 5)),
        ((2, 4, 3), (1, 1, 3, 5)),
        ((3,), (3, 5)),
        ((2, 4, 3), (3,)),
        ((1, 4, 3), (6, 3, 5)),
        ((4, 3), (6, 3, 5)),
    ],
    ids=str,
)
def test_matmul_with_constant_second_operand(activation, weight) -> None:
    model = network([make_node("MatMul", ["x", "w"], ["y"])], {"x": activation}, [values("w", *weight)])
    layer, data = only_layer(model), drawn(*activation)
    (expected,) = run(model, {"x": data})
    result = evaluate(layer, data.reshape(1, -1, 1, 3)).reshape(layer.m, -1)
    matrices = layer.n // (weight[-1] if len(weight) > 1 else 1)
    result = np.moveaxis(result.reshape(layer.m, matrices, -1), 1, 0)  # matrices that stand side by side
    np.testing.assert_allclose(result.ravel(), expected.ravel(), **TOLERANCE)
    assert layer.macs == expected.size * 3
    assert (layer.op, layer.shape.groups) == ("matmul", 1)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("activation", "weight"),
    [((6, 4, 3), (6, 3, 5)), ((2, 6, 4, 3), (6, 3, 5)), ((2, 6, 4, 3), (1, 6, 3, 5))],
    ids=str,
)
def test_a_matrix_per_activation_matrix_is_a_grouped_layer(activation, weight) -> None:
    model = network([make_node("MatMul", ["x", "w"], ["y"])], {"x": activation}, [values("w", *weight)])
    layer, data = only_layer(model), drawn(*activation)
    (expected,) = run(model, {"x": data})
    rows = np.moveaxis(data.reshape(-1, 6, 4, 3), 1, 2).reshape(1, -1, 1, 18)
    result = np.moveaxis(evaluate(layer, rows).reshape(-1, 4, 6, 5), 2, 1)
    np.testing.assert_allclose(result.reshape(expected.shape), expected, **TOLERANCE)
    assert layer.shape.groups == 6
    assert layer.macs == expected.size * 3


@pytest.mark.golden
@pytest.mark.parametrize("activation", [(3, 5), (2, 3, 5), (3,)], ids=str)
def test_matmul_with_constant_first_operand_is_transposed(activation) -> None:
    model = network([make_node("MatMul", ["w", "x"], ["y"])], {"x": activation}, [values("w", 4, 3)])
    layer, data = only_layer(model), drawn(*activation)
    (expected,) = run(model, {"x": data})
    columns = data.reshape(-1, 3, activation[-1] if len(activation) > 1 else 1)
    result = evaluate(layer, np.swapaxes(columns, 1, 2).reshape(1, -1, 1, 3)).reshape(len(columns), -1, 4)
    np.testing.assert_allclose(np.swapaxes(result, 1, 2).reshape(expected.shape), expected, **TOLERANCE)
    assert layer.shape.weight_shape == (4, 1, 1, 3)


@pytest.mark.parametrize(
    ("left", "right", "repeats"),
    [((4, 3), (3, 5), 1), ((2, 8, 4, 3), (2, 8, 3, 5), 16), ((2, 1, 4, 3), (8, 3, 5), 16)],
    ids=str,
)
def test_matmul_of_two_activations_repeats_per_matrix(left, right, repeats) -> None:
    layer = only_layer(network([make_node("MatMul", ["a", "b"], ["y"])], {"a": left, "b": right}))
    assert (layer.m, layer.k, layer.n, layer.repeats) == (4, 3, 5, repeats)
    assert layer.dynamic
    assert layer.weights is None


def test_conv_with_computed_weights_is_dynamic() -> None:
    nodes = [make_node("Relu", ["k"], ["w"]), make_node("Conv", ["x", "w"], ["y"])]
    layer = only_layer(network(nodes, {"x": [1, 2, 8, 8], "k": [4, 2, 3, 3]}))
    assert layer.dynamic
    assert layer.weights is None
    assert layer.shape.weight_shape == (4, 3, 3, 2)


CHAINS = {
    "constant": ([make_node("Constant", [], ["v"], value=WEIGHT)], []),
    "identity": ([make_node("Identity", ["w"], ["v"])], [WEIGHT]),
    "cast from float16": ([make_node("Cast", ["w"], ["v"], to=1)], [values("w", 3, 5, dtype=np.float16)]),
    "cast from float64": ([make_node("Cast", ["w"], ["v"], to=1)], [values("w", 3, 5, dtype=np.float64)]),
    "cast from int8": ([make_node("Cast", ["w"], ["v"], to=1)], [values("w", 3, 5, dtype=np.int8)]),
    "transpose": ([make_node("Transpose", ["w"], ["v"], perm=[1, 0])], [values("w", 5, 3)]),
    "reshape": (
        [make_node("Reshape", ["w", "s"], ["v"])],
        [values("w", 15), numpy_helper.from_array(np.array([3, 5]), "s")],
    ),
    "dequantised, then scaled": (
        [
            make_node("DequantizeLinear", ["w", "scale", "zero"], ["u"], axis=1),
            make_node("Mul", ["u", "f"], ["v"]),
        ],
        [
            values("w", 3, 5, dtype=np.int8),
            values("scale", 5),
            numpy_helper.from_array(np.arange(5, dtype=np.int8), "zero"),
            values("f"),
        ],
    ),
    "second half of a split": (
        [make_node("Split", ["w", "halves"], ["unused", "v"], axis=0)],
        [values("w", 5, 5), numpy_helper.from_array(np.array([2, 3]), "halves")],
    ),
}


@pytest.mark.golden
@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS.keys())
@pytest.mark.parametrize("opset", [13, 17, 21])
def test_constant_arithmetic_is_folded_into_the_weights(chain, opset) -> None:
    nodes, stored = chain
    model = network([*nodes, make_node("MatMul", ["x", "v"], ["y"], "m")], {"x": [4, 3]}, stored, opset=opset)
    graph = imported(model)
    (expected,) = run(model, {"x": drawn(4, 3)})
    result = evaluate(graph.layers[0], drawn(4, 3)[None, :, None, :])
    np.testing.assert_allclose(result[0, :, 0, :], expected, **TOLERANCE)
    assert list(graph.graph) == ["m"]


@pytest.mark.golden
@pytest.mark.parametrize("linear", [True, False])
def test_sparse_initializer_is_expanded(linear) -> None:
    dense = np.where(np.arange(15).reshape(3, 5) % 4 == 1, drawn(3, 5), 0)
    where = np.flatnonzero(dense) if linear else np.argwhere(dense)
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(dense[dense != 0], "w"), numpy_helper.from_array(where, "w_at"), dense.shape
    )
    node = make_node("MatMul", ["x", "w"], ["y"])
    layer = only_layer(network([node], {"x": [4, 3]}, sparse_initializer=[sparse]))
    np.testing.assert_array_equal(layer.values().reshape(5, 3).T, dense)
