"""What layers take on a machine: scheduled once each, on many machines with the programs that these share."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dse.metrics import Totals
from mapping.errors import InputError
from mapping.graph import Layer
from mapping.sparsity import Pattern
from simulator.config import FamilyConfig
from simulator.cost.energy import Technology, energy_pj
from simulator.families import Candidate, Family
from simulator.program import Program
from simulator.scheduling import best_mapping
from simulator.sharing.scheduler import Scheduler
from simulator.sharing.table import Item, Shared, fields_of

CACHED_LAYERS = 200_000
CACHED_ENERGIES = 200_000
SHARED_FROM = 24  # machines: for fewer it does not pay to compile what schedules many


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A layer in a pattern, and whether it has weights to prune; only ever equal to itself."""

    item: Item
    prunable: bool


class Layers:
    """What layers take, each once per machine.

    Args:
        family: The accelerator family.
        technology: Energies of its actions; None where nobody asks for energy.
    """

    def __init__(self, family: Family[Any], technology: Technology | None) -> None:
        self._family, self._technology = family, technology
        self._known: dict[FamilyConfig, dict[Run, Totals]] = {}  # the one used last comes last
        self._size = 0
        self._machines = 0
        self._scheduler = None if family.sharing is None else Scheduler(family)
        self._energies = OrderedDict[tuple[Any, ...], int]()

    def totals(self, runs: Sequence[Run], config: FamilyConfig) -> list[Totals]:
        """One run of each, in the fastest mapping.

        Raises:
            InputError: A layer cannot run on this machine.
        """
        known = self._known.pop(config, {})
        self._known[config] = known
        self._machines += not known
        missing = [run for run in dict.fromkeys(runs) if run not in known]
        if missing:
            shared = self._scheduler is not None and self._machines > SHARED_FROM
            found = self._find(missing, config) if shared else [self._simulate(run, config) for run in missing]
            known.update(zip(missing, found, strict=True))
            self._size += len(missing)
            while self._size > CACHED_LAYERS and len(self._known) > 1:
                self._size -= len(self._known.pop(next(iter(self._known))))
        return [known[run] for run in runs]

    def _find(self, runs: Sequence[Run], config: FamilyConfig) -> list[Totals]:
        """All at once, with shared programs."""
        assert self._scheduler is not None
        found = self._scheduler.find([run.item for run in runs], config)
        return [
            _totals(run, one.cycles, one.shared.dram_bytes, one.shared.macs, self._shared_energy_fj(one.shared, config))
            for run, one in zip(runs, found, strict=True)
        ]

    def _simulate(self, run: Run, config: FamilyConfig) -> Totals:
        """One layer by itself."""
        layer, pattern, flow = run.item.layer, run.item.pattern, run.item.dataflow
        family = self._family if flow is None else only(self._family, flow)
        choice = best_mapping(family, layer, pattern, config)
        program = family.lower(layer, pattern, choice.mapping, config)
        family.check(program, config)
        moved, macs = int(family.dram_bytes(program).sum()), int(program.macs.sum())
        return _totals(run, choice.cycles, moved, macs, self._energy_fj(program, config))

    def _shared_energy_fj(self, shared: Shared, config: FamilyConfig) -> int:
        """That of a shared program, counted once for all configurations that count alike."""
        sharing = self._family.sharing
        if self._technology is None or self._family.actions is None or self._scheduler is None or sharing is None:
            return 0
        key = (shared, fields_of(config, sharing.counted))
        if key not in self._energies:
            self._energies[key] = self._energy_fj(self._scheduler.program(shared, config), config)
            if len(self._energies) > CACHED_ENERGIES:
                self._energies.popitem(last=False)
        return self._energies[key]

    def _energy_fj(self, program: Program, config: FamilyConfig) -> int:
        """Energy of one run [fJ]; 0 where nobody asks for it."""
        if self._technology is None or self._family.actions is None:
            return 0
        return round(1000 * sum(energy_pj(self._family.actions(program, config), self._technology).values()))


def _totals(run: Run, cycles: int, moved: int, macs: int, energy_fj: int) -> Totals:
    shape = run.item.layer.shape
    rows = shape.positions * shape.out_channels if run.prunable else 0
    return Totals(
        cycles=cycles,
        dram_bytes=moved,
        macs=macs,
        kept=rows * run.item.pattern.kept(shape.group_in_channels),
        weights=rows * shape.group_in_channels,
        energy_fj=energy_fj,
    )


def only(family: Family[Any], dataflow: str) -> Family[Any]:
    """The family as if it knew one dataflow only."""

    def candidates(layer: Layer, pattern: Pattern, config: Any) -> list[Candidate]:  # noqa: ANN401
        found = [c for c in family.candidates(layer, pattern, config) if c.mapping.dataflow == dataflow]
        if not found:
            raise InputError(f"layer {layer.name}: {family.name} offers no {dataflow} mapping")
        return found

    return replace(family, candidates=candidates)
