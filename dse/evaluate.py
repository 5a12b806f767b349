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
from dse.metrics import Totals, machine_of
from dse.provenance import code_digest
from dse.space import Design, Space, said_of
from dse.workload import FIXED, Work
from mapping.errors import InputError
from mapping.graph import Layer
from mapping.rule import MappingRule
from mapping.sparsity import Pattern, prune_layer
from simulator.config import FamilyConfig
from simulator.engine.fast import run_fast
from simulator.program import Program
from simulator.ruled import ruled
from simulator.scheduling import best_mapping

State = Literal["complete", "infeasible", "failed"]
CACHED_LAYERS = 200_000
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
        fixed = [layers, space.file.family, space.file.costs, energies, self.chosen.content, code_digest(space.family)]
        self._fixed = dumps(fixed, sort_keys=True)
        self._layer_totals = lru_cache(maxsize=CACHED_LAYERS)(self._simulate)
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
        return tuple(
            self._group_totals(work, choice, design.config)
            for work, choice in zip(self.work_on(design.config), design.choices, strict=True)
        )

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
        machine = machine_of(self.space.family, design.config, self.space.file.costs)
        return {name: metric.value(total, machine) for name, metric in self.space.metrics.items()}

    def _parts(self, config: FamilyConfig) -> list[list[Layer]]:
        """What one chip of a machine runs of each layer of each entry."""
        entries = self.space.workload.entries
        return [self.space.family.on_chip([task.layer for task in entry], config) for entry in entries]

    def _group_totals(self, work: Work, choice: Choice, config: FamilyConfig) -> Totals:
        total = Totals()
        for layer, runs, pattern in zip(work.layers, work.runs, work.patterns(choice.pattern), strict=True):
            total = total.plus(self._layer_totals(layer, pattern, choice.rule, config), runs)
        return total

    def _simulate(self, layer: Layer, pattern: Pattern, rule: MappingRule, config: FamilyConfig) -> Totals:
        """One run of a layer, in the fastest mapping that keeps to the rule."""
        family = ruled(self.space.family, rule)
        choice = best_mapping(family, layer, pattern, config)
        program = family.lower(prune_layer(layer, pattern), pattern, choice.mapping, config)
        family.check(program, config)
        # Scheduling looks at patterns only: where values decide as well, the program says how long it takes.
        cycles = choice.cycles if layer.weights is None else int(run_fast(family.job(program, config))[1].max())
        shape = layer.shape
        rows = 0 if layer.dynamic else shape.positions * shape.out_channels
        return Totals(
            cycles=cycles,
            dram_bytes=int(family.dram_bytes(program).sum()),
            macs=int(program.macs.sum()),
            kept=rows * pattern.kept(shape.group_in_channels),
            weights=rows * shape.group_in_channels,
            energy_fj=self._energy_fj(program, config),
        )

    def _energy_fj(self, program: Program, config: FamilyConfig) -> int:
        """Energy of one run [fJ]; 0 where nobody asks for it."""
        family, technology = self.space.family, self.space.technology
        if technology is None or family.actions is None:
            return 0
        return round(1000 * sum(family.energy_pj(program, config, technology).values()))


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
