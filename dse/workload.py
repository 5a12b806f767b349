"""The layers of a workload, by group."""

from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dse.schema import SpaceFile, Workload
from mapping.errors import InputError
from mapping.graph import ConvShape, Layer
from mapping.models import load_model

FIXED = "(dense)"  # the layers that are in no group


@dataclass(frozen=True, kw_only=True)
class Work:
    """The layers of one group: each shape once, with the number of times it runs.

    Attributes:
        name: Of the group.
        layers: One layer per shape, without weights: times depend on patterns, not on values.
        runs: How often each runs.
        prunable: Whether each has weights to prune.
    """

    name: str
    layers: tuple[Layer, ...]
    runs: tuple[int, ...]
    prunable: tuple[bool, ...]


def load_workload(file: SpaceFile) -> tuple[Work, ...]:
    """The layers of each group in the order of the file, then those in no group.

    Raises:
        InputError: A model that cannot be loaded, a glob that matches no layer, or a group that no layer is in.
    """
    found: dict[str, Counter[tuple[ConvShape, bool]]] = {name: Counter() for name in (*file.layers, FIXED)}
    examples: dict[ConvShape, Layer] = {}
    matched: set[tuple[str, str]] = set()
    for entry in file.workload:
        model = load_model(entry.model, batch=entry.batch, sequence=entry.sequence)
        layers = model.layers
        kept = _kept(layers, file.keep)
        for layer in _selected(layers, entry):
            name = FIXED if layer.name in kept else _group(layer, file, matched)
            examples.setdefault(layer.shape, Layer(name=layer.name, op=layer.op, shape=layer.shape))
            found[name][layer.shape, not layer.dynamic] += layer.repeats * entry.runs
    for name, group in file.layers.items():
        for glob in group.match:
            if (name, glob) not in matched:
                raise InputError(f"layers.{name}: {glob!r} matches no layer that is not kept dense or taken before")
    return tuple(
        Work(
            name=name,
            layers=tuple(examples[shape] for shape, _ in counts),
            runs=tuple(counts.values()),
            prunable=tuple(prunable for _, prunable in counts),
        )
        for name, counts in found.items()
    )


def _selected(layers: list[Layer], entry: Workload) -> list[Layer]:
    chosen = [layer for layer in layers if fnmatchcase(layer.name, entry.layers)]
    if not chosen:
        raise InputError(f"workload: no layer of {entry.model} matches {entry.layers!r}")
    return chosen


def _kept(layers: list[Layer], keep: list[str]) -> set[str]:
    names = [layer.name for layer in layers]
    ends = {"first": names[0], "last": names[-1]}
    kept: set[str] = set()
    for entry in keep:
        matches = {ends[entry]} if entry in ends else {name for name in names if fnmatchcase(name, entry)}
        if not matches:
            raise InputError(f"keep: no layer matches {entry!r}")
        kept |= matches
    return kept


def _group(layer: Layer, file: SpaceFile, matched: set[tuple[str, str]]) -> str:
    for name, group in file.layers.items():
        for glob in group.match:
            if fnmatchcase(layer.name, glob):
                matched.add((name, glob))
                return name
    return FIXED
