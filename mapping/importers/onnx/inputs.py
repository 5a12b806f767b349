"""The inputs of a network: which dimensions are free, and how a user sets them."""

from collections.abc import Mapping

import onnx

from mapping.errors import InputError


def runtime_inputs(graph: onnx.GraphProto) -> dict[str, onnx.ValueInfoProto]:
    """Inputs that are fed at run time: old files list the initializers among the inputs too."""
    stored = {tensor.name for tensor in graph.initializer}
    stored |= {tensor.values.name for tensor in graph.sparse_initializer}
    return {value.name: value for value in graph.input if value.name not in stored}


def bind_inputs(graph: onnx.GraphProto, *, batch: int | None, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Set free dimensions in place; a named dimension (``N``) gets its value wherever an input has that name.

    Raises:
        InputError: An unknown input, a wrong rank, a size below 1 or unlike a fixed dimension.
    """
    inputs = runtime_inputs(graph)
    for value in inputs.values():
        for dim in _dims(value):
            # exporters write free dimensions as 0 and -1 too, and "?" says nothing about equality
            if dim.HasField("dim_value") and dim.dim_value < 1:
                dim.ClearField("dim_value")
            if dim.dim_param == "?":
                dim.ClearField("dim_param")
    if batch is None and not shapes:
        return
    for name, sizes in shapes.items():
        if name not in inputs:
            known = ", ".join(map(repr, inputs)) or "none"
            raise InputError(f"shape of {name!r}: the network has no such input; its inputs: {known}")
        _bind_shape(inputs, name, sizes)
    if batch is not None:
        _bind_batch(inputs, batch)
    # stored shapes of inner tensors may hold for other sizes only
    graph.ClearField("value_info")
    for output in graph.output:
        if output.type.HasField("tensor_type"):
            output.type.tensor_type.ClearField("shape")


def free_inputs(graph: onnx.GraphProto) -> str:
    """A hint that names the inputs with free dimensions and how to set them; empty if there is none."""
    hints = []
    for name, value in runtime_inputs(graph).items():
        dims = _dims(value)
        if value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape"):
            hints.append(f"input {name!r} has no shape: use --shape {name}=1x3x224x224")
        elif not all(dim.dim_value for dim in dims):
            sizes = "x".join(str(dim.dim_value or "?") for dim in dims)
            hints.append(f"input {name!r} is {_text(value)}: use --batch, or --shape {name}={sizes} with sizes for ?")
    return "; ".join(hints)


def _bind_shape(inputs: Mapping[str, onnx.ValueInfoProto], name: str, sizes: tuple[int, ...]) -> None:
    """Set the whole shape of one input."""
    value, wanted = inputs[name], f"shape {name}={'x'.join(map(str, sizes))}"
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        tensor.shape.SetInParent()
        for _ in sizes:
            tensor.shape.dim.add()
    if len(sizes) != len(tensor.shape.dim):
        raise InputError(f"{wanted}: the input has {len(tensor.shape.dim)} dimensions, {_text(value)}")
    for axis, size in enumerate(sizes):
        if size < 1:
            raise InputError(f"{wanted}: every size must be at least 1")
        dim = tensor.shape.dim[axis]
        if dim.dim_value not in (0, size):
            raise InputError(f"{wanted}: dimension {axis} is {dim.dim_value} in this network")
        _bind(inputs, dim, size)


def _bind_batch(inputs: Mapping[str, onnx.ValueInfoProto], batch: int) -> None:
    """Set every free first dimension, or check that the batch the network fixes is the wanted one."""
    if batch < 1:
        raise InputError(f"batch={batch}: must be at least 1")
    firsts = {name: _dims(value)[0] for name, value in inputs.items() if _dims(value)}
    free = [dim for dim in firsts.values() if not dim.dim_value]
    for dim in free:
        _bind(inputs, dim, batch)
    if not free and batch not in {dim.dim_value for dim in firsts.values()}:
        fixed = ", ".join(f"{name!r} has batch {dim.dim_value}" for name, dim in firsts.items())
        raise InputError(f"batch={batch}: the network's batch is fixed ({fixed or 'it has no input with dimensions'})")


def _bind(inputs: Mapping[str, onnx.ValueInfoProto], dim: onnx.TensorShapeProto.Dimension, size: int) -> None:
    """Set one dimension, and every other one of the same name."""
    symbol = dim.dim_param
    dim.dim_value = size
    for value in inputs.values():
        for other in _dims(value):
            if symbol and other.dim_param == symbol:
                other.dim_value = size


def _dims(value: onnx.ValueInfoProto) -> list[onnx.TensorShapeProto.Dimension]:
    """The dimensions of a tensor; none for a scalar, an unknown rank, or something that is no tensor."""
    return list(value.type.tensor_type.shape.dim)


def _text(value: onnx.ValueInfoProto) -> str:
    """A shape as the file writes it, ``(N, 3, ?, ?)``."""
    return f"({', '.join(str(dim.dim_value or dim.dim_param or '?') for dim in _dims(value))})"
