"""Where the weights of a network stand in its ONNX file, and how their layout relates to the layer's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx.external_data_helper import load_external_data_for_model

from mapping.arrays import AnyArray
from mapping.errors import InputError
from mapping.graph import Layer, ModelGraph
from mapping.importers.onnx.inputs import runtime_inputs
from mapping.importers.onnx.network import Network, read_network
from mapping.importers.onnx.nodes import integer, real
from mapping.importers.onnx.notes import Notes
from mapping.importers.onnx.reader import read_model
from mapping.unfold import unfold

_MOST_BYTES = 2**31 - 2**24  # of a protobuf message, with room for what is not tensors
_OPERATORS = ("Conv", "Gemm", "MatMul")


@dataclass(frozen=True, slots=True)
class Site:
    """One operator with weights.

    Attributes:
        layer: The layer it became.
        node: The operator.
        operand: Which of its inputs the weights are, 0 or 1.
        tensor: Shape of that tensor.
        dtype: What it holds where the operator reads it.
    """

    layer: Layer
    node: onnx.NodeProto
    operand: int
    tensor: tuple[int, ...]
    dtype: np.dtype[np.generic]

    @property
    def weights(self) -> str:
        """Name of the tensor with the weights."""
        return str(self.node.input[self.operand])

    @property
    def inputs(self) -> str:
        """Name of the tensor with the activations."""
        return str(self.node.input[1 - self.operand])

    @property
    def outputs(self) -> str:
        """Name of the tensor that it computes."""
        return str(self.node.output[0])

    @property
    def sees(self) -> tuple[object, ...]:
        """What decides ``rows``: layers that have it in common multiply the same rows."""
        shape = self.layer.shape
        window = (shape.kernel, shape.stride, shape.dilation, shape.padding)
        turned = self._transposed(1 - self.operand)
        return (self.inputs, self.node.op_type, self.operand, turned, window, shape.groups, self.layer.k)

    def _transposed(self, operand: int) -> bool:
        names = ("transA", "transB")
        return self.node.op_type == "Gemm" and bool(integer(self.node, names[operand], 0))

    def to_tensor(self, weights: AnyArray) -> AnyArray:
        """The tensor that makes the layer's weights ``weights``, (out, kernel rows, kernel columns, in / groups)."""
        if self.node.op_type == "Conv":
            channels_first = np.moveaxis(weights, -1, 1)
            return np.ascontiguousarray(channels_first.reshape(self.tensor)).astype(self.dtype)
        alpha = real(self.node, "alpha", 1.0) if self.node.op_type == "Gemm" else 1.0
        flat = weights.reshape(*self.tensor[:-2], -1, self.layer.k)  # (..., n, k)
        # The right operand is (k, n), the left one (n, k): its product is that of the transposed operands.
        if self._transposed(self.operand) != (self.operand == 1):
            flat = np.swapaxes(flat, -1, -2)
        values = flat.reshape(self.tensor)
        return np.ascontiguousarray(values if alpha == 1 else values / weights.dtype.type(alpha)).astype(self.dtype)

    def rows(self, activations: AnyArray) -> AnyArray:
        """What the layer multiplies its weights by.

        Args:
            activations: Values of the tensor ``inputs``.

        Returns:
            (groups, rows, k) float32, k in the order of the flattened weights of an output.
        """
        shape, groups = self.layer.shape, self.layer.shape.groups
        values = activations.astype(np.float32, copy=False)
        if self.node.op_type == "Conv":
            sizes = (len(values), shape.in_channels, shape.in_rows, shape.in_cols)
            last = np.moveaxis(values.reshape(sizes), 1, -1)
            parts = np.split(last, groups, axis=-1)
            return np.stack([unfold(part, shape) for part in parts])
        # The right operand is (k, n): its columns are the rows; Gemm may store either the other way round.
        if values.ndim > 1 and self._transposed(1 - self.operand) != (self.operand == 0):
            values = np.swapaxes(values, -1, -2)
        if groups == 1:
            return values.reshape(1, -1, self.layer.k)
        stacks = values.reshape(-1, groups, values.shape[-2], self.layer.k)
        return np.moveaxis(stacks, 1, 0).reshape(groups, -1, self.layer.k)

    def to_outputs(self, product: AnyArray, activations: AnyArray, sizes: tuple[int, ...]) -> AnyArray:
        """The operator's output tensor, without bias, from the products of ``rows`` and weights.

        Args:
            product: (groups, rows, outputs of a group).
            activations: What ``rows`` was given.
            sizes: Shape of the output tensor.
        """
        groups, _, outputs = product.shape
        if self.node.op_type == "Conv":
            last = np.moveaxis(product, 0, 1).reshape(sizes[0], *sizes[2:], groups * outputs)
            return np.moveaxis(last, -1, 1)
        turned = self.operand == 0 and min(activations.ndim, len(self.tensor)) > 1
        order = (*sizes[:-2], sizes[-1], sizes[-2]) if turned else sizes
        matrices = math.prod(self.tensor[:-2])
        if groups > 1:
            product = np.moveaxis(product.reshape(groups, -1, order[-2], outputs), 0, 1)
        elif matrices > 1:
            product = np.moveaxis(product.reshape(-1, matrices, outputs // matrices), 1, 0)
        values = product.reshape(order)
        return np.swapaxes(values, -1, -2) if turned else values

    def grouped(self, weights: AnyArray) -> AnyArray:
        """The layer's weights as (groups, outputs of a group, kernel rows, kernel columns, inputs of a group)."""
        return weights.reshape(self.layer.shape.groups, -1, *weights.shape[1:])


@dataclass(frozen=True, slots=True)
class Weighted:
    """A network with weights that can be exchanged.

    Attributes:
        path: Its file.
        model: The file's content, with external tensors loaded and a name for every operator.
        bound: The same with the free sizes of its inputs bound.
        sites: Its operators with weights, in the order in which they run.
        layers: All its layers in that order, those without weights too.
        notes: What this project wrote into the file.
    """

    path: Path
    model: onnx.ModelProto
    bound: onnx.ModelProto
    sites: tuple[Site, ...]
    layers: tuple[Layer, ...]
    notes: Notes


def read(path: str | Path, *, batch: int | None = 1, shapes: Mapping[str, tuple[int, ...]] | None = None) -> Weighted:
    """Read a file whose weights are to be pruned.

    Args:
        path: An ``.onnx`` file.
        batch: Value of the free first dimensions, for shape inference only.
        shapes: Whole shapes of inputs, likewise.

    Raises:
        InputError: As ``mapping.importers.load_onnx``, and if the network has no weights.
    """
    path = Path(path)
    model = read_model(path)
    network = read_network(path, batch=batch if _batch_is_free(model) else None, shapes=shapes or {}, seed=0)
    load_external_data_for_model(model, str(path.parent))
    size = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    if size > _MOST_BYTES:
        raise InputError(f"{path} holds {size} bytes of tensors; one file holds at most {_MOST_BYTES}")
    stored = {node.output[0]: node for node in model.graph.node}
    for name, node in network.nodes.items():
        if node.output[0] in stored:
            stored[node.output[0]].name = name
    layers = ModelGraph(name=path.stem, graph=network.graph, source="", weights_note="").layers
    sites = [site for layer in layers if (site := _site(layer, network, stored)) is not None]
    if not sites:
        operators = ", ".join(_OPERATORS)
        raise InputError(f"{path}: no {operators} has real weights of its own: there is nothing to prune")
    return Weighted(path, model, network.model, tuple(sites), tuple(layers), network.notes)


def _batch_is_free(model: onnx.ModelProto) -> bool:
    """Whether the file leaves the first dimension of an input open."""
    sizes = (value.type.tensor_type.shape.dim for value in runtime_inputs(model.graph).values())
    return any(dims[0].dim_value < 1 for dims in sizes if dims)


def _site(layer: Layer, network: Network, stored: Mapping[str, onnx.NodeProto]) -> Site | None:
    """The site of a layer; None if it has no weights, or its operator is not one whose weights are exchanged.

    Those are recurrent and transposed operators, and quantised ones, which the importer reads as what they stand for.
    """
    node = network.nodes.get(layer.name)
    if node is None or layer.weights is None or layer.dynamic or node.op_type not in _OPERATORS:
        return None
    if stored[node.output[0]].op_type != node.op_type:
        return None
    operand = 1 if node.input[1] in network.constants else 0
    array = network.constants.array(node.input[operand])
    return Site(layer, node, operand, array.shape, array.dtype)
