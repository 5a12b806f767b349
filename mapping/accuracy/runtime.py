"""ONNX Runtime, with any tensor of a network as an output."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import onnx
import onnxruntime

from mapping.arrays import AnyArray
from mapping.errors import InputError
from mapping.importers.onnx.inputs import runtime_inputs
from mapping.importers.onnx.nodes import consumed
from mapping.importers.onnx.reader import first_line

Feeds = Mapping[str, AnyArray]  # one batch: arrays by the name of the network's input


class Session:
    """A network that runs."""

    def __init__(self, model: onnx.ModelProto, taps: Iterable[str] = ()) -> None:
        """Load a network.

        Args:
            model: With all its tensors inside.
            taps: Tensors that ``run`` returns; by default the network's outputs.

        Raises:
            InputError: ONNX Runtime refuses the network.
        """
        self.outputs = list(taps) or [value.name for value in model.graph.output]
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        # Threads that spin while they wait take the processor from everybody else.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        content = _part(model, self.outputs).SerializeToString()
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own classes share no base but this
            raise InputError(f"ONNX Runtime refuses the network: {first_line(error)}") from error
        # A part of a network may do without some of its inputs.
        self._unread = set(runtime_inputs(model.graph)) - {value.name for value in self._session.get_inputs()}

    def run(self, feeds: Feeds) -> list[AnyArray]:
        """The tensors asked for, for one batch.

        Raises:
            InputError: The batch does not fit the network's inputs.
        """
        known = {name: values for name, values in feeds.items() if name not in self._unread}
        try:
            return [np.asarray(value) for value in self._session.run(self.outputs, known)]
        except Exception as error:  # as above
            raise InputError(f"ONNX Runtime cannot run the network: {first_line(error)}") from error


def _part(model: onnx.ModelProto, outputs: Sequence[str]) -> onnx.ModelProto:
    """The part of a network that computes some of its tensors, without the rest of its weights."""
    graph = model.graph
    producers = {name: place for place, node in enumerate(graph.node) for name in node.output if name}
    needed, places, waiting = set(outputs), set(), list(outputs)
    while waiting:
        place = producers.get(waiting.pop())
        if place is None or place in places:
            continue
        places.add(place)
        waiting += (names := consumed(graph.node[place]))
        needed.update(names)
    part = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    part.graph.name = graph.name
    part.graph.node.extend(graph.node[place] for place in sorted(places))
    part.graph.input.extend(value for value in graph.input if value.name in needed)
    part.graph.initializer.extend(tensor for tensor in graph.initializer if tensor.name in needed)
    part.graph.sparse_initializer.extend(tensor for tensor in graph.sparse_initializer if tensor.values.name in needed)
    typed = {value.name: value for value in graph.output}
    part.graph.output.extend(typed.get(name, onnx.ValueInfoProto(name=name)) for name in dict.fromkeys(outputs))
    return part


def drawn_feeds(model: onnx.ModelProto, seed: int = 0) -> Feeds:
    """One batch for inputs whose sizes are all known: N(0, 1) where they are real numbers, ones elsewhere.

    Raises:
        InputError: A size is free.
    """
    rng = np.random.default_rng(seed)
    feeds: dict[str, AnyArray] = {}
    for name, value in runtime_inputs(model.graph).items():
        kind = value.type.tensor_type
        sizes = tuple(dim.dim_value for dim in kind.shape.dim)
        if not all(sizes):
            raise InputError(f"input {name!r} has free sizes: set them with --shape")
        dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
        drawn = rng.standard_normal(sizes) if np.issubdtype(dtype, np.floating) else np.ones(sizes)
        feeds[name] = drawn.astype(dtype)
    return feeds
