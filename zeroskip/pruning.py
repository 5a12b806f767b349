"""A model and the pattern of each of its layers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from mapping.errors import InputError
from mapping.graph import Layer, ModelGraph
from mapping.sparsity import DENSE, KEPT_DENSE, Pattern, kept_dense, parse_pattern, prune_layer
from mapping.sparsity.patterns import Along
from mapping.sparsity.patterns.bank import BankBalanced

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
    stated = _stated(model, asked=pattern is not None)
    if pattern is None:
        pattern = DENSE if stated else DEFAULT
    chosen = _parse(pattern) if isinstance(pattern, str) else pattern
    kept = kept_dense(layers, keep)
    patterns = {layer.name: DENSE if layer.name in kept or layer.dynamic else chosen for layer in layers} | stated
    pruned = tuple(prune_layer(layer, patterns[layer.name]) for layer in layers)
    shown = set(stated.values()) if chosen.is_dense else set()
    return SparseModel(
        model=model, pattern=shown.pop() if len(shown) == 1 else chosen, layers=pruned, patterns=patterns
    )


def _stated(model: ModelGraph, *, asked: bool) -> dict[str, Pattern]:
    """The patterns that a model states for its layers; those that no family takes give way if one was ``asked`` for.

    Raises:
        InputError: Nobody asked for another, or the weights do not have them.
    """
    found = {}
    for layer in model.layers:
        text = model.patterns.get(layer.name)
        if text is None:
            continue
        pattern = parse_pattern(text)
        if isinstance(pattern, Along) and pattern.axis == "in":
            pattern = pattern.pattern
        if not isinstance(pattern, Pattern):
            if not asked:
                raise InputError(f"{model.name} is pruned to {text}; the families take N:M or dense: give --pattern")
            continue
        if layer.weights is not None and not pattern.check(layer.weights != 0):
            raise InputError(f"{model.name} states that layer {layer.name} is {text}, but its weights are not")
        found[layer.name] = pattern
    return found


def _parse(text: str) -> Pattern:
    banks = BankBalanced.read(text)
    return Pattern.parse(text) if banks is None else banks.as_nm()
