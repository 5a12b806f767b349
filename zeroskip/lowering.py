"""From a pruned model to programs: scheduling and lowering, layer by layer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mapping.errors import InputError
from mapping.graph import Layer, LayerWork
from mapping.sparsity import DENSE, Pattern
from simulator.config import FamilyConfig
from simulator.families import Family, family
from simulator.program import Program
from simulator.scheduling import Choice, best_mapping
from zeroskip.pruning import SparseModel

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class LoweredLayer:
    """A layer ready to run.

    Attributes:
        layer: The layer, pruned; on a family of several equal chips the part of it that one chip runs.
        pattern: The pattern it is pruned to.
        choice: The mapping that scheduling chose.
        program: Its program.
        dense: What scheduling chose for the same layer, not pruned, on the same machine.
    """

    layer: Layer
    pattern: Pattern
    choice: Choice
    program: Program
    dense: Choice


@dataclass(frozen=True, kw_only=True)
class LoweredModel:
    """A model ready to run: its layers run one after another, each as its own program.

    Attributes:
        sparse: The pruned model.
        family: The accelerator family.
        config: Its configuration.
        config_name: What the configuration is called in the output.
        layers: Its layers, in order.
    """

    sparse: SparseModel
    family: Family[Any]
    config: FamilyConfig
    config_name: str
    layers: tuple[LoweredLayer, ...]


def load_config(family_name: str = "sat", name: str | None = None, settings: tuple[str, ...] = ()) -> FamilyConfig:
    """A configuration of a family: a name or a TOML file, with ``KEY=VALUE`` settings applied.

    Raises:
        InputError: No such family, name or file, or values that are not legal.
    """
    loaded: FamilyConfig = family(family_name).load_config(name, settings)
    return loaded


def lower(
    sparse: SparseModel,
    family_name: str = "sat",
    config: FamilyConfig | None = None,
    *,
    config_name: str = "custom",
    progress: Progress | None = None,
) -> LoweredModel:
    """Schedule and lower every layer of a pruned model.

    Layers of equal work and pattern are scheduled once. Without weights they also share their program.

    Args:
        sparse: The pruned model.
        family_name: The accelerator family.
        config: Its configuration; by default the family's own default.
        config_name: What to call it in the output.
        progress: Called with the name of each layer, its index and the number of layers.

    Raises:
        InputError: A layer that cannot run on this configuration, or a model that it cannot hold.
    """
    chosen = family(family_name)
    if config is None:
        config, config_name = chosen.load_config(), chosen.default
    choices: dict[tuple[LayerWork, Pattern], Choice] = {}
    programs: dict[tuple[LayerWork, Pattern], Program] = {}

    def choice(layer: Layer, pattern: Pattern) -> Choice:
        key = (layer.work, pattern)
        if key not in choices:
            choices[key] = best_mapping(chosen, layer, pattern, config)
        return choices[key]

    def program(layer: Layer, pattern: Pattern) -> Program:
        key = (layer.work, pattern)
        if layer.weights is None and key in programs:
            return programs[key]
        lowered = chosen.lower(layer, pattern, choice(layer, pattern).mapping, config)
        try:
            chosen.check(lowered, config)
        except InputError as error:
            raise InputError(f"layer {layer.name} cannot be encoded: {error}") from error
        if layer.weights is None:
            programs[key] = lowered
        return lowered

    layers = chosen.on_chip(sparse.layers, config)
    chosen.check_room([(layer, sparse.patterns[layer.name]) for layer in layers], config)
    lowered = []
    for index, layer in enumerate(layers):
        if progress is not None:
            progress(layer.name, index, len(layers))
        pattern = sparse.patterns[layer.name]
        lowered.append(
            LoweredLayer(
                layer=layer,
                pattern=pattern,
                choice=choice(layer, pattern),
                program=program(layer, pattern),
                dense=choice(layer, DENSE),
            )
        )
    return LoweredModel(sparse=sparse, family=chosen, config=config, config_name=config_name, layers=tuple(lowered))
