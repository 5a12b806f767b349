"""Bytes on disk to an ONNX model, and nothing but an InputError if they are not one."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx.inliner import inline_local_functions

from mapping.errors import InputError
from mapping.importers.onnx.nodes import walk


def read_model(path: Path) -> onnx.ModelProto:
    """Parse a file and inline the functions it defines, so that no operator hides in one.

    Args:
        path: The file; tensors that it stores in other files are not read yet.

    Returns:
        A model with at least one node and an operator set.

    Raises:
        InputError: The file is missing, unreadable, not ONNX, truncated, its graph is empty, or its
            operator set is newer than the onnx package.
    """
    try:
        model = onnx.ModelProto.FromString(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a directory, not an ONNX file") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except DecodeError as error:
        raise InputError(f"{path} is not an ONNX file, or it is truncated") from error
    # protobuf accepts many strings of bytes, the empty one included, as a message with nothing in it
    if not model.HasField("graph") or not model.opset_import:
        raise InputError(f"{path} is not an ONNX file, or it is truncated: it holds no graph and operator set")
    if not model.graph.node:
        raise InputError(f"{path}: the graph is empty")
    newest = onnx.defs.onnx_opset_version()
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx") and entry.version > newest:
            raise InputError(
                f"{path}: operator set {entry.version} is too new: onnx {onnx.__version__} knows up to {newest}; "
                "update the onnx package, or export with an older one"
            )
    model = _inlined(model, path)
    for node in walk(model.graph):
        # protobuf hands out text that is not UTF-8 as bytes
        if any(isinstance(text, bytes) for text in (node.name, node.op_type, node.domain, *node.input, *node.output)):
            raise InputError(f"{path} is damaged: it holds a name that is not UTF-8")
    return model


def _inlined(model: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    """The model with every call of a local function replaced by the function's nodes."""
    if not model.functions:
        return model
    try:
        model = inline_local_functions(model)
    except (RuntimeError, onnx.checker.ValidationError) as error:
        raise InputError(f"{path}: its functions cannot be inlined: {first_line(error)}") from error
    left = {(function.domain, function.name) for function in model.functions}
    for node in walk(model.graph):
        if (node.domain, node.op_type) in left:
            raise InputError(f"{path}: the function {node.op_type} cannot be inlined: it has another operator set")
    return model


def first_line(error: Exception) -> str:
    """The first line of an error's text, for a message of one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)
