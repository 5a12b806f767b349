"""What layers take on a machine: scheduled once each, on many machines with the programs that these share."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from dse.metrics import Totals
from mapping.sparsity import prune_layer
from simulator.config import FamilyConfig
from simulator.cost.energy import Technology
from simulator.engine.fast import run_fast
from simulator.families import Family
from simulator.program import Program
from simulator.ruled import ruled
from simulator.scheduling import best_mapping
from simulator.sharing.scheduler import Scheduler
from simulator.sharing.table import Item, Shared, fields_of

CACHED_LAYERS = 200_000
CACHED_ENERGIES = 200_000
SHARED_FROM = 4  # machines: for fewer it does not pay to load what schedules many


class Layers:
    """What layers take, each once per machine.

    Args:
        family: The accelerator family.
        technology: Energies of its actions; None where nobody asks for energy.
    """

    def __init__(self, family: Family[Any], technology: Technology | None) -> None:
        self._family, self._technology = family, technology
        self._known: dict[FamilyConfig, dict[Item, Totals]] = {}  # the machine used last comes last
        self._size = 0
        self._machines = 0
        self._scheduler = None if family.sharing is None else Scheduler(family)
        self._energies = OrderedDict[tuple[Any, ...], int]()

    def totals(self, items: Sequence[Item], config: FamilyConfig) -> list[Totals]:
        """One run of each, in the fastest mapping that keeps to its rule.

        Raises:
            InputError: A layer cannot run on this machine.
        """
        known = self._known.pop(config, {})
        self._known[config] = known
        self._machines += not known
        missing = [item for item in dict.fromkeys(items) if item not in known]
        if missing:
            found = self._find(missing, config)
            known.update(found)
            self._size += len(found)
            while self._size > CACHED_LAYERS and len(self._known) > 1:
                self._size -= len(self._known.pop(next(iter(self._known))))
        return [known[item] for item in items]

    def _find(self, items: Sequence[Item], config: FamilyConfig) -> dict[Item, Totals]:
        """All that can be with shared programs, at once; the others layer by layer."""
        together: list[Item] = []
        if self._scheduler is not None and self._machines > SHARED_FROM:
            together = self._scheduler.shared(items, config)
        found = {}
        if self._scheduler is not None and together:
            for item, best in zip(together, self._scheduler.find(together, config), strict=True):
                shared = best.shared
                energy = self._shared_energy_fj(shared, config)
                found[item] = _totals(item, best.cycles, shared.dram_bytes, shared.macs, energy)
        for item in items:
            if item not in found:
                found[item] = self._simulate(item, config)
        return found

    def _simulate(self, item: Item, config: FamilyConfig) -> Totals:
        """One layer by itself."""
        layer, pattern = item.layer, item.pattern
        family = ruled(self._family, item.rule)
        choice = best_mapping(family, layer, pattern, config)
        program = family.lower(prune_layer(layer, pattern), pattern, choice.mapping, config)
        family.check(program, config)
        # Scheduling looks at patterns only: where values decide as well, the program says how long it takes.
        cycles = choice.cycles if layer.weights is None else int(run_fast(family.job(program, config))[1].max())
        moved, macs = int(family.dram_bytes(program).sum()), int(program.macs.sum())
        return _totals(item, cycles, moved, macs, self._energy_fj(program, config))

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
        return round(1000 * sum(self._family.energy_pj(program, config, self._technology).values()))


def _totals(item: Item, cycles: int, moved: int, macs: int, energy_fj: int) -> Totals:
    shape = item.layer.shape
    rows = 0 if item.layer.dynamic else shape.positions * shape.out_channels
    return Totals(
        cycles=cycles,
        dram_bytes=moved,
        macs=macs,
        kept=rows * item.pattern.kept(shape.group_in_channels),
        weights=rows * shape.group_in_channels,
        energy_fj=energy_fj,
    )
