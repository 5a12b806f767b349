"""What is known of the tensors of a network: their shapes, and the values of the constant ones."""

from collections.abc import Collection
from dataclasses import dataclass

import onnx
from onnx.shape_inference import InferenceError, infer_shapes

from mapping.arrays import Float32Array
from mapping.errors import InputError
from mapping.importers.onnx.constants import Constants
from mapping.importers.onnx.evaluate import opset_versions
from mapping.importers.onnx.inputs import free_inputs
from mapping.importers.onnx.reader import first_line
from mapping.importers.onnx.settle import Dims, settle


@dataclass(frozen=True, slots=True)
class Tensors:
    """Shapes and constant values by tensor name.

    Attributes:
        dims: Shape of every tensor of known rank, None for a dimension that is not known.
        constants: The tensors that depend on no input.
        hint: What a user can do about an unknown shape.
    """

    dims: dict[str, Dims]
    constants: Constants
    hint: str

    def shape(self, name: str) -> tuple[int, ...]:
        """The full shape of a tensor.

        Raises:
            InputError: A dimension, or even the rank, is not known.
        """
        dims = self.dims.get(name)
        sizes = tuple(size for size in dims or () if size is not None)
        if dims is None or len(sizes) != len(dims):
            known = "unknown" if dims is None else f"({', '.join('?' if d is None else str(d) for d in dims)})"
            raise InputError(f"the shape of {name!r} is {known}; {self.hint}")
        return sizes

    def weights(self, name: str) -> Float32Array | None:
        """A constant tensor as float32, or None where it is no constant or the file only says its shape.

        Raises:
            InputError: The values are no real numbers, cannot be read, or contradict the shape.
        """
        values = self.constants.value(name)
        if values is not None and values.shape != self.shape(name):
            raise InputError(f"{name!r} has shape {values.shape}, but {self.shape(name)} was declared")
        return values


def infer_tensors(model: onnx.ModelProto, constants: Constants, wanted: Collection[str]) -> Tensors:
    """Shapes by ONNX shape inference, once the inputs are bound.

    Args:
        model: The network.
        constants: Its constant tensors.
        wanted: The tensors whose shapes matter: shape arithmetic is evaluated only as far as they need it.

    Raises:
        InputError: Inference finds that the network contradicts itself.
    """
    working = onnx.ModelProto()
    working.CopyFrom(model)
    dims = _inferred(working)
    while any(None in dims.get(name, (None,)) for name in wanted):
        if not settle(working.graph, dims, opset_versions(model)):
            break
        dims = _inferred(working)
    return Tensors(dims, constants, free_inputs(model.graph) or "no input is free, so shape inference cannot tell it")


def _inferred(model: onnx.ModelProto) -> dict[str, Dims]:
    """What one run of shape inference finds."""
    try:
        graph = infer_shapes(model, strict_mode=False, data_prop=True).graph
    except (InferenceError, RuntimeError, ValueError) as error:
        raise InputError(f"shape inference failed: {first_line(error)}") from error
    dims: dict[str, Dims] = {}
    for value in (*graph.output, *graph.value_info, *graph.input):
        if value.type.tensor_type.HasField("shape"):
            dims[value.name] = tuple(_size(dim) for dim in value.type.tensor_type.shape.dim)
    dims |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    return dims | {tensor.values.name: tuple(tensor.dims) for tensor in graph.sparse_initializer}


def _size(dim: onnx.TensorShapeProto.Dimension) -> int | None:
    """A dimension if it is a number."""
    return int(dim.dim_value) if dim.HasField("dim_value") else None
