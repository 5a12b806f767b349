"""Constant tensors: initializers, Constant nodes, and simple arithmetic on them."""

from pathlib import Path

import numpy as np
import onnx

from mapping.arrays import Float32Array
from mapping.errors import InputError
from mapping.importers.onnx.evaluate import Array, evaluate, is_random, opset_versions, read_tensor
from mapping.importers.onnx.nodes import consumed
from mapping.importers.onnx.reader import first_line

# Operators that real files put between a stored weight and its use: type changes, dequantisation, layout.
# Fills (ConstantOfShape) are left out on purpose: they stand for weights in files that have none.
_FOLDED = {
    "Add",
    "Cast",
    "Concat",
    "Constant",
    "DequantizeLinear",
    "Div",
    "Flatten",
    "Identity",
    "Mul",
    "Reshape",
    "Slice",
    "Split",
    "Squeeze",
    "Sub",
    "Transpose",
    "Unsqueeze",
}


class Constants:
    """The tensors of a graph that depend on none of its inputs; values are read only when asked for."""

    def __init__(self, model: onnx.ModelProto, folder: Path) -> None:
        graph = model.graph
        self._folder = folder
        self._opsets = opset_versions(model)
        self._stored = {tensor.name: tensor for tensor in graph.initializer}
        self._sparse = {tensor.values.name: tensor for tensor in graph.sparse_initializer}
        self._producers: dict[str, onnx.NodeProto] = {}
        for node in graph.node:
            if not is_random(node) and all(name in self for name in consumed(node)):
                self._producers.update(dict.fromkeys(filter(None, node.output), node))

    def __contains__(self, name: object) -> bool:
        return name in self._stored or name in self._sparse or name in self._producers

    def value(self, name: str) -> Float32Array | None:
        """A constant as float32, or None if ``name`` is no constant or only a shape is known of it.

        Raises:
            InputError: It is no array of real numbers, or cannot be read or evaluated.
        """
        try:
            values = self._evaluate(name)
        except RecursionError as error:
            raise InputError(f"{name!r} is computed by too long a chain of constants") from error
        if values is None:
            return None
        if values.dtype.kind in "cOSTU":
            raise InputError(f"{name!r} holds {values.dtype} values, not real numbers")
        with np.errstate(over="ignore"):  # a float64 beyond float32 becomes infinite, and Layer refuses it
            return values.astype(np.float32)

    def array(self, name: str) -> Array:
        """A constant of which ``value`` is known, in its own dtype."""
        values = self._evaluate(name)
        assert values is not None, name
        return values

    def _evaluate(self, name: str) -> Array | None:
        """The array as stored or computed, in its own dtype."""
        if name in self._stored:
            return read_tensor(self._stored[name], self._folder)
        if name in self._sparse:
            return self._read_sparse(self._sparse[name])
        node = self._producers.get(name)
        if node is None or node.op_type not in _FOLDED:
            return None
        operands: dict[str, Array] = {}
        for operand in consumed(node):
            value = self._evaluate(operand)
            if value is None:
                return None
            operands[operand] = value
        return evaluate(node, operands, self._opsets)[name]

    def _read_sparse(self, tensor: onnx.SparseTensorProto) -> Array:
        """A tensor of which only the non-zero values are stored, with linear or (entry, axis) indices."""
        values, shape = read_tensor(tensor.values, self._folder), tuple(tensor.dims)
        indices = read_tensor(tensor.indices, self._folder).astype(np.int64)
        try:
            dense = np.zeros(shape, values.dtype)
            dense[np.unravel_index(indices, shape) if indices.ndim == 1 else tuple(indices.T)] = values
        except (ValueError, IndexError, MemoryError) as error:
            raise InputError(f"the indices of {tensor.values.name!r} are damaged: {first_line(error)}") from error
        return dense
