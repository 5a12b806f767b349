"""Which operators become layers, which pass through, and which are refused rather than dropped."""

import re
from itertools import chain

import onnx

from mapping.errors import InputError
from mapping.graph import Layer
from mapping.importers.onnx.attention import lower_attention
from mapping.importers.onnx.conv import lower_conv, lower_conv_transpose
from mapping.importers.onnx.matmul import lower_gemm, lower_matmul
from mapping.importers.onnx.nodes import bodies, walk
from mapping.importers.onnx.quantised import QUANTISED
from mapping.importers.onnx.recurrent import GATES, lower_recurrent
from mapping.importers.onnx.tensors import Tensors

_ONE = {"Conv": lower_conv, "ConvTranspose": lower_conv_transpose, "Gemm": lower_gemm, "MatMul": lower_matmul}
_SEVERAL = dict.fromkeys(GATES, lower_recurrent) | {"Attention": lower_attention}
_LOWERED = (*_ONE, *_SEVERAL)

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
        supported = ", ".join((*_LOWERED, *QUANTISED))
        raise InputError(f"{node.op_type} is not supported; of the operators that multiply, {supported} are")
    for inner in chain.from_iterable(map(walk, bodies(node))):
        if _MULTIPLIES.search(inner.op_type):
            raise InputError(f"{inner.op_type} inside the control flow of {node.op_type} is not supported")
    return False


def weighted(node: onnx.NodeProto) -> list[str]:
    """The tensors of a node that ``multiplies`` whose shapes its layers need."""
    return list(filter(None, node.input[: 5 if node.op_type in _SEVERAL else 2]))


def lower(node: onnx.NodeProto, name: str, tensors: Tensors) -> tuple[Layer, ...]:
    """The layers of a node that ``multiplies``, in the order in which they run.

    Raises:
        InputError: Its shapes are unknown or contradictory.
    """
    if node.op_type in _SEVERAL:
        return _SEVERAL[node.op_type](node, name, tensors)
    return (_ONE[node.op_type](node, name, tensors),)
