"""A training step as matrix products: forward, backward and weight update of every layer.

With X the input, Y the output, W the master weights and d the gradient of the loss (Fang et al., arXiv:2309.13015, for
BDWP; the algebra is that of any convolution):

| stage | product | m | k (reduction) | n | operand that may be sparse, its groups along |
|---|---|---|---|---|---|
| forward | Y = X w_FF | B Ho Wo | Ci kh kw | Co | w_FF, input channels |
| backward | dX = dY w_BP^T | B Hi Wi; B Ho Wo if strided | Co kh kw | Ci | w_BP, output channels |
| update | dW = X^T dY | Ci kh kw | B Ho Wo | Co | dY, positions (method ``all`` only) |

Groups always lie along the reduction, the input channels of the layer that runs. What a machine runs:

- forward: the layer;
- backward: the phases of the transposed convolution (``mapping.transposed``). Each reads dY once and writes its own
  rows and columns of dX as a tensor of its own; rows and columns that no phase covers stay zero and move nothing;
- update: one GEMM whose left operand is the unfolded input, an address pattern that nobody writes, so X is fetched once
  for every kernel position;
- a product of two activations C = A B: the GEMMs dA = dC B^T and dB = A^T dC take the places of backward and update.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mapping.graph import Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern, prune_layer
from mapping.transposed import phases

Stage = Literal["forward", "backward", "update"]
STAGES: tuple[Stage, ...] = ("forward", "backward", "update")

Method = Literal["dense", "srste", "bdwp", "all"]
METHODS: tuple[Method, ...] = ("dense", "srste", "bdwp", "all")
_SPARSE_STAGES: dict[Method, tuple[Stage, ...]] = {
    "dense": (),
    "srste": ("forward",),
    "bdwp": ("forward", "backward"),
    "all": STAGES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One stage of one layer.

    Attributes:
        layer: Name of the layer.
        stage: Which of its three products.
        m: Rows of the product as one GEMM.
        k: Its reduction.
        n: Its columns.
        repeats: How many such GEMMs there are (groups of a convolution, heads of an attention block).
        pattern: Of its right operand, along the reduction.
        parts: The layers that compute it.
    """

    layer: str
    stage: Stage
    m: int
    k: int
    n: int
    repeats: int
    pattern: Pattern
    parts: tuple[Layer, ...]

    @property
    def macs(self) -> int:
        """Dense multiply-accumulates of all repeats."""
        return self.m * self.k * self.n * self.repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedLayer:
    """One layer of a training step.

    Attributes:
        layer: The layer with its master weights.
        products: Forward, backward (not for the first layer: nobody needs the gradient of the network's input) and
            weight update.
    """

    layer: Layer
    products: tuple[Product, ...]

    @property
    def weights(self) -> int:
        """Number of master weights; 0 for a product of activations."""
        shape = self.layer.shape
        return 0 if self.layer.dynamic else shape.out_channels * shape.positions * shape.group_in_channels

    def pattern(self, stage: Stage) -> Pattern:
        """The pattern of a stage; dense if it has no such stage."""
        return next((product.pattern for product in self.products if product.stage == stage), DENSE)


def training_step(layers: Iterable[Layer], patterns: Mapping[str, Pattern], method: Method) -> list[TrainedLayer]:
    """The products of one training step.

    Args:
        layers: Of the network in forward order, with master weights (not pruned) or without weights.
        patterns: The pattern of each layer by name, where the method prunes.
        method: ``dense``; ``srste``: forward only, as in SR-STE (arXiv:2102.04010); ``bdwp``: forward and backward,
            each with a mask of its own; ``all``: the update too, for comparison with bounds.
    """
    sparse = _SPARSE_STAGES[method]
    steps = []
    for index, layer in enumerate(layers):
        own = {stage: patterns[layer.name] if stage in sparse else DENSE for stage in STAGES}
        products = [_forward(layer, own["forward"]), _backward(layer, own), _update(layer, own["update"])]
        steps.append(TrainedLayer(layer=layer, products=tuple(products if index else products[::2])))
    return steps


def _forward(layer: Layer, pattern: Pattern) -> Product:
    return _product(layer, "forward", (layer.m, layer.k, layer.n), pattern, (prune_layer(layer, pattern),))


def _backward(layer: Layer, patterns: Mapping[Stage, Pattern]) -> Product:
    """The gradient of the input (of the left operand)."""
    shape, pattern = layer.shape, patterns["backward"]
    if layer.dynamic:
        return _gemm(layer, "backward", (layer.m, layer.n, layer.k), pattern)
    # A method that prunes the forward pass only sends gradients back through the same pruned weights, but their groups
    # do not lie along the reduction of this product: the machine computes it dense.
    master = layer if not pattern.is_dense else prune_layer(layer, patterns["forward"])
    parts = []
    for phase in phases(shape):
        name = f"{layer.name}.backward.{phase.row.first}.{phase.col.first}"
        weights = None if master.weights is None else phase.weights(master.weights)
        part = Layer(name=name, op=layer.op, shape=phase.shape, weights=weights, repeats=layer.repeats, seed=layer.seed)
        parts.append(prune_layer(part, pattern))
    rows = layer.m if max(shape.stride) > 1 else shape.images * shape.in_rows * shape.in_cols
    sizes = (rows, shape.positions * shape.group_out_channels, shape.group_in_channels)
    return _product(layer, "backward", sizes, pattern, tuple(parts))


def _update(layer: Layer, pattern: Pattern) -> Product:
    """The gradient of the weights (of the right operand)."""
    return _gemm(layer, "update", (layer.k, layer.m, layer.n), pattern)


def _gemm(layer: Layer, stage: Stage, sizes: tuple[int, int, int], pattern: Pattern) -> Product:
    part = gemm_layer(f"{layer.name}.{stage}", *sizes, repeats=layer.repeats * layer.shape.groups)
    return _product(layer, stage, sizes, pattern, (replace(part, dynamic=True, seed=layer.seed),))


def _product(
    layer: Layer, stage: Stage, sizes: tuple[int, int, int], pattern: Pattern, parts: tuple[Layer, ...]
) -> Product:
    m, k, n = sizes
    return Product(
        layer=layer.name,
        stage=stage,
        m=m,
        k=k,
        n=n,
        repeats=layer.repeats * layer.shape.groups,
        pattern=pattern,
        parts=parts,
    )
