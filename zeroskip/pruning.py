"""A model and the pattern of each of its layers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from mapping.errors import InputError
from mapping.graph import Layer, ModelGraph
from mapping.sparsity import DENSE, Pattern, prune_layer

KEPT_DENSE = ("first", "last")


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


def prune(model: ModelGraph, pattern: Pattern | str, keep: Iterable[str] = KEPT_DENSE) -> SparseModel:
    """Prune every layer by magnitude along its input channels.

    Layers whose second operand is an activation have no weights and stay dense. A pattern that the model itself states
    for a layer counts more than ``pattern`` and ``keep``.

    Args:
        model: What to prune.
        pattern: ``dense``, ``N:M`` or a ``Pattern``.
        keep: Layers that stay dense: names or globs, and ``first`` and ``last``.

    Raises:
        InputError: A pattern that is none, or an entry of ``keep`` that matches no layer.
    """
    chosen = Pattern.parse(pattern) if isinstance(pattern, str) else pattern
    layers = model.layers
    kept: set[str] = set()
    for entry in keep:
        if entry in KEPT_DENSE:
            kept.add(layers[0 if entry == "first" else -1].name)
            continue
        matches = {layer.name for layer in layers if fnmatchcase(layer.name, entry)}
        if not matches:
            raise InputError(f"keep: no layer matches {entry!r}")
        kept |= matches
    patterns = {layer.name: DENSE if layer.name in kept or layer.dynamic else chosen for layer in layers}
    patterns |= {name: Pattern.parse(text) for name, text in model.patterns.items()}
    pruned = tuple(prune_layer(layer, patterns[layer.name]) for layer in layers)
    return SparseModel(model=model, pattern=chosen, layers=pruned, patterns=patterns)
