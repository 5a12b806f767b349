"""Layers as GEMMs with their true tensor shape, and the graph they came from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from zlib import crc32

import networkx as nx
import numpy as np

from mapping.arrays import Float32Array
from mapping.errors import InputError

# The product of all sizes of a layer: with bytes per element and cycles per product it still fits into int64.
MAX_SIZE = 2**52

# What may be done to every output element before the next product: operators that multiply no matrices.
VectorOp = Literal["relu", "add", "gelu", "softmax", "layernorm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvShape:
    """The NHWC convolution that every multiply-accumulate operator is written as.

    A GEMM ``out[m, n] += act[m, k] * weight[k, n]`` is a 1 x 1 convolution over ``in_rows=m`` rows of one
    column. Channels are per tensor, not per group. ``padding`` is (top, left, bottom, right), in elements.
    """

    images: int = 1
    in_rows: int
    in_cols: int
    in_channels: int
    out_channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1

    def __post_init__(self) -> None:
        """Refuse shapes that describe no convolution.

        Raises:
            InputError: A size below 1, a negative padding, channels that the groups do not divide, a kernel larger
                than the padded input, or sizes beyond counting.
        """
        sizes = {
            "images": self.images,
            "in_rows": self.in_rows,
            "in_cols": self.in_cols,
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "groups": self.groups,
        }
        pairs = (("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation))
        sizes |= {f"{name}[{axis}]": pair[axis] for name, pair in pairs for axis in (0, 1)}
        for name, value in sizes.items():
            if value < 1:
                raise InputError(f"{name}={value}: must be at least 1")
        if min(self.padding) < 0:
            raise InputError(f"padding={self.padding}: must not be negative")
        for name in ("in_channels", "out_channels"):
            if sizes[name] % self.groups:
                raise InputError(f"{name}={sizes[name]} is not a multiple of groups={self.groups}")
        if math.prod(sizes.values()) > MAX_SIZE:
            raise InputError(f"a convolution of {sizes} is beyond what 64-bit counts hold")
        if self.out_rows < 1 or self.out_cols < 1:
            raise InputError(
                f"kernel={self.kernel} with dilation={self.dilation} is larger than the padded input "
                f"{self.in_rows} x {self.in_cols} (padding {self.padding})"
            )

    @property
    def out_rows(self) -> int:
        """Rows of the output tensor."""
        top, _, bottom, _ = self.padding
        return (self.in_rows + top + bottom - self.dilation[0] * (self.kernel[0] - 1) - 1) // self.stride[0] + 1

    @property
    def out_cols(self) -> int:
        """Columns of the output tensor."""
        _, left, _, right = self.padding
        return (self.in_cols + left + right - self.dilation[1] * (self.kernel[1] - 1) - 1) // self.stride[1] + 1

    @property
    def group_in_channels(self) -> int:
        """Input channels that one output channel sums over."""
        return self.in_channels // self.groups

    @property
    def group_out_channels(self) -> int:
        """Output channels of one group."""
        return self.out_channels // self.groups

    @property
    def positions(self) -> int:
        """Kernel positions, kh * kw."""
        return self.kernel[0] * self.kernel[1]

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Canonical weight shape: (out_channels, kernel rows, kernel columns, in_channels / groups)."""
        return (self.out_channels, *self.kernel, self.group_in_channels)


# Shape, whether the second operand is an activation, and what is done to the outputs.
LayerWork = tuple[ConvShape, bool, tuple[VectorOp, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One operator that multiplies and accumulates.

    Attributes:
        name: Unique in its model.
        op: The operator it came from: ``conv``, ``gemm`` or ``matmul``.
        shape: Its convolution view.
        weights: ``shape.weight_shape`` float32, or None: then they are drawn from ``seed`` when values are asked for.
        activations: (images, in_rows, in_cols, in_channels) float32, or None: then they are drawn from ``seed``.
        repeats: How many times the same shape runs with other operands (heads of an attention block).
        dynamic: True when the second operand is an activation too: it has no weights to prune.
        then: What is done to every output element before the next product, as far as the model says; families
            without vector units leave it out.
        seed: Seed of the drawn weights and sampled activations.
    """

    name: str
    op: str
    shape: ConvShape
    weights: Float32Array | None = field(default=None, repr=False, compare=False)
    activations: Float32Array | None = field(default=None, repr=False, compare=False)
    repeats: int = 1
    dynamic: bool = False
    then: tuple[VectorOp, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the values against the shape.

        Raises:
            InputError: Weights or activations of another shape, or weights with NaN or infinite values.
        """
        if self.repeats < 1:
            raise InputError(f"layer {self.name}: repeats={self.repeats}: must be at least 1")
        inputs = (self.shape.images, self.shape.in_rows, self.shape.in_cols, self.shape.in_channels)
        if self.activations is not None and self.activations.shape != inputs:
            raise InputError(f"layer {self.name}: activations have shape {self.activations.shape}, expected {inputs}")
        if self.weights is None:
            return
        if self.weights.shape != self.shape.weight_shape:
            raise InputError(
                f"layer {self.name}: weights have shape {self.weights.shape}, expected {self.shape.weight_shape}"
            )
        if not np.isfinite(self.weights).all():
            bad = int(np.size(self.weights) - np.isfinite(self.weights).sum())
            raise InputError(f"layer {self.name}: {bad} weights are NaN or infinite; only finite weights can be pruned")

    @property
    def m(self) -> int:
        """Rows of the GEMM: output positions of all images."""
        return self.shape.images * self.shape.out_rows * self.shape.out_cols

    @property
    def k(self) -> int:
        """Reduction length of the GEMM of one group."""
        return self.shape.positions * self.shape.group_in_channels

    @property
    def n(self) -> int:
        """Columns of the GEMM of one group."""
        return self.shape.group_out_channels

    @property
    def macs(self) -> int:
        """Dense multiply-accumulates of one run: m * k * n * groups."""
        return self.m * self.k * self.n * self.shape.groups

    @property
    def work(self) -> LayerWork:
        """What decides its time beside pattern and values: layers with equal work are scheduled once."""
        return self.shape, self.dynamic, self.then

    def values(self) -> Float32Array:
        """The weights, drawn from N(0, 1) with ``seed`` and the layer's name where the model has none."""
        if self.weights is not None:
            return self.weights
        rng = np.random.default_rng([self.seed, crc32(self.name.encode())])
        return rng.standard_normal(self.shape.weight_shape, dtype=np.float32)

    def with_weights(self, weights: Float32Array) -> "Layer":
        """The same layer with other weights."""
        return replace(self, weights=weights)


def gemm_layer(name: str, m: int, k: int, n: int, *, weights: Float32Array | None = None, repeats: int = 1) -> Layer:
    """A plain GEMM, ``out[m, n] += act[m, k] * weight[k, n]``; ``weights`` is (k, n) float32."""
    shape = ConvShape(in_rows=m, in_cols=1, in_channels=k, out_channels=n)
    canonical = None if weights is None else np.ascontiguousarray(weights.T, np.float32).reshape(shape.weight_shape)
    return Layer(name=name, op="gemm", shape=shape, weights=canonical, repeats=repeats)


@dataclass(frozen=True, kw_only=True)
class ModelGraph:
    """The operators of a network in execution order.

    Attributes:
        name: What the user called it.
        graph: One node per operator, an edge where a tensor flows; node attributes ``op`` and, where the operator
            multiplies and accumulates, ``layer``.
        source: Where it came from, for the output: a path, a package, or a shape table.
        weights_note: Where the weights came from, in words.
        patterns: The pattern that the source states for a layer, by name, as N:M; it goes before the one a
            user asks for.
    """

    name: str
    graph: "nx.DiGraph[str]"
    source: str
    weights_note: str
    patterns: Mapping[str, str] = field(default_factory=dict)

    @property
    def layers(self) -> list[Layer]:
        """Layers in the order in which they run."""
        order = nx.lexicographical_topological_sort(self.graph, key=lambda node: self.graph.nodes[node]["position"])
        return [self.graph.nodes[node]["layer"] for node in order if "layer" in self.graph.nodes[node]]

    @property
    def passed_through(self) -> dict[str, int]:
        """Operators without multiply-accumulates, by type: they are listed, not simulated."""
        counts: dict[str, int] = {}
        for _, data in self.graph.nodes(data=True):
            if "layer" not in data:
                counts[data["op"]] = counts.get(data["op"], 0) + 1
        return dict(sorted(counts.items()))

    @property
    def macs(self) -> int:
        """Dense multiply-accumulates of the whole network."""
        return sum(layer.macs * layer.repeats for layer in self.layers)


def chain(name: str, layers: list[Layer], *, source: str, weights_note: str) -> ModelGraph:
    """A model whose layers run one after another."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for position, layer in enumerate(layers):
        if layer.name in graph:
            raise InputError(f"model {name}: two layers are called {layer.name!r}")
        graph.add_node(layer.name, op=layer.op, layer=layer, position=position)
        if position:
            graph.add_edge(layers[position - 1].name, layer.name)
    return ModelGraph(name=name, graph=graph, source=source, weights_note=weights_note)


def ceil_div(a: int, b: int) -> int:
    """The smallest integer not below a / b."""
    return -(-a // b)
