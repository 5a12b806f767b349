"""The patterns that a model brings along."""

from mapping.errors import InputError
from mapping.graph import ModelGraph
from mapping.sparsity.patterns import Along, Pattern, parse_pattern


def stated_patterns(model: ModelGraph, *, asked: bool) -> dict[str, Pattern]:
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
