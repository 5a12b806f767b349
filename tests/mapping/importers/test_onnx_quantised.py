"""Quantised and short floating-point weights, and transposed convolutions, against ONNX Runtime."""

import re

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.helper import make_node

from mapping.errors import InputError
from mapping.importers import load_onnx
from tests.mapping.importers.support import drawn, evaluate, imported, network, only_layer, run, save, values

RNG = np.random.default_rng(3)


def stored(name: str, value: object, dtype: type) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(value, dtype), name)


def quantised(node: onnx.NodeProto, shape: list[int], tensors: list[onnx.TensorProto], out: int) -> onnx.ModelProto:
    """A model from uint8 ``x`` to ``y``."""
    model = network([node], {"x": shape}, tensors, opset=17)
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    model.graph.output[0].type.tensor_type.elem_type = out
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


SCALES = [stored("xs", 0.5, np.float32), stored("xz", 7, np.uint8)]
OUT = [stored("ys", 1.0, np.float32), stored("yz", 0, np.uint8)]
CONV_WEIGHT = RNG.integers(-90, 90, (4, 3, 3, 3)).astype(np.int8)
MATRIX = RNG.integers(0, 255, (6, 5)).astype(np.uint8)


@pytest.mark.golden
@pytest.mark.parametrize("zero", [0, 3])
@pytest.mark.parametrize("per_channel", [False, True])
def test_qlinear_conv(per_channel, zero) -> None:
    scale = RNG.uniform(0.01, 0.02, 4 if per_channel else ()).astype(np.float32)
    weight = [numpy_helper.from_array(CONV_WEIGHT, "w"), numpy_helper.from_array(scale, "ws")]
    weight.append(stored("wz", np.full(scale.shape, zero), np.int8))
    node = make_node("QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"], "q", pads=[1, 1, 1, 1])
    model = quantised(node, [1, 3, 8, 8], [*SCALES, *weight, *OUT], TensorProto.UINT8)
    layer = only_layer(model)
    assert (layer.name, layer.op, layer.dynamic) == ("q", "conv", False)
    data = RNG.integers(0, 255, (1, 3, 8, 8)).astype(np.uint8)
    (expected,) = run(model, {"x": data})
    real = (data.astype(np.float64) - 7).transpose(0, 2, 3, 1) * 0.5
    result = evaluate(layer, real).transpose(0, 3, 1, 2)
    assert expected.max() > 20
    # the output is rounded to whole numbers, ties by the last bit of float32
    np.testing.assert_allclose(np.clip(result, 0, 255), expected, atol=0.501)


@pytest.mark.parametrize("dims", [(4, 6), (2, 4, 6)])
def test_qlinear_matmul_with_a_scale_for_each_column(dims) -> None:
    scale = RNG.uniform(0.01, 0.02, 5).astype(np.float32)
    zeros = RNG.integers(100, 150, 5).astype(np.uint8)
    weight = [numpy_helper.from_array(array, name) for name, array in (("w", MATRIX), ("ws", scale), ("wz", zeros))]
    node = make_node("QLinearMatMul", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"], "q")
    layer = only_layer(quantised(node, list(dims), [*SCALES, *weight, *OUT], TensorProto.UINT8))
    np.testing.assert_allclose(layer.weights.reshape(5, 6).T, (MATRIX.astype(int) - zeros) * scale, rtol=1e-6)
    assert (layer.m, layer.k, layer.n) == (np.prod(dims) // 6, 6, 5)


@pytest.mark.golden
@pytest.mark.parametrize("constant_first", [False, True])
def test_matmul_integer(constant_first) -> None:
    names, shape = (["w", "x", "wz", "xz"], [6, 3]) if constant_first else (["x", "w", "xz", "wz"], [4, 6])
    weight = MATRIX.T.copy() if constant_first else MATRIX
    tensors = [numpy_helper.from_array(weight, "w"), stored("xz", 7, np.uint8), stored("wz", 100, np.uint8)]
    model = quantised(make_node("MatMulInteger", names, ["y"], "q"), shape, tensors, TensorProto.INT32)
    data = RNG.integers(0, 255, shape).astype(np.uint8)
    (expected,) = run(model, {"x": data})
    rows = data.T if constant_first else data
    result = evaluate(only_layer(model), rows[None, :, None, :].astype(float) - 7)[0, :, 0, :]
    np.testing.assert_array_equal(result, expected.T if constant_first else expected)


@pytest.mark.golden
def test_conv_integer() -> None:
    weight = (CONV_WEIGHT.astype(int) + 128).astype(np.uint8)
    tensors = [numpy_helper.from_array(weight, "w"), stored("xz", 7, np.uint8), stored("wz", 128, np.uint8)]
    model = quantised(make_node("ConvInteger", ["x", "w", "xz", "wz"], ["y"]), [1, 3, 8, 8], tensors, TensorProto.INT32)
    data = RNG.integers(0, 255, (1, 3, 8, 8)).astype(np.uint8)
    (expected,) = run(model, {"x": data})
    result = evaluate(only_layer(model), data.transpose(0, 2, 3, 1).astype(float) - 7)
    np.testing.assert_array_equal(result.transpose(0, 3, 1, 2), expected)


def test_qgemm_of_onnxruntime() -> None:
    names = ["x", "xs", "xz", "w", "ws", "wz", "", "ys", "yz"]
    node = make_node("QGemm", names, ["y"], "q", domain="com.microsoft", transB=1, alpha=2.0)
    tensors = [numpy_helper.from_array(MATRIX, "w"), stored("ws", 0.25, np.float32), stored("wz", 100, np.uint8)]
    layer = only_layer(quantised(node, [4, 5], [*SCALES, *tensors, *OUT], TensorProto.UINT8))
    assert (layer.m, layer.k, layer.n, layer.op) == (4, 5, 6, "gemm")
    np.testing.assert_allclose(layer.weights.reshape(6, 5), (MATRIX.astype(int) - 100) * 0.25 * 2)


@pytest.mark.golden
def test_quantise_dequantise_pairs() -> None:
    scale = RNG.uniform(0.01, 0.02, 4).astype(np.float32)
    nodes = [
        make_node("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
        make_node("DequantizeLinear", ["q", "xs", "xz"], ["d"]),
        make_node("DequantizeLinear", ["w", "ws"], ["wd"], axis=0),
        make_node("Conv", ["d", "wd"], ["y"], "c"),
    ]
    tensors = [numpy_helper.from_array(CONV_WEIGHT, "w"), numpy_helper.from_array(scale, "ws"), *SCALES]
    model = network(nodes, {"x": [1, 3, 8, 8]}, tensors)
    layer = only_layer(model)
    data = drawn(1, 3, 8, 8)
    through, expected = run(model, {"x": data}, ["d", "y"])
    result = evaluate(layer, through.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)
    assert imported(model).passed_through == {"DequantizeLinear": 1, "QuantizeLinear": 1}


def test_dequantisation_as_onnxruntime_writes_it() -> None:
    nodes = [
        make_node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], domain="com.microsoft"),
        make_node("MatMul", ["x", "wd"], ["y"], "m"),
    ]
    tensors = [stored("w", [[100, 300], [200, 100]], np.uint16), stored("ws", 0.5, np.float32)]
    model = network(nodes, {"x": [4, 2]}, [*tensors, stored("wz", 100, np.uint16)], opset=21)
    assert only_layer(model).weights.ravel().tolist() == [0, 50, 100, 0]


def test_a_quantised_activation_product_is_dynamic() -> None:
    node = make_node("MatMulInteger", ["x", "z"], ["y"], "q")
    model = quantised(node, [2, 4, 6], [], TensorProto.INT32)
    model.graph.input.append(helper.make_tensor_value_info("z", TensorProto.UINT8, [2, 6, 5]))
    layer = only_layer(model)
    assert (layer.dynamic, layer.repeats, layer.weights) == (True, 2, None)
    assert imported(model).passed_through == {}


def test_a_missing_scale_is_named() -> None:
    node = make_node("QLinearMatMul", ["x", "xs", "xz", "w"], ["y"], "q")
    with pytest.raises(InputError, match=re.escape("node q (QLinearMatMul): input 4 is missing")):
        imported(quantised(node, [4, 6], [*SCALES, numpy_helper.from_array(MATRIX, "w")], TensorProto.UINT8))


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float64, ml_dtypes.float8_e4m3fn, np.int8])
def test_weights_of_other_types(dtype) -> None:
    weight = RNG.integers(-8, 8, (6, 5)).astype(dtype)
    nodes = [make_node("Cast", ["w"], ["wf"], to=TensorProto.FLOAT), make_node("MatMul", ["x", "wf"], ["y"], "m")]
    layer = only_layer(network(nodes, {"x": [4, 6]}, [numpy_helper.from_array(weight, "w")], opset=19))
    assert layer.weights.dtype == np.float32
    np.testing.assert_array_equal(layer.weights.reshape(5, 6).T, weight.astype(np.float32))


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_a_network_of_short_floats(dtype) -> None:
    weight = numpy_helper.from_array(RNG.standard_normal((6, 5)).astype(dtype), "w")
    model = network([make_node("MatMul", ["x", "w"], ["y"])], {"x": [4, 6]}, [weight])
    model.graph.input[0].type.tensor_type.elem_type = weight.data_type
    expected = numpy_helper.to_array(weight).astype(np.float32)
    np.testing.assert_array_equal(only_layer(model).weights.reshape(5, 6).T, expected)


@pytest.mark.golden
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("kernel", "stride", "pads"), [(2, 2, 0), (3, 2, 1), (4, 1, 0)])
def test_transposed_convolution_is_a_gemm_and_a_scatter(kernel, stride, pads, groups) -> None:
    node = make_node("ConvTranspose", ["x", "w"], ["y"], "t", strides=[stride] * 2, pads=[pads] * 4, group=groups)
    model = network([node], {"x": [2, 4, 5, 6]}, [values("w", 4, 3, kernel, kernel)])
    layer, data = only_layer(model), drawn(2, 4, 5, 6)
    (expected,) = run(model, {"x": data})
    assert layer.macs == data.size * 3 * kernel**2
    products = evaluate(layer, data.transpose(0, 2, 3, 1))
    products = products.reshape(2, 5, 6, groups, kernel, kernel, 3)
    full = np.zeros((2, 3 * groups, 4 * stride + kernel, 5 * stride + kernel))
    for row, col, y, x in np.ndindex(5, 6, kernel, kernel):
        full[:, :, row * stride + y, col * stride + x] += products[:, row, col, :, y, x].reshape(2, -1)
    cut = slice(pads, -pads or None)
    np.testing.assert_allclose(full[:, :, cut, cut], expected, rtol=1e-4, atol=1e-5)


def test_transposed_convolution_that_does_not_fit() -> None:
    node = make_node("ConvTranspose", ["x", "w"], ["y"], "t")
    with pytest.raises(InputError, match=re.escape("node t (ConvTranspose): weights of shape (5, 3, 2, 2)")):
        imported(network([node], {"x": [1, 4, 5, 6]}, [values("w", 5, 3, 2, 2)]))


def test_operator_set_that_is_too_new(tmp_path) -> None:
    newest = onnx.defs.onnx_opset_version()
    model = network([make_node("MatMul", ["x", "w"], ["y"])], {"x": [4, 6]}, [values("w", 6, 5)])
    model.opset_import[0].version = newest
    assert load_onnx(save(model, tmp_path)).macs == 4 * 6 * 5
    model.opset_import[0].version = newest + 1
    path = save(model, tmp_path)
    with pytest.raises(InputError, match=re.escape(f"{path}: operator set {newest + 1} is too new: onnx ")):
        load_onnx(path)


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname"])
def test_external_data_outside_the_folder(tmp_path, location) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(120))
    (tmp_path / "net").mkdir()
    model = network([make_node("MatMul", ["x", "w"], ["y"], "m")], {"x": [4, 6]}, [values("w", 6, 5)])
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.append(onnx.StringStringEntryProto(key="location", value=location))
    with pytest.raises(InputError, match="cannot be read"):
        load_onnx(save(model, tmp_path / "net"))
