"""A model and the pattern of each of its layers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from mapping.errors import InputError
from mapping.graph import Layer, ModelGraph
from mapping.sparsity import DENSE, KEPT_DENSE, Pattern, kept_dense, parse_nm, prune_layer, stated_patterns

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

    Layers whose second operand is an activation have no weights and stay dense. N:M that the model itself states for a
    layer counts more than ``pattern`` and ``keep``.

    Args:
        model: What to prune.
        pattern: ``dense``, ``N:M``, ``bank:BANK/RATE`` (N:M with M = BANK) or a ``Pattern``. By default 2:8, and dense
            where the model states patterns.
        keep: Layers that stay dense: names or globs, and ``first`` and ``last``.

    Raises:
        InputError: A pattern that is none, an entry of ``keep`` that matches no layer, or a model whose weights are not
            what it states.
    """
    layers = model.layers
    stated = stated_patterns(model, asked=pattern is not None)
    if pattern is None:
        pattern = DENSE if stated else DEFAULT
    chosen = parse_nm(pattern) if isinstance(pattern, str) else pattern
    kept = kept_dense(layers, keep)
    patterns = {layer.name: DENSE if layer.name in kept or layer.dynamic else chosen for layer in layers} | stated
    pruned = tuple(prune_layer(layer, patterns[layer.name]) for layer in layers)
    shown = set(stated.values()) if chosen.is_dense else set()
    return SparseModel(
        model=model, pattern=shown.pop() if len(shown) == 1 else chosen, layers=pruned, patterns=patterns
    )
