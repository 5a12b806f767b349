"""ONNX LSTM, GRU and RNN as GEMMs: all steps at once for the inputs, one step after another for the state."""

from dataclasses import dataclass, replace

import numpy as np
import onnx

from mapping.errors import InputError
from mapping.graph import Layer, gemm_layer
from mapping.importers.onnx.nodes import integer, operand, text
from mapping.importers.onnx.tensors import Tensors

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
_DIRECTIONS = {"forward": ("",), "reverse": ("",), "bidirectional": (".forward", ".reverse")}


@dataclass(frozen=True, slots=True)
class _Sizes:
    steps: int
    batch: int
    inputs: int
    state: int


def lower_recurrent(node: onnx.NodeProto, name: str, tensors: Tensors) -> tuple[Layer, ...]:
    """The layers of a recurrent node, direction by direction.

    ``input`` multiplies the inputs of all steps with W, (steps * batch, inputs) x (inputs, gates * state).
    ``recurrent`` multiplies the state of one step with R and is repeated for every step, because each step needs the
    one before: (batch, state) x (state, gates * state). A GRU that resets its state before the product
    (``linear_before_reset`` = 0) does that in two products, ``recurrent.gates`` and then ``recurrent.candidate``.
    Every sequence is taken at its full length.

    Raises:
        InputError: An unknown direction, or shapes that do not fit each other.
    """
    direction = text(node, "direction", "forward")
    if direction not in _DIRECTIONS:
        raise InputError(f"direction={direction}: must be forward, reverse or bidirectional")
    suffixes, gates = _DIRECTIONS[direction], GATES[node.op_type]
    sizes = _sizes(node, tensors, len(suffixes), gates)
    weights = [tensors.weights(operand(node, index)) for index in (1, 2)]
    dynamic = any(operand(node, index) not in tensors.constants for index in (1, 2))
    parts: list[Layer] = []
    for index, suffix in enumerate(suffixes):
        into, state = (None if array is None else array[index].T for array in weights)
        parts.append(_gemm(f"{name}{suffix}.input", sizes.steps * sizes.batch, sizes.inputs, gates, sizes, into))
        split = node.op_type == "GRU" and not integer(node, "linear_before_reset", 0)
        rows = [("recurrent.gates", 0, 2), ("recurrent.candidate", 2, 3)] if split else [("recurrent", 0, gates)]
        for part, first, last in rows:
            columns = slice(first * sizes.state, last * sizes.state)
            values = None if state is None else state[:, columns]
            title = f"{name}{suffix}.{part}"
            parts.append(_gemm(title, sizes.batch, sizes.state, last - first, sizes, values, sizes.steps))
    return tuple(replace(part, op=node.op_type.lower(), dynamic=dynamic) for part in parts)


def _sizes(node: onnx.NodeProto, tensors: Tensors, directions: int, gates: int) -> _Sizes:
    """The sizes, which X, W and R must agree on.

    Raises:
        InputError: They do not.
    """
    x, w, r = (tensors.shape(operand(node, index)) for index in (0, 1, 2))
    fits = len(x) == len(w) == len(r) == 3 and min((*x, *w, *r)) > 0
    state = r[-1] if fits else 0
    if not fits or w != (directions, gates * state, x[2]) or r != (directions, gates * state, state):
        raise InputError(
            f"X of shape {x}, W of shape {w} and R of shape {r} do not fit: expected (steps, batch, inputs), "
            f"({directions}, {gates} * state, inputs) and ({directions}, {gates} * state, state)"
        )
    hidden = integer(node, "hidden_size", state)
    if hidden != state:
        raise InputError(f"hidden_size={hidden}, but R has shape {r}")
    steps, batch = (x[1], x[0]) if integer(node, "layout", 0) else (x[0], x[1])
    return _Sizes(steps=steps, batch=batch, inputs=x[2], state=state)


def _gemm(name: str, m: int, k: int, gates: int, sizes: _Sizes, weights: np.ndarray | None, repeats: int = 1) -> Layer:
    """Rows times the weights of some gates, (k, gates * state)."""
    return gemm_layer(name, m, k, gates * sizes.state, weights=weights, repeats=repeats)
