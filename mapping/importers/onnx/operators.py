"""Which operators become layers, which pass through, and which are refused rather than dropped."""

import re
from itertools import chain

import onnx

from mapping.errors import InputError
from mapping.graph import Layer
from mapping.importers.onnx.conv import lower_conv
from mapping.importers.onnx.matmul import lower_gemm, lower_matmul
from mapping.importers.onnx.nodes import bodies, walk
from mapping.importers.onnx.tensors import Tensors

_LOWERED = {"Conv": lower_conv, "Gemm": lower_gemm, "MatMul": lower_matmul}

# By name, so that the extensions of a runtime (FusedMatMul, MatMulNBits, QAttention) are caught as well.
_MULTIPLIES = re.compile(
    r"Conv(?!ert)|MatMul|Gemm|Attention|Einsum|LSTM|GRU|RNN|MoE$|^(Linear|SVM)(Classifier|Regressor)$"
)


def multiplies(node: onnx.NodeProto) -> bool:
    """Whether ``lower`` makes a layer of a node; the others pass through.

    Raises:
        InputError: It multiplies and accumulates in a way that is not supported.
    """
    if node.op_type in _LOWERED and node.domain in ("", "ai.onnx"):
        return True
    if _MULTIPLIES.search(node.op_type):
        supported = ", ".join(_LOWERED)
        raise InputError(f"{node.op_type} is not supported; of the operators that multiply, {supported} are")
    for inner in chain.from_iterable(map(walk, bodies(node))):
        if _MULTIPLIES.search(inner.op_type):
            raise InputError(f"{inner.op_type} inside the control flow of {node.op_type} is not supported")
    return False


def lower(node: onnx.NodeProto, name: str, tensors: Tensors) -> Layer:
    """The layer of a node that ``multiplies``.

    Raises:
        InputError: Its shapes are unknown or contradictory.
    """
    return _LOWERED[node.op_type](node, name, tensors)
