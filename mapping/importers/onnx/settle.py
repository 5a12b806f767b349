"""Shape arithmetic: the values of tensors that describe shapes, where shape inference does not follow them.

Exporters write sizes as chains of Shape, Gather, Concat, Range and the like. Shape inference follows simple
ones; here every node with known operands is replaced by its value, and inference can go on from there.
"""

from collections.abc import Mapping
from contextlib import suppress
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from mapping.errors import InputError
from mapping.importers.onnx.evaluate import Array, evaluate, is_random, read_tensor
from mapping.importers.onnx.nodes import bodies, integer

Dims = tuple[int | None, ...]

_LIMIT = 1 << 14  # elements: descriptions of shapes are short, masks and positions of a long sequence are not
_GROWING = {"ConstantOfShape", "EyeLike", "Expand", "OneHot", "Pad", "Range", "Resize", "Tile", "Upsample"}


def settle(graph: onnx.GraphProto, dims: Mapping[str, Dims], opsets: Mapping[str, int]) -> bool:
    """Replace nodes whose values follow from known shapes by initializers, in place.

    Args:
        graph: The graph to change.
        dims: What is known of the shapes of its tensors.
        opsets: Version of each operator set.

    Returns:
        Whether any node was replaced.
    """
    known = _short_initializers(graph)
    kept = []
    for node in graph.node:
        values = _shape_of(node, dims) or _computed(node, known, dims, opsets)
        if values:
            known |= values
            graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in values.items())
        else:
            kept.append(node)
    progress = len(kept) < len(graph.node)
    del graph.node[:]
    graph.node.extend(kept)
    return progress


def _short_initializers(graph: onnx.GraphProto) -> dict[str, Array]:
    """The stored tensors that may be part of shape arithmetic."""
    known = {}
    for tensor in graph.initializer:
        if prod(tensor.dims) <= _LIMIT and not tensor.external_data:
            with suppress(InputError):  # a damaged tensor may not matter to any shape
                known[tensor.name] = read_tensor(tensor, Path())
    return known


def _shape_of(node: onnx.NodeProto, dims: Mapping[str, Dims]) -> dict[str, Array]:
    """The value of a Shape node if the shape is known."""
    sizes = dims.get(node.input[0]) if node.op_type == "Shape" and node.input and node.output else None
    if sizes is None or None in sizes:
        return {}
    part = sizes[integer(node, "start", 0) : integer(node, "end", len(sizes))]
    return {node.output[0]: np.array(part, np.int64)}


def _computed(
    node: onnx.NodeProto, known: Mapping[str, Array], dims: Mapping[str, Dims], opsets: Mapping[str, int]
) -> dict[str, Array]:
    """The values of a node whose operands are known, if they are short."""
    operands = {name: known[name] for name in node.input if name in known}
    if set(operands) != set(filter(None, node.input)) or is_random(node) or any(bodies(node)):
        return {}
    if node.op_type in _GROWING and not all(_is_short(dims.get(name)) for name in node.output):
        return {}
    values: dict[str, Array] = {}
    with suppress(InputError):  # a node that cannot be evaluated may not matter to any shape
        values = evaluate(node, operands, opsets)
    return values if all(value.size <= _LIMIT for value in values.values()) else {}


def _is_short(sizes: Dims | None) -> bool:
    """Whether a shape is known and has few elements."""
    return sizes is not None and None not in sizes and prod(size or 0 for size in sizes) <= _LIMIT
