"""A model and the pattern of each of its layers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from mapping.errors import InputError
from mapping.graph import Layer, ModelGraph
from mapping.sparsity import DENSE, KEPT_DENSE, Pattern, kept_dense, parse_pattern, prune_layer
from mapping.sparsity.patterns import Along

DEFAULT = "2:8"


@dataclass(frozen=True, kw_only=True)
class SparseModel:
    """A pruned model.

    Attributes:
        model: The model it came from.
        pattern: The pattern asked for.
        layers: Its layers with pruned weights, in the order in which they run.
        patterns: The pattern of each layer, by name.
    """

    model: ModelGraph
    pattern: Pattern
    layers: tuple[Layer, ...]
    patterns: Mapping[str, Pattern]

    def select(self, glob: str) -> "SparseModel":
        """Only the layers whose name matches ``glob``.

        Raises:
            InputError: No layer matches.
        """
        chosen = tuple(layer for layer in self.layers if fnmatchcase(layer.name, glob))
        if not chosen:
            names = [layer.name for layer in self.layers]
            shown = ", ".join(names[:8]) + (f", ... ({len(names)} layers)" if len(names) > 8 else "")
            raise InputError(f"no layer matches {glob!r}; layers: {shown}")
        return replace(self, layers=chosen)


def prune(model: ModelGraph, pattern: Pattern | str | None = None, keep: Iterable[str] = KEPT_DENSE) -> SparseModel:
    """Prune every layer by magnitude along its input channels.

    Layers whose second operand is an activation have no weights and stay dense.

    Args:
        model: What to prune.
        pattern: ``dense``, ``N:M`` or a ``Pattern``. By default that of a network that says what it is pruned to: its
            weights stay as they are, whatever ``keep`` says; of any other network 2:8.
        keep: Layers that stay dense: names or globs, and ``first`` and ``last``.

    Raises:
        InputError: A pattern that is none, an entry of ``keep`` that matches no layer, or a network whose weights are
            not what it says.
    """
    if pattern is None:
        if model.pruned_to is not None:
            return _as_pruned(model, model.pruned_to)
        pattern = DEFAULT
    chosen = Pattern.parse(pattern) if isinstance(pattern, str) else pattern
    layers = model.layers
    kept = kept_dense(layers, keep)
    patterns = {layer.name: DENSE if layer.name in kept or layer.dynamic else chosen for layer in layers}
    pruned = tuple(prune_layer(layer, patterns[layer.name]) for layer in layers)
    return SparseModel(model=model, pattern=chosen, layers=pruned, patterns=patterns)


def _as_pruned(model: ModelGraph, text: str) -> SparseModel:
    """The model as it is, with the pattern that it says some of its layers have.

    Raises:
        InputError: A pattern that no family takes, or weights that do not have it.
    """
    found = parse_pattern(text)
    if isinstance(found, Along) and found.axis == "in":
        found = found.pattern
    if not isinstance(found, Pattern):
        raise InputError(f"{model.name} is pruned to {text}; the families take N:M or dense: give --pattern")
    patterns = {layer.name: found if layer.name in model.pruned_layers else DENSE for layer in model.layers}
    for layer in model.layers:
        pattern = patterns[layer.name]
        if layer.weights is not None and not pattern.is_dense and not pattern.check(layer.weights != 0):
            raise InputError(f"{model.name} says that layer {layer.name} is {text}, but its weights are not")
    return SparseModel(model=model, pattern=found, layers=tuple(model.layers), patterns=patterns)
