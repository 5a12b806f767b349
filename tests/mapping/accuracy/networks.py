"""One-layer networks for every way in which an ONNX file can hold weights, and how they are pruned."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mapping.accuracy import Pruning, Weighted, prune, read
from mapping.sparsity import Pattern
from tests.mapping.importers.support import network, save, values

PATTERN = Pattern(2, 4)


def node(op, *inputs, output="y", name="it", **attributes):
    return helper.make_node(op, list(inputs), [output], name, **attributes)


def matmul(left, right, weights):
    """``left @ right``, one of which is ``weights``, an array called w."""
    (shape,) = (shape for shape in (left, right) if not isinstance(shape, str))
    operands = ["x" if side is shape else "w" for side in (left, right)]
    return network([node("MatMul", *operands)], {"x": shape}, [numpy_helper.from_array(weights, "w")])


W = values
CASES = {
    "conv": network(
        [node("Conv", "x", "w", "b", pads=[1, 0, 1, 2], strides=[2, 1])],
        {"x": [2, 8, 6, 5]},
        [W("w", 6, 8, 3, 2), W("b", 6)],
    ),
    "conv of a sequence": network([node("Conv", "x", "w", dilations=[2])], {"x": [2, 8, 9]}, [W("w", 4, 8, 3)]),
    "grouped conv": network([node("Conv", "x", "w", group=2)], {"x": [2, 16, 4, 4]}, [W("w", 6, 8, 2, 2)]),
    "gemm": network([node("Gemm", "x", "w", "b", beta=0.5)], {"x": [3, 8]}, [W("w", 8, 5), W("b", 5)]),
    "gemm, transB": network([node("Gemm", "x", "w", transB=1)], {"x": [3, 8]}, [W("w", 5, 8)]),
    "gemm, transA and alpha": network(
        [node("Gemm", "x", "w", "b", transA=1, alpha=0.25)], {"x": [8, 3]}, [W("w", 8, 5), W("b", 3, 5)]
    ),
    "gemm, weights on the left": network([node("Gemm", "w", "x")], {"x": [8, 3]}, [W("w", 5, 8)]),
    "gemm, all turned": network([node("Gemm", "w", "x", transA=1, transB=1)], {"x": [3, 8]}, [W("w", 8, 5)]),
    "matmul": network([node("MatMul", "x", "w")], {"x": [2, 3, 8]}, [W("w", 8, 5)]),
    "matmul, weights on the left": network([node("MatMul", "w", "x")], {"x": [8, 3]}, [W("w", 5, 8)]),
    "matmul, many on the left": network([node("MatMul", "w", "x")], {"x": [2, 8, 3]}, [W("w", 5, 8)]),
    "matmul with a vector": network([node("MatMul", "x", "w")], {"x": [3, 8]}, [W("w", 8)]),
    "matmul of a vector": network([node("MatMul", "w", "x")], {"x": [8]}, [W("w", 5, 8)]),
    "matmul, a stack for one input": network([node("MatMul", "x", "w")], {"x": [3, 8]}, [W("w", 4, 8, 5)]),
    "matmul, a matrix for each input": network([node("MatMul", "x", "w")], {"x": [2, 4, 3, 8]}, [W("w", 4, 8, 5)]),
    "half precision": helper.make_model(
        helper.make_graph(
            [node("MatMul", "x", "w")],
            "half",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT16, [3, 8])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT16, [3, 5])],
            [W("w", 8, 5, dtype=np.float16)],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    ),
    "constant node": network(
        [node("Constant", output="w", name="c", value=W("v", 8, 5)), node("MatMul", "x", "w")], {"x": [3, 8]}
    ),
    "transposed": network(
        [node("Transpose", "v", output="w", name="t", perm=[1, 0]), node("MatMul", "x", "w")],
        {"x": [3, 8]},
        [W("v", 5, 8)],
    ),
    "dequantised": network(
        [node("DequantizeLinear", "q", "s", "z", output="w", name="d"), node("MatMul", "x", "w")],
        {"x": [3, 8]},
        [
            W("q", 8, 5, dtype=np.int8),
            numpy_helper.from_array(np.float32(0.1), "s"),
            numpy_helper.from_array(np.int8(3), "z"),
        ],
    ),
    "old file": network(
        [node("MatMul", "x", "w", output="h", name="one"), node("MatMul", "h", "w")],
        {"x": [3, 8], "w": [8, 8]},
        [W("w", 8, 8)],
    ),
}
CASES["old file"].ir_version = 3


def opened(model: onnx.ModelProto, folder: Path) -> Weighted:
    """The model by way of a file."""
    return read(save(model, folder), batch=None)


def pruned(network: Weighted, criterion: str = "magnitude", calibration=(), keep=()):
    return prune(network, Pruning(pattern=PATTERN, criterion=criterion, keep=keep), calibration)
