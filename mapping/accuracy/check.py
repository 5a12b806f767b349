"""A written file held against what it should compute, by two independent ways to read it."""

from pathlib import Path

import numpy as np

from mapping.accuracy.pruning import PrunedLayer, PrunedNetwork
from mapping.accuracy.runtime import Feeds, Session
from mapping.accuracy.sites import Site, read
from mapping.arrays import AnyArray
from mapping.importers.onnx.constants import Constants
from mapping.importers.onnx.nodes import real
from mapping.sparsity import SparsityPattern

# Unit roundoffs. A float32 sum of k products, in any order, differs from the exact one by at most k u sum|x||w|
# (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
_ROUNDOFF = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
_SINGLE = 2.0**-24


class WrittenWrongError(AssertionError):
    """A written file does not compute what was pruned: a fault of this project."""


def check_written(path: Path, pruned: PrunedNetwork, pattern: SparsityPattern, feeds: Feeds) -> float:
    """Read a file back and run it.

    - The importer must find the pruned weights, exactly, with zeros as the pattern demands.
    - In ONNX Runtime the outputs of every pruned layer must be those of our own product of its inputs and its pruned
      weights, within the rounding bound of its sums.

    Args:
        path: The file.
        pruned: What was written.
        pattern: Of the pruned layers.
        feeds: One batch of inputs.

    Returns:
        The largest difference, as a share of its bound; 0 where no layer was pruned.

    Raises:
        WrittenWrongError: Something differs.
    """
    shapes = {name: value.shape for name, value in feeds.items()}
    written = read(path, batch=None, shapes=shapes)
    sites = {site.layer.name: site for site in written.sites}
    for layer in pruned.layers:
        name = layer.site.layer.name
        if name not in sites:
            raise WrittenWrongError(f"{path} has no layer {name}")
        found = sites[name].layer.weights
        if found is None or not np.array_equal(found, layer.weights):
            raise WrittenWrongError(f"{path}: the weights of {name} are not those that were pruned")
        if layer.mask is not None and not all(map(pattern.check, layer.site.grouped(found != 0))):
            raise WrittenWrongError(f"{path}: the weights of {name} are not {pattern}")
    worst = 0.0
    constants = Constants(written.model, path.parent)
    chosen = [(layer, sites[layer.site.layer.name]) for layer in pruned.pruned]
    for layer, site in chosen:
        inputs, outputs = Session(written.model, [site.inputs, site.outputs]).run(feeds)
        share = _difference(layer, site, inputs, outputs, _bias(site, constants))
        if not share <= 1:
            raise WrittenWrongError(
                f"{path}: the outputs of {site.layer.name} differ by {share:.3g} times the rounding bound"
            )
        worst = max(worst, share)
    return worst


def _bias(site: Site, constants: Constants) -> AnyArray | float:
    """What a Conv or Gemm adds, of a shape that broadcasts to its output; 0 for a MatMul."""
    node = site.node
    if len(node.input) < 3 or not node.input[2]:
        return 0.0
    values = constants.value(node.input[2])
    if values is None:
        raise WrittenWrongError(f"the bias of {site.layer.name} is no constant")
    if node.op_type == "Conv":
        return values.reshape(-1, *(1,) * (len(site.tensor) - 2)).astype(np.float64)
    return values.astype(np.float64) * real(node, "beta", 1.0)


def _difference(layer: PrunedLayer, site: Site, inputs: AnyArray, outputs: AnyArray, bias: AnyArray | float) -> float:
    """Largest difference between the runtime's outputs and our product, as a share of its rounding bound."""
    rows = site.rows(inputs).astype(np.float64)
    weights = site.grouped(layer.weights).reshape(len(rows), -1, layer.site.layer.k).astype(np.float64)
    turned = np.swapaxes(weights, 1, 2)
    ours = site.to_outputs(rows @ turned, inputs, outputs.shape) + bias
    scale = site.to_outputs(np.abs(rows) @ np.abs(turned), inputs, outputs.shape) + np.abs(bias)
    bound = (site.layer.k + 2) * _SINGLE * scale + _ROUNDOFF.get(outputs.dtype.name, 0.0) * np.abs(ours)
    differences = np.abs(ours - outputs)
    if not differences.size:
        return 0.0
    return float(np.max(np.divide(differences, bound, out=np.where(differences > 0, np.inf, 0.0), where=bound > 0)))
