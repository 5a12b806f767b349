"""Quantised operators as the ones they stand for, over dequantised weights.

    QLinearConv(x, .., w, w_scale, w_zero)  ->  Conv(x, DequantizeLinear(w, w_scale, w_zero))

The values that a layer gets are (w - zero point) * scale, so a weight at the zero point is a zero that pruning knows.
Activations keep their tensors: only their shapes matter here. Operators on integers without a scale get the scale 1.
"""

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from mapping.errors import InputError
from mapping.importers.onnx.nodes import operand


@dataclass(frozen=True, slots=True)
class _Operand:
    """Which inputs of an operator hold a tensor, its scale and its zero point; a list of scales lies along ``axis``."""

    tensor: int
    scale: int | None
    zero: int
    axis: int


@dataclass(frozen=True, slots=True)
class _Rule:
    op: str
    left: _Operand
    right: _Operand
    domain: str = ""


_RULES = {
    "QLinearConv": _Rule("Conv", _Operand(0, 1, 2, 0), _Operand(3, 4, 5, 0)),
    "ConvInteger": _Rule("Conv", _Operand(0, None, 2, 0), _Operand(1, None, 3, 0)),
    "QLinearMatMul": _Rule("MatMul", _Operand(0, 1, 2, -2), _Operand(3, 4, 5, -1)),
    "MatMulInteger": _Rule("MatMul", _Operand(0, None, 2, -2), _Operand(1, None, 3, -1)),
    "QGemm": _Rule("Gemm", _Operand(0, 1, 2, -2), _Operand(3, 4, 5, -1), domain="com.microsoft"),
}
QUANTISED = tuple(_RULES)
# Extensions of ONNX Runtime that are the standard operator for more types.
_SAME = {"DequantizeLinear", "QuantizeLinear"}


def dequantise(graph: onnx.GraphProto, constants: Container[str]) -> None:
    """Replace the quantised operators of a graph, in place.

    Args:
        graph: The graph.
        constants: The tensors that depend on no input: these are dequantised.

    Raises:
        InputError: An operator lacks an operand.
    """
    nodes: list[onnx.NodeProto] = []
    for position, node in enumerate(graph.node):
        rule = _RULES.get(node.op_type)
        if node.op_type in _SAME and node.domain == "com.microsoft":
            node.domain = ""
        if rule is None or (node.domain or "ai.onnx") != (rule.domain or "ai.onnx"):
            nodes.append(node)
            continue
        name = node.name or f"{node.op_type}_{position}"
        try:
            nodes += _replacement(graph, node, rule, name, constants)
        except InputError as error:
            raise InputError(f"node {name} ({node.op_type}): {error}") from error
    del graph.node[:]
    graph.node.extend(nodes)


def _replacement(
    graph: onnx.GraphProto, node: onnx.NodeProto, rule: _Rule, name: str, constants: Container[str]
) -> list[onnx.NodeProto]:
    """The dequantisation of each constant operand, and the operator."""
    steps, operands = [], []
    for place in (rule.left, rule.right):
        tensor = operand(node, place.tensor)
        if tensor in constants:
            real = f"{name}.{place.tensor}.real"
            steps.append(_dequantisation(graph, node, place, tensor, real))
            tensor = real
        operands.append(tensor)
    result = helper.make_node(rule.op, operands, node.output, name=name)
    result.attribute.extend(node.attribute)
    return [*steps, result]


def _dequantisation(
    graph: onnx.GraphProto, node: onnx.NodeProto, place: _Operand, tensor: str, real: str
) -> onnx.NodeProto:
    """A DequantizeLinear of one operand."""
    if place.scale is None:
        scale = f"{real}.scale"
        graph.initializer.append(numpy_helper.from_array(np.ones((), np.float32), scale))
    else:
        scale = operand(node, place.scale)
    zero = [node.input[place.zero]] if len(node.input) > place.zero and node.input[place.zero] else []
    return helper.make_node("DequantizeLinear", [tensor, scale, *zero], [real], name=real, axis=place.axis)
