"""Layers that are alike: they share a program, and with it every number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix

from zeroskip.simulation import LayerResult, Result


@dataclass(frozen=True, kw_only=True)
class Group:
    """Layers with one program.

    Attributes:
        number: Counted from 1, in the order in which the first layer of each group runs.
        layers: At least one.
    """

    number: int
    layers: tuple[LayerResult, ...]

    @property
    def first(self) -> LayerResult:
        """The layer that runs first; the others have the same numbers."""
        return self.layers[0]

    @property
    def runs(self) -> int:
        """How often the program runs."""
        return sum(layer.layer.repeats for layer in self.layers)

    @property
    def cycles(self) -> int:
        """Cycles of all runs."""
        return self.runs * self.first.cycles

    def label(self, prefix: str = "") -> str:
        """The name of its first layer without ``prefix``, and how many others there are."""
        name = self.first.layer.name.removeprefix(prefix)
        return f"{name} +{len(self.layers) - 1}" if len(self.layers) > 1 else name

    def file_name(self) -> str:
        """A name for its program that every file system takes."""
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", self.first.layer.name)
        return f"{self.number:03}-{safe[-80:]}.npz"


def groups(result: Result) -> list[Group]:
    """All layers of a result, grouped."""
    found: dict[int, list[LayerResult]] = {}
    for layer in result.layers:
        found.setdefault(id(layer.lowered.program), []).append(layer)
    return [Group(number=number, layers=tuple(layers)) for number, layers in enumerate(found.values(), start=1)]


def shared_prefix(names: Sequence[str]) -> str:
    """What all names begin with, up to a slash or dot; empty for a single name."""
    if len(names) < 2:
        return ""
    prefix = commonprefix(names)  # noqa: RUF071  # character by character is right: it is cut below
    return prefix[: max(prefix.rfind("/"), prefix.rfind(".")) + 1]
