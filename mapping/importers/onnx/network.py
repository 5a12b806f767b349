"""A whole ONNX file as a graph of operators."""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import networkx as nx
import onnx

from mapping.errors import InputError
from mapping.graph import Layer
from mapping.importers.onnx.constants import Constants
from mapping.importers.onnx.inputs import bind_inputs, runtime_inputs
from mapping.importers.onnx.nodes import consumed
from mapping.importers.onnx.notes import Notes
from mapping.importers.onnx.operators import lower, multiplies, weighted
from mapping.importers.onnx.quantised import dequantise
from mapping.importers.onnx.reader import read_model
from mapping.importers.onnx.tensors import infer_tensors


@dataclass(frozen=True, slots=True)
class Network:
    """A file as read.

    Attributes:
        graph: What ``ModelGraph`` holds.
        model: The file, its functions inlined and the free sizes of its inputs bound.
        nodes: The operators that run, by their name in the graph.
        constants: The tensors that depend on no input.
        notes: What this project wrote into the file.
    """

    graph: nx.DiGraph
    model: onnx.ModelProto
    nodes: Mapping[str, onnx.NodeProto]
    constants: Constants
    notes: Notes


def read_network(path: Path, *, batch: int | None, shapes: Mapping[str, tuple[int, ...]], seed: int) -> Network:
    """Read a file into the graph that ``ModelGraph`` holds; see ``load_onnx``.

    Raises:
        InputError: See ``load_onnx``; every message starts with the path.
    """
    model = read_model(path)
    try:
        return _network(model, path.parent, batch=batch, shapes=shapes, seed=seed)
    except InputError as error:
        raise InputError(f"{path}: {_printable(str(error))}") from error


def _network(
    model: onnx.ModelProto,
    folder: Path,
    *,
    batch: int | None,
    shapes: Mapping[str, tuple[int, ...]],
    seed: int,
) -> Network:
    """The operators that run, with a layer where one multiplies and an edge where a tensor flows."""
    dequantise(model.graph, Constants(model, folder))
    constants = Constants(model, folder)
    graph, nodes = _flow(model.graph, constants)
    layers = []
    for name, node in nodes.items():
        with _blaming(name, node):
            layers += [name] if multiplies(node) else []
    if not layers:
        raise InputError("no operator multiplies and accumulates: there is nothing to simulate")
    notes = Notes.read(model)
    if batch is None and not shapes and notes.task is not None:
        batch = 1
    bind_inputs(model.graph, batch=batch, shapes=shapes)
    tensors = infer_tensors(model, constants, {tensor for name in layers for tensor in weighted(nodes[name])})
    for name in layers:
        with _blaming(name, nodes[name]):
            _place(graph, name, [replace(layer, seed=seed) for layer in lower(nodes[name], name, tensors)])
    return Network(graph, model, nodes, constants, notes)


def _place(graph: nx.DiGraph, name: str, layers: list[Layer]) -> None:
    """Put the layer of a node on it; several layers become a chain of nodes in its place."""
    data = graph.nodes[name]
    if len(layers) == 1:
        data["layer"] = layers[0]
        return
    before, after = list(graph.predecessors(name)), list(graph.successors(name))
    graph.remove_node(name)
    names = []
    for part, layer in enumerate(layers):
        names.append(_unique(layer.name, graph))
        position = (*data["position"], part)
        graph.add_node(names[-1], op=data["op"], layer=replace(layer, name=names[-1]), position=position)
    graph.add_edges_from((source, names[0]) for source in before)
    graph.add_edges_from(pairwise(names))
    graph.add_edges_from((names[-1], target) for target in after)


def _flow(graph: onnx.GraphProto, constants: Constants) -> tuple[nx.DiGraph, dict[str, onnx.NodeProto]]:
    """The nodes that depend on the inputs: how they are connected, and themselves by unique name."""
    flow = nx.DiGraph()
    nodes: dict[str, onnx.NodeProto] = {}
    producers: dict[str, str | None] = dict.fromkeys(runtime_inputs(graph))
    for position, node in enumerate(graph.node):
        if any(output in constants for output in node.output):
            continue
        name = _unique(node.name or f"{node.op_type}_{position}", nodes)
        nodes[name] = node
        flow.add_node(name, op=node.op_type, position=(position,))
        for tensor in consumed(node):
            source = None if tensor in constants else _producer(tensor, name, producers)
            if source is not None:
                flow.add_edge(source, name)
        producers |= dict.fromkeys(node.output, name)
    return flow, nodes


@contextmanager
def _blaming(name: str, node: onnx.NodeProto) -> Iterator[None]:
    """Put the node in front of the message of an error."""
    try:
        yield
    except InputError as error:
        raise InputError(f"node {name} ({node.op_type}): {error}") from error


def _producer(tensor: str, node: str, producers: Mapping[str, str | None]) -> str | None:
    """The node that makes a tensor, None for an input of the network."""
    if tensor not in producers:
        raise InputError(f"node {node} reads {tensor!r}, which nothing before it produces")
    return producers[tensor]


def _unique(name: str, taken: Container[str]) -> str:
    """The name, with a number if it is taken."""
    count, candidate = 1, name
    while candidate in taken:
        count += 1
        candidate = f"{name}#{count}"
    return candidate


def _printable(text: str) -> str:
    """The text on one line: names in a damaged file may hold any character."""
    return "".join(char if char.isprintable() else "?" for char in text)
