"""One design to its metrics, or to the reason why it cannot be."""

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from json import dumps
from typing import Any, Literal

from dse.metrics import Totals, machine_of
from dse.provenance import code_digest
from dse.space import Design, Space, Value
from dse.workload import Work, load_workload
from mapping.errors import InputError
from mapping.graph import Layer
from mapping.sparsity import DENSE, Pattern
from simulator.config import FamilyConfig
from simulator.families import Candidate, Family
from simulator.program import Program
from simulator.scheduling import best_mapping

State = Literal["complete", "infeasible", "failed"]
CACHED_LAYERS = 200_000


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a design.

    Attributes:
        key: Hash of all that the result depends on: configuration, layers, patterns, dataflows, code.
        state: ``complete``, ``infeasible`` (it cannot be built or mapped) or ``failed`` (a fault of this project).
        reason: Why it is infeasible or failed.
        metrics: Every reported metric by name; empty unless complete.
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

    Raises:
        InputError: The workload cannot be loaded, or the family splits layers over chips, which sweeps do not know yet.
    """

    def __init__(self, space: Space) -> None:
        if space.family.part is not None:
            raise InputError(f"family {space.family.name!r} splits layers over chips, which sweeps do not know yet")
        self.space = space
        self.work: tuple[Work, ...] = load_workload(space.file)
        layers = [[[str(layer.shape) for layer in work.layers], work.runs, work.prunable] for work in self.work]
        energies = None if space.technology is None else space.technology.model_dump(mode="json")
        fixed = [layers, space.file.family, space.file.costs, energies, code_digest(space.family)]
        self._fixed = dumps(fixed, sort_keys=True)
        self._layer_totals = lru_cache(maxsize=CACHED_LAYERS)(self._simulate)

    def key(self, values: Mapping[str, Value]) -> str:
        """The content hash of a design; of the bare values where they make no legal one."""
        try:
            design = self.space.design(values)
        except InputError:
            return _digest(self._fixed, sorted(values.items()))
        choices = [(str(p), flow) for p, flow in zip(design.patterns, design.dataflows, strict=True)]
        return _digest(self._fixed, [design.config.model_dump(mode="json"), choices])

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
            parts = self.parts(design)
            metrics = self.metrics(design, parts)
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
        choices = [*zip(design.patterns, design.dataflows, strict=True), (DENSE, None)]
        return tuple(
            self._group_totals(work, pattern, flow, design.config)
            for work, (pattern, flow) in zip(self.work, choices, strict=True)
        )

    def metrics(self, design: Design, parts: tuple[Totals, ...]) -> dict[str, float]:
        """Every metric from the sums of the groups."""
        total = sum_parts(parts)
        machine = machine_of(self.space.family, design.config, self.space.file.costs)
        return {name: metric.value(total, machine) for name, metric in self.space.metrics.items()}

    def _group_totals(self, work: Work, pattern: Pattern, flow: str | None, config: FamilyConfig) -> Totals:
        total = Totals()
        for layer, runs, prunable in zip(work.layers, work.runs, work.prunable, strict=True):
            total = total.plus(self._layer_totals(layer, pattern if prunable else DENSE, flow, config, prunable), runs)
        return total

    def _simulate(
        self, layer: Layer, pattern: Pattern, flow: str | None, config: FamilyConfig, prunable: bool
    ) -> Totals:
        """One run of a layer, in the fastest mapping of the dataflow."""
        family = self.space.family if flow is None else _only(self.space.family, flow)
        choice = best_mapping(family, layer, pattern, config)
        program = family.lower(layer, pattern, choice.mapping, config)
        family.check(program, config)
        shape = layer.shape
        rows = shape.positions * shape.out_channels if prunable else 0
        return Totals(
            cycles=choice.cycles,
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


def _only(family: Family[Any], dataflow: str) -> Family[Any]:
    """The family as if it knew one dataflow only."""

    def candidates(layer: Layer, pattern: Pattern, config: Any) -> list[Candidate]:  # noqa: ANN401
        found = [c for c in family.candidates(layer, pattern, config) if c.mapping.dataflow == dataflow]
        if not found:
            raise InputError(f"layer {layer.name}: {family.name} offers no {dataflow} mapping")
        return found

    return replace(family, candidates=candidates)


def _digest(fixed: str, varying: Any) -> str:  # noqa: ANN401  # any JSON
    return sha256(f"{fixed}\n{dumps(varying, sort_keys=True)}".encode()).hexdigest()
