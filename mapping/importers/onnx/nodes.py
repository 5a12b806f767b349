"""Questions to ask of one ONNX node; damaged attributes give defaults or an InputError, nothing else."""

from collections.abc import Iterator

import onnx

from mapping.errors import InputError


def operand(node: onnx.NodeProto, index: int) -> str:
    """The name of an input.

    Raises:
        InputError: The node has no such input.
    """
    if index >= len(node.input) or not node.input[index]:
        raise InputError(f"input {index} is missing")
    return str(node.input[index])


def integer(node: onnx.NodeProto, name: str, default: int) -> int:
    """An integer attribute."""
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == name), default)


def integers(node: onnx.NodeProto, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """An attribute that lists as many integers as its default.

    Raises:
        InputError: It lists another number of them.
    """
    for attribute in node.attribute:
        if attribute.name == name:
            if len(attribute.ints) != len(default):
                raise InputError(f"{name}={list(attribute.ints)}: expected {len(default)} integers")
            return tuple(attribute.ints)
    return default


def real(node: onnx.NodeProto, name: str, default: float) -> float:
    """A floating-point attribute."""
    return next((float(attribute.f) for attribute in node.attribute if attribute.name == name), default)


def text(node: onnx.NodeProto, name: str, default: str) -> str:
    """A string attribute."""
    found = (attribute.s.decode(errors="replace") for attribute in node.attribute if attribute.name == name)
    return next(found, default)


def bodies(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs inside a control-flow node."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def walk(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """All nodes of a graph and of the bodies inside it, at any depth."""
    for node in graph.node:
        yield node
        for body in bodies(node):
            yield from walk(body)


def consumed(node: onnx.NodeProto) -> list[str]:
    """The tensors a node reads, each once, those that its bodies take from outside included."""
    names = dict.fromkeys(filter(None, node.input))
    for body in bodies(node):
        local = {value.name for value in body.input} | {tensor.name for tensor in body.initializer}
        for inner in body.node:
            names |= dict.fromkeys(name for name in consumed(inner) if name not in local)
            local |= set(inner.output)
        names |= dict.fromkeys(value.name for value in body.output if value.name not in local)
    return list(names)
