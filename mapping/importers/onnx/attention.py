"""ONNX Attention as its two products."""

from dataclasses import replace

import onnx

from mapping.errors import InputError
from mapping.graph import Layer, gemm_layer
from mapping.importers.onnx.nodes import integer, operand
from mapping.importers.onnx.tensors import Tensors


def lower_attention(node: onnx.NodeProto, name: str, tensors: Tensors) -> tuple[Layer, ...]:
    """``scores`` = Q K^T and ``context`` = scores V, once for every sequence and key head.

    Query heads that share a key head are rows of one product. Keys of a cache (``past_key``) count; a causal mask does
    not save products.

    Raises:
        InputError: Shapes or head counts that do not fit each other.
    """
    query, key, value = (_heads(node, index, tensors) for index in (0, 1, 2))
    batch, heads, rows, size = query
    keys = key[2]
    if len(node.input) > 4 and node.input[4]:
        keys += tensors.shape(node.input[4])[-2]
    if key[0] != batch or key[3] != size or value[:3] != key[:3] or not key[1] or heads % key[1] or min(query) < 1:
        raise InputError(
            f"queries of {query}, keys of {key} and values of {value} (batch, heads, rows, size) do not fit"
        )
    shared = heads // key[1] * rows
    parts = (("scores", size, keys), ("context", keys, value[3]))
    layers = (gemm_layer(f"{name}.{part}", shared, k, n, repeats=batch * key[1]) for part, k, n in parts)
    return tuple(replace(layer, op="matmul", dynamic=True) for layer in layers)


def _heads(node: onnx.NodeProto, index: int, tensors: Tensors) -> tuple[int, int, int, int]:
    """(batch, heads, rows, size of a head) of an operand, whose heads may lie side by side in the last of three axes.

    Raises:
        InputError: Another number of axes, or heads that do not divide the last one.
    """
    shape = tensors.shape(operand(node, index))
    if len(shape) == 4:
        return shape[0], shape[1], shape[2], shape[3]
    attribute = "kv_num_heads" if index else "q_num_heads"
    heads = integer(node, attribute, 0)
    if len(shape) != 3 or heads < 1 or shape[2] % heads:
        raise InputError(f"{operand(node, index)!r} of shape {shape} has no {attribute}={heads} heads")
    return shape[0], heads, shape[1], shape[2] // heads
