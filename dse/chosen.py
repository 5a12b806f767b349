"""Metrics that follow from what is chosen for layers, on any machine: measured accuracy and declared proxies."""

from collections.abc import Mapping
from typing import Any

from dse.bounds import Bound, bounds_of
from dse.choices import ACCURACY, Choice
from dse.space import Design, Space
from mapping.errors import InputError
from mapping.sparsity import parse_nm


class Chosen:
    """The metrics of a space that no machine changes.

    Args:
        space: What they are of.

    Raises:
        InputError: Accuracy is asked for and cannot be measured.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self.bounds = tuple(bound for bound in bounds_of(space.file) if bound.metric in space.chosen)
        self._tables = {
            name: {group: {parse_nm(text): value for text, value in table.items()} for group, table in tables.items()}
            for name, tables in space.file.proxies.items()
        }
        self._network = None
        if ACCURACY in space.chosen:
            from dse.accuracy import Network  # noqa: PLC0415  # ONNX Runtime is slow to import

            self._network = Network(space.file, space.workload)

    @property
    def content(self) -> Any:  # noqa: ANN401  # any JSON
        """What results depend on: how the metrics are made, and the limits beyond which nothing is simulated."""
        network = None if self._network is None else self._network.content
        return [network, self._space.file.proxies, [str(bound) for bound in self.bounds]]

    def content_of(self, choices: tuple[Choice, ...]) -> list[str]:
        """What of choices decides these metrics beyond what decides times."""
        return [] if self._network is None else [choice.criterion for choice in choices if not choice.pattern.is_dense]

    def metrics(self, design: Design) -> dict[str, float]:
        """All of them.

        Raises:
            InputError: A layer cannot be pruned like this, or a proxy has no value for a pattern.
        """
        found = self.proxies(design)
        if self._network is not None:
            found[ACCURACY] = self._network.accuracy(design.choices)
        return found

    def proxies(self, design: Design) -> dict[str, float]:
        """The declared ones."""
        return {name: self._proxy(name, design) for name in self._tables}

    def broken(self, metrics: Mapping[str, float]) -> list[Bound]:
        """The constraints on these metrics that do not hold."""
        return [bound for bound in self.bounds if bound.excess(metrics[bound.metric]) > 0]

    def _proxy(self, name: str, design: Design) -> float:
        total = 0.0
        for group, choice in zip(self._space.group_parents, design.choices, strict=False):
            table = self._tables[name].get(group)
            if table is None:
                continue
            if choice.pattern not in table:
                raise InputError(f"proxies.{name}.{group}: no value for pattern {choice.pattern}")
            total += table[choice.pattern]
        return total
