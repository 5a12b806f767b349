"""Other weights in an ONNX model; everything else of it stays as it is."""

import os
from collections import Counter
from pathlib import Path
from secrets import token_hex

import numpy as np
import onnx
from onnx import helper, numpy_helper

from mapping.accuracy.sites import Site
from mapping.arrays import AnyArray
from mapping.errors import InputError
from mapping.importers.onnx.nodes import consumed

_FIRST_IR_WITHOUT_INPUTS = 4  # before it every initializer is listed among the inputs too


def replace_weights(model: onnx.ModelProto, site: Site, weights: AnyArray) -> bool:
    """Give a layer other weights, in place.

    A tensor that only this layer reads gets new values. Where other operators read it too, or where it is computed from
    other constants (dequantised, cast, transposed), the layer gets a tensor of its own in the same type.

    Args:
        model: The model to change.
        site: The layer, of this model or of one that it was copied from.
        weights: (out, kernel rows, kernel columns, in / groups), in the layer's layout.

    Returns:
        Whether the layer got a tensor of its own.
    """
    graph = model.graph
    node = next(node for node in graph.node if node.name == site.layer.name)
    name = str(node.input[site.operand])
    values = site.to_tensor(weights)
    stored = next((tensor for tensor in graph.initializer if tensor.name == name), None)
    if stored is not None and _readers(graph)[name] == 1:
        stored.CopyFrom(numpy_helper.from_array(values, name))
        return False
    own = _new_name(graph, f"{name}.{site.layer.name}")
    tensor = numpy_helper.from_array(values, own)
    graph.initializer.append(tensor)
    if model.ir_version < _FIRST_IR_WITHOUT_INPUTS:
        graph.input.append(helper.make_tensor_value_info(own, tensor.data_type, values.shape))
    node.input[site.operand] = own
    _drop_unread(graph, name)
    return True


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write a model as one file.

    Raises:
        InputError: It cannot be written.
    """
    try:
        path.write_bytes(model.SerializeToString())
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error


def check_writable(path: Path) -> None:
    """Refuse a path that cannot be written, before any work is done.

    Raises:
        InputError: A directory, or no file can be made beside it.
    """
    if os.path.isdir(path):  # unlike Path.is_dir it never raises
        raise InputError(f"{path} is a directory: give the name of an .onnx file in it")
    probe = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error


def zeroed(model: onnx.ModelProto, sites: list[Site]) -> onnx.ModelProto:
    """A copy of the model in which all weights of some layers are zero."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for site in sites:
        replace_weights(copy, site, np.zeros(site.layer.shape.weight_shape, np.float32))
    return copy


def _readers(graph: onnx.GraphProto) -> Counter[str]:
    """How many operands of nodes, and outputs of the graph, each tensor is."""
    counts: Counter[str] = Counter(value.name for value in graph.output)
    for node in graph.node:
        # an operator may read a tensor twice; consumed() adds what its bodies take from outside
        counts.update(filter(None, node.input))
        counts.update(name for name in consumed(node) if name not in node.input)
    return counts


def _new_name(graph: onnx.GraphProto, wanted: str) -> str:
    """The name, with a number if a tensor has it."""
    taken = {tensor.name for tensor in graph.initializer} | {value.name for value in graph.input}
    taken |= {name for node in graph.node for name in (*node.input, *node.output)}
    count, candidate = 1, wanted
    while candidate in taken:
        count += 1
        candidate = f"{wanted}.{count}"
    return candidate


def _drop_unread(graph: onnx.GraphProto, name: str) -> None:
    """Remove a constant that nothing reads any more, and what only it was computed from."""
    waiting = [name]
    while waiting:
        current = waiting.pop()
        readers = _readers(graph)
        if readers[current]:
            continue
        for field in (graph.initializer, graph.input, graph.value_info):
            _remove(field, [entry for entry in field if entry.name == current])
        _remove(graph.sparse_initializer, [entry for entry in graph.sparse_initializer if entry.values.name == current])
        for node in [node for node in graph.node if current in node.output]:
            if not any(readers[output] for output in node.output):
                waiting += consumed(node)
                graph.node.remove(node)


def _remove(field, entries: list) -> None:  # type: ignore[no-untyped-def,type-arg]  # noqa: ANN001  # protobuf's
    for entry in entries:
        field.remove(entry)
