"""A network pruned layer by layer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
import onnx

from mapping.accuracy.rewrite import replace_weights
from mapping.accuracy.runtime import Feeds, Session
from mapping.accuracy.sites import Site, Weighted
from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.importers.onnx.notes import Notes
from mapping.sparsity import CRITERIA, Calibration, SparsityPattern, kept_dense, prune_weights

CALIBRATED = ("wanda", "sparsegpt")
Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What to do to a layer.

    Attributes:
        pattern: What its mask may look like.
        criterion: A key of ``CRITERIA``.
        seed: Of the criterion ``random``.
    """

    pattern: SparsityPattern
    criterion: str = "magnitude"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a criterion that is none.

        Raises:
            InputError: It is not one of ``CRITERIA``.
        """
        if self.criterion not in CRITERIA:
            raise InputError(f"criterion {self.criterion!r}: expected one of {', '.join(CRITERIA)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning(Treatment):
    """What to do to all layers of a network.

    Attributes:
        keep: Layers that stay dense: names or globs, ``first`` and ``last``.
    """

    keep: tuple[str, ...] = ("first", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedLayer:
    """What became of one layer with weights.

    Attributes:
        site: Where it stands in the network.
        mask: Which weights stay, of the layer's weight shape; None where the layer stays dense.
        weights: Its weights now, in the type that the file stores them in.
        weight_error: L2 norm of the change of the weights, relative to their norm.
        output_error: The same of its outputs over the calibration inputs; None without calibration.
        own_tensor: Whether the file now holds a tensor for this layer alone where it shared or computed one.
    """

    site: Site
    mask: BoolArray | None = field(repr=False)
    weights: AnyArray = field(repr=False)
    weight_error: float = 0.0
    output_error: float | None = None
    own_tensor: bool = False

    @property
    def density(self) -> float:
        """Share of weights that are not zero."""
        return float(np.count_nonzero(self.weights) / self.weights.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedNetwork:
    """A network with pruned weights.

    Attributes:
        model: The network, ready to be written.
        layers: Its layers with weights, in order.
    """

    model: onnx.ModelProto
    layers: tuple[PrunedLayer, ...]

    @property
    def pruned(self) -> tuple[PrunedLayer, ...]:
        """The layers that lost weights."""
        return tuple(layer for layer in self.layers if layer.mask is not None)

    @property
    def density(self) -> float:
        """Share of non-zero weights of all layers with weights."""
        nonzeros = sum(int(np.count_nonzero(layer.weights)) for layer in self.layers)
        return nonzeros / sum(layer.weights.size for layer in self.layers)


def prune(
    network: Weighted,
    pruning: Pruning,
    calibration: Sequence[Feeds] = (),
    step: Step = lambda name, done, total: None,
    *,
    task: str | None = None,
) -> PrunedNetwork:
    """Prune all layers of a network in the same way; see ``prune_each``.

    Args:
        network: The dense network, which stays as it is.
        pruning: What to do.
        calibration: Batches of inputs, for the criteria ``wanda`` and ``sparsegpt`` and for the error of the outputs.
        step: Called before every layer with its name, its index and the number of layers.
        task: Name of the network's evaluation set, which is written into the file; by default what the file says.

    Raises:
        InputError: An entry of ``keep`` that matches no layer, a criterion that lacks its calibration, inputs that do
            not fit the network, or weights that are no real numbers.
    """
    check_calibrated(pruning.criterion, calibration)
    dense = kept_dense(network.layers, pruning.keep)
    treatments = {} if pruning.pattern.is_dense else dict.fromkeys((s.layer.name for s in network.sites), pruning)
    chosen = {name: treatment for name, treatment in treatments.items() if name not in dense}
    return prune_each(network, chosen, calibration, step, task=task)


def prune_each(
    network: Weighted,
    treatments: Mapping[str, Treatment],
    calibration: Sequence[Feeds] = (),
    step: Step = lambda name, done, total: None,
    *,
    task: str | None = None,
) -> PrunedNetwork:
    """Prune a network, from the first layer to the last.

    Each layer is calibrated with the inputs that it sees once the layers before it are pruned, as SparseGPT does it.

    Args:
        network: The dense network, which stays as it is.
        treatments: What to do, by name of the layer; others stay dense.
        calibration: Batches of inputs, for the criteria ``wanda`` and ``sparsegpt`` and for the error of the outputs.
        step: Called before every layer with its name, its index and the number of layers.
        task: Name of the network's evaluation set, which is written into the file; by default what the file says.

    Raises:
        InputError: A criterion that lacks its calibration, inputs that do not fit the network, or weights that are no
            real numbers.
    """
    for each in treatments.values():
        check_calibrated(each.criterion, calibration)
    model = onnx.ModelProto()
    model.CopyFrom(network.model)
    layers: list[PrunedLayer] = []
    calibrations: list[Calibration] = []
    seen: tuple[object, ...] = ()
    for index, site in enumerate(network.sites):
        step(site.layer.name, index, len(network.sites))
        assert site.layer.weights is not None
        treatment = treatments.get(site.layer.name)
        if treatment is None or treatment.pattern.is_dense:
            layers.append(PrunedLayer(site=site, mask=None, weights=site.layer.weights))
        else:
            # Layers side by side (query, key and value) see the same: none of them comes before another.
            if seen != site.sees:
                calibrations, seen = _calibrate(model, site, calibration), site.sees
            layers.append(_prune_site(model, site, treatment, calibrations))
    pruned = tuple(layer.site.layer.name for layer in layers if layer.mask is not None)
    # A file says one pattern of all its pruned layers, or nothing.
    patterns = {str(treatments[name].pattern) for name in pruned}
    common = patterns.pop() if len(patterns) == 1 else None
    notes = Notes(task=task or network.notes.task, pattern=common, pruned=pruned if common else ())
    notes.write(model)
    return PrunedNetwork(model=model, layers=tuple(layers))


def _prune_site(
    model: onnx.ModelProto, site: Site, treatment: Treatment, calibrations: Sequence[Calibration]
) -> PrunedLayer:
    """Prune one layer and put its weights into the model."""
    if site.dtype.kind in "iub":
        raise InputError(
            f"layer {site.layer.name} has {site.dtype} weights, only real ones are pruned: --keep it dense"
        )
    weights = site.layer.weights
    assert weights is not None
    parts = []
    for part, inputs in zip(site.grouped(weights), calibrations or repeat(None), strict=False):
        try:
            parts.append(_pruned(part, treatment, inputs))
        except InputError as error:
            raise InputError(f"layer {site.layer.name}: {error}") from error
    mask = np.concatenate([mask for mask, _ in parts])
    if mask.all():  # a group of one channel has nothing to lose
        return PrunedLayer(site=site, mask=None, weights=weights)
    # In the type that the file stores: what is written is what is reported.
    found = np.concatenate([values for _, values in parts]).astype(site.dtype).astype(np.float32)
    own = replace_weights(model, site, found)
    change = found - weights
    return PrunedLayer(
        site=site,
        mask=mask,
        weights=found,
        weight_error=float(np.linalg.norm(change) / np.linalg.norm(weights)),
        output_error=_output_error(site, change, weights, calibrations),
        own_tensor=own,
    )


def check_calibrated(criterion: str, calibration: Sequence[Feeds]) -> None:
    """Refuse a criterion that lacks its calibration.

    Raises:
        InputError: It does.
    """
    if criterion in CALIBRATED and not calibration:
        raise InputError(f"criterion {criterion} looks at the inputs of the layers: it needs calibration inputs")


def _pruned(weights: AnyArray, how: Treatment, inputs: Calibration | None) -> tuple[BoolArray, AnyArray]:
    return prune_weights(weights, how.pattern, how.criterion, calibration=inputs, seed=how.seed)


def _calibrate(model: onnx.ModelProto, site: Site, calibration: Sequence[Feeds]) -> list[Calibration]:
    """What the criteria need to know of the layer's inputs, for each of its groups; nothing without calibration."""
    if not calibration:
        return []
    session = Session(model, [site.inputs])
    found = [Calibration(site.layer.k) for _ in range(site.layer.shape.groups)]
    for feeds in calibration:
        (activations,) = session.run(feeds)
        for group, rows in zip(found, site.rows(activations), strict=True):
            try:
                group.add(rows)
            except InputError as error:
                raise InputError(f"layer {site.layer.name}: {error}") from error
    return found


def _output_error(site: Site, change: AnyArray, weights: AnyArray, calibrations: Sequence[Calibration]) -> float | None:
    """L2 norm of the change of the outputs over that of the outputs, from X^T X alone."""

    def energy(matrices: AnyArray) -> float:
        flat = matrices.reshape(*matrices.shape[:2], -1).astype(np.float64)
        grams = (inputs.gram for inputs in calibrations)
        return sum(float(((matrix @ gram) * matrix).sum()) for matrix, gram in zip(flat, grams, strict=True))

    if not calibrations:
        return None
    whole = energy(site.grouped(weights))
    return float(np.sqrt(max(energy(site.grouped(change)), 0) / whole)) if whole > 0 else 0.0
