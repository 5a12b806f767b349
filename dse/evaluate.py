"""One design to its metrics, or to the reason why it cannot be."""

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from json import dumps
from typing import Any, Literal

from dse.choices import Choice, Value
from dse.chosen import Chosen
from dse.layers import CACHED_LAYERS, Layers
from dse.metrics import Totals
from dse.provenance import code_digest
from dse.space import Design, Space, said_of
from dse.workload import FIXED, Work
from mapping.errors import InputError
from mapping.graph import Layer
from simulator.config import FamilyConfig
from simulator.sharing.table import Item

State = Literal["complete", "infeasible", "failed"]
CACHED_MACHINES = 256  # whose share of the layers is kept


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a design.

    Attributes:
        key: Hash of all that the result depends on: configuration, layers, patterns, dataflows, code.
        state: ``complete``, ``infeasible`` (it cannot be built or mapped) or ``failed`` (a fault of this project).
        reason: Why it is infeasible or failed.
        metrics: Every reported metric by name. Of an infeasible design those that are known without a machine.
        parts: The sums of each group of layers, the ungrouped ones last; empty unless complete.
        started: Seconds since the epoch.
        seconds: How long it took.
    """

    key: str
    state: State
    reason: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[Totals, ...] = ()
    started: float = 0.0
    seconds: float = 0.0


class Evaluator:
    """Evaluates designs of a space; layers that it has scheduled once it does not schedule again.

    Args:
        space: What the designs are of.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.work: tuple[Work, ...] = space.workload.work()
        layers = [
            [[_content(layer) for layer in work.layers], work.runs, list(map(str, work.stated))] for work in self.work
        ]
        energies = None if space.technology is None else space.technology.model_dump(mode="json")
        with said_of(space.origin):
            self.chosen = Chosen(space)
        costs = [space.file.costs, space.area, None if space.part is None else space.part.model_dump(mode="json")]
        fixed = [layers, space.file.family, costs, energies, self.chosen.content, code_digest(space.family)]
        self._fixed = dumps(fixed, sort_keys=True)
        self._layers = Layers(space.family, space.technology)
        # One object for all layers that are alike, whatever their group.
        self._item = lru_cache(maxsize=CACHED_LAYERS)(Item)
        self._items = lru_cache(maxsize=CACHED_LAYERS)(lambda index, choice: self._find_items(self.work[index], choice))
        self._on_chip = lru_cache(maxsize=CACHED_MACHINES)(self._parts)
        self._work_of = lru_cache(maxsize=CACHED_MACHINES)(lambda config: space.workload.work(self._on_chip(config)))

    def key(self, values: Mapping[str, Value]) -> str:
        """The content hash of a design; of the bare values where they make no legal one."""
        try:
            design = self.space.design(values)
        except InputError:
            return _digest(self._fixed, sorted(values.items()))
        choices = [choice.content for choice in design.choices]
        more = self.chosen.content_of(design.choices)
        return _digest(self._fixed, [design.config.model_dump(mode="json"), choices, more])

    def evaluate(self, values: Mapping[str, Value]) -> Outcome:
        """Evaluate the design with these values. It never raises: what goes wrong is the outcome."""
        started, clock = time.time(), time.perf_counter()
        key = self.key(values)
        state: State = "complete"
        reason: str | None = None
        metrics: dict[str, float] = {}
        parts: tuple[Totals, ...] = ()
        try:
            design = self.space.design(values)
            metrics = self.chosen.metrics(design)
            if broken := self.chosen.broken(metrics):  # whatever the machine: there is nothing to simulate
                raise InputError(
                    "; ".join(f"{each.metric}={metrics[each.metric]:.6g} violates {each}" for each in broken)
                )
            parts = self.parts(design)
            metrics = self.metrics(design, parts) | metrics
        except InputError as error:
            state, reason = "infeasible", str(error)
        except Exception as error:  # one broken design must not end a night's sweep
            where = traceback.extract_tb(error.__traceback__)[-1]
            state, reason = "failed", f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})"
        seconds = time.perf_counter() - clock
        return Outcome(
            key=key, state=state, reason=reason, metrics=metrics, parts=parts, started=started, seconds=seconds
        )

    def parts(self, design: Design) -> tuple[Totals, ...]:
        """The sums of each group, and of the ungrouped layers.

        Raises:
            InputError: A layer cannot run on this machine.
        """
        self._check_room(design)
        groups = self.work_on(design.config)
        if self.space.family.part is None:
            items = [self._items(index, choice) for index, choice in enumerate(design.choices)]
        else:
            items = [self._find_items(work, choice) for work, choice in zip(groups, design.choices, strict=True)]
        totals = iter(self._layers.totals([item for group in items for item in group], design.config))
        parts = []
        for work in groups:
            part = Totals()
            for runs in work.runs:
                part = part.plus(next(totals), runs)
            parts.append(part)
        return tuple(parts)

    def work_on(self, config: FamilyConfig) -> tuple[Work, ...]:
        """The layers of each group as one chip of a machine runs them."""
        return self.work if self.space.family.part is None else self._work_of(config)

    def _check_room(self, design: Design) -> None:
        """Refuse a machine that cannot hold an entry of the workload."""
        family, workload = self.space.family, self.space.workload
        if family.admit is None:
            return
        chosen = dict(zip((*self.space.groups, FIXED), design.choices, strict=True))
        for entry, layers in zip(workload.entries, self._on_chip(design.config), strict=True):
            patterns = [task.pattern(chosen[task.group].pattern) for task in entry]
            family.check_room(list(zip(layers, patterns, strict=True)), design.config)

    def metrics(self, design: Design, parts: tuple[Totals, ...]) -> dict[str, float]:
        """Every metric from the sums of the groups."""
        total = sum_parts(parts)
        machine = self.space.machine(design.config)
        return {name: metric.value(total, machine) for name, metric in self.space.metrics.items()}

    def _parts(self, config: FamilyConfig) -> list[list[Layer]]:
        """What one chip of a machine runs of each layer of each entry."""
        entries = self.space.workload.entries
        return [self.space.family.on_chip([task.layer for task in entry], config) for entry in entries]

    def _find_items(self, work: Work, choice: Choice) -> tuple[Item, ...]:
        """The layers of a group with what was chosen for it."""
        patterns = work.patterns(choice.pattern)
        return tuple(self._item(layer, p, choice.rule) for layer, p in zip(work.layers, patterns, strict=True))


def sum_parts(parts: tuple[Totals, ...]) -> Totals:
    """The sums of the whole workload."""
    total = Totals()
    for part in parts:
        total = total.plus(part)
    return total


def _content(layer: Layer) -> list[str]:
    """What of a layer decides its time."""
    values = [] if layer.weights is None else [sha256(layer.weights.tobytes()).hexdigest()]
    return [str(layer.work), *values]


def _digest(fixed: str, varying: Any) -> str:  # noqa: ANN401  # any JSON
    return sha256(f"{fixed}\n{dumps(varying, sort_keys=True)}".encode()).hexdigest()
