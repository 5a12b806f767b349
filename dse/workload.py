"""The layers of a workload, by group."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from dse.schema import SpaceFile
from dse.schema import Workload as Entry
from mapping.errors import InputError
from mapping.graph import Layer, LayerWork
from mapping.models import load_model
from mapping.sparsity import DENSE, Pattern, kept_dense, stated_patterns

FIXED = "(dense)"  # the layers that are in no group
_Kind = LayerWork | tuple[str, str, LayerWork]  # layers of one kind take equally long


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A layer of the workload.

    Attributes:
        layer: The layer; with weights only where their values decide times.
        group: Name of its group, or ``FIXED``.
        stated: The pattern that the model states for it, which goes before any choice; None where it states none.
        runs: How often its entry runs; it runs ``layer.repeats`` times in each.
    """

    layer: Layer
    group: str
    stated: Pattern | None
    runs: int

    def pattern(self, chosen: Pattern) -> Pattern:
        """Its pattern where ``chosen`` is that of its group."""
        return self.stated or (DENSE if self.layer.dynamic else chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The layers of one group: each kind of layer once, with the number of times it runs.

    Attributes:
        name: Of the group.
        layers: One layer of each kind.
        runs: How often each runs.
        stated: The pattern that the model states for each, if it does.
    """

    name: str
    layers: tuple[Layer, ...]
    runs: tuple[int, ...]
    stated: tuple[Pattern | None, ...]

    def patterns(self, chosen: Pattern) -> tuple[Pattern, ...]:
        """The pattern of each layer where ``chosen`` is that of the group."""
        own = zip(self.layers, self.stated, strict=True)
        return tuple(stated or (DENSE if layer.dynamic else chosen) for layer, stated in own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Layers that are given the same choices.

    Attributes:
        name: That of the group of the file, with the name of the layer where the file asks for each by itself.
        parent: The group of the file.
        prunable: Whether there is something to prune: not in a single layer that multiplies two activations.
    """

    name: str
    parent: str
    prunable: bool


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What runs.

    Attributes:
        entries: The layers of each entry of the file, in the order in which they run.
        models: The model of each entry.
        groups: The groups in the order of the file.
    """

    entries: tuple[tuple[Task, ...], ...]
    models: tuple[str, ...]
    groups: tuple[Group, ...]

    def work(self, layers: Sequence[Sequence[Layer]] | None = None) -> tuple[Work, ...]:
        """The layers of each group in the order of ``groups``, then those in none.

        Args:
            layers: What stands in the place of each layer of each entry, for example its part on one chip.
        """
        names = (*(group.name for group in self.groups), FIXED)
        counts: dict[str, Counter[tuple[_Kind, Pattern | None]]] = {name: Counter() for name in names}
        examples: dict[_Kind, Layer] = {}
        for index, entry in enumerate(self.entries):
            placed = [task.layer for task in entry] if layers is None else layers[index]
            for task, layer in zip(entry, placed, strict=True):
                kind = layer.work if layer.weights is None else (self.models[index], layer.name, layer.work)
                # Layers of several models may be called alike.
                name = layer.name if len(set(self.models)) == 1 else f"{self.models[index]} {layer.name}"
                examples.setdefault(kind, replace(layer, name=name, repeats=1))
                counts[task.group][kind, task.stated] += layer.repeats * task.runs
        return tuple(
            Work(
                name=name,
                layers=tuple(examples[kind] for kind, _ in count),
                runs=tuple(count.values()),
                stated=tuple(stated for _, stated in count),
            )
            for name, count in counts.items()
        )


def load_workload(file: SpaceFile, *, values: bool = False) -> Workload:
    """Load the models of a space and sort their layers into groups.

    Args:
        file: The space.
        values: Whether layers keep the weights that they have.

    Raises:
        InputError: A model that cannot be loaded, a glob that matches no layer, or a group that no layer is in.
    """
    matched: set[tuple[str, str]] = set()
    members: dict[str, dict[str, bool]] = {name: {} for name in file.layers}
    entries = []
    for entry in file.workload:
        model = load_model(entry.model, batch=entry.batch, sequence=entry.sequence)
        layers, stated = model.layers, stated_patterns(model, asked=True)
        kept = kept_dense(layers, file.keep)
        tasks = []
        for layer in _selected(layers, entry):
            fixed = layer.name in kept or layer.name in stated
            parent = None if fixed else _group(layer, file, matched)
            name = FIXED if parent is None else f"{parent}:{layer.name}" if file.layers[parent].each else parent
            if parent is not None:
                members[parent][name] = not (file.layers[parent].each and layer.dynamic)
            bare = replace(layer, weights=layer.weights if values else None, activations=None)
            tasks.append(Task(layer=bare, group=name, stated=stated.get(layer.name), runs=entry.runs))
        entries.append(tuple(tasks))
    for name, group in file.layers.items():
        for glob in group.match:
            if (name, glob) not in matched:
                raise InputError(f"layers.{name}: {glob!r} matches no layer that is not kept dense or taken before")
    groups = tuple(
        Group(name=name, parent=parent, prunable=prunable)
        for parent, names in members.items()
        for name, prunable in names.items()
    )
    models = tuple(entry.model for entry in file.workload)
    return Workload(entries=tuple(entries), models=models, groups=groups)


def _selected(layers: list[Layer], entry: Entry) -> list[Layer]:
    chosen = [layer for layer in layers if fnmatchcase(layer.name, entry.layers)]
    if not chosen:
        raise InputError(f"workload: no layer of {entry.model} matches {entry.layers!r}")
    return chosen


def _group(layer: Layer, file: SpaceFile, matched: set[tuple[str, str]]) -> str | None:
    """The group of a layer; None where no glob takes it."""
    for name, group in file.layers.items():
        for glob in group.match:
            if fnmatchcase(layer.name, glob):
                matched.add((name, glob))
                return name
    return None
