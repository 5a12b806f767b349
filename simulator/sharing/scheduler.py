"""Layers scheduled on one machine after another, with the programs that machines share."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from mapping.arrays import IntArray
from mapping.tiling import Mapping
from simulator.engine import fast
from simulator.engine.job import Job
from simulator.engine.kernel import UNKNOWN
from simulator.families import Family
from simulator.program import Program
from simulator.scheduling import MAX_RUNS, best_mapping
from simulator.sharing import race as loops
from simulator.sharing.table import Item, Shared, Table, fields_of

# What is kept: instructions that are shared and mappings that were offered, some 100 and 400 bytes each; and the
# instructions of whole programs, 300 bytes each, for checks and counted actions.
MAX_ROWS = 1_000_000
MAX_KEPT = 300_000


class Found(NamedTuple):
    """The fastest mapping of a layer: its program and its cycles."""

    shared: Shared
    cycles: int


class Scheduler:
    """Finds what ``best_mapping`` finds, for many layers at once, on many machines in turn.

    Programs are kept for each combination of the fields that they depend on; the least recently used are forgotten.

    Args:
        family: It states how configurations share programs.
    """

    def __init__(self, family: Family[Any]) -> None:
        assert family.sharing is not None, f"family {family.name!r} shares no programs"
        self.family, self._sharing = family, family.sharing
        self._tables = OrderedDict[tuple[Any, ...], Table]()
        self._programs = OrderedDict[Shared, tuple[tuple[Any, ...], Program]]()
        self._kept = 0  # their instructions

    def shared(self, items: Sequence[Item], config: Any) -> list[Item]:  # noqa: ANN401
        """The items that can be found here: their values do not matter, and their rules allow some of what is offered.

        Raises:
            InputError: A layer cannot run on this configuration.
        """
        valueless = [item for item in items if item.layer.weights is None]
        numbers = self._table(config).numbers(valueless, config)
        return [item for item, number in zip(valueless, numbers, strict=True) if number != UNKNOWN]

    def find(self, items: Sequence[Item], config: Any) -> list[Found]:  # noqa: ANN401
        """The fastest mapping of each item, all of which are shared.

        Raises:
            InputError: A layer cannot run on this configuration.
        """
        table = self._table(config)
        chosen = np.array(table.numbers(items, config), np.int64)
        best, cycles = np.full(len(items), UNKNOWN), np.zeros(len(items), np.int64)
        left, kinds = np.arange(len(items)), UNKNOWN
        while len(left):
            if len(table.kinds) != kinds:
                job, kinds = table.job(config), len(table.kinds)
            best[left], cycles[left], needed = _race(table, chosen[left], job, float(self.family.peak_bytes(config)))
            for n, place in zip(left.tolist(), needed.tolist(), strict=True):
                if place != UNKNOWN:
                    program = self._lower(items[n], table.mappings[place], config)
                    self._keep(table.add(items[n], place, program), program, config)
            left = left[needed != UNKNOWN]
        found = []
        for n, place in enumerate(best.tolist()):
            if place == loops.DEADLOCK:
                best_mapping(self.family, items[n].layer, items[n].pattern, config)  # it says what is stuck
            shared = table.programs[int(table.program_of.array[place])]
            if shared not in table.checked:
                self.family.check(self._own_program(shared, config), config)
                table.checked.add(shared)
            found.append(Found(shared, int(cycles[n])))
        return found

    def program(self, shared: Shared, config: Any) -> Program:  # noqa: ANN401
        """The program itself, as lowered for this or another configuration that shares it."""
        if shared not in self._programs:
            self._keep(shared, self._lower(shared.item, shared.mapping, config), config)
        self._programs.move_to_end(shared)
        return self._programs[shared][1]

    def _own_program(self, shared: Shared, config: Any) -> Program:  # noqa: ANN401
        """The program as lowered for this configuration."""
        offered, program = self._programs.get(shared, (None, None))
        if program is None or offered != fields_of(config, self._sharing.offered):
            return self._lower(shared.item, shared.mapping, config)
        return program

    def _lower(self, item: Item, mapping: Mapping, config: Any) -> Program:  # noqa: ANN401
        return self.family.lower(item.layer, item.pattern, mapping, config)

    def _keep(self, shared: Shared, program: Program, config: Any) -> None:  # noqa: ANN401
        """Keep a program for a while, with what it was lowered for."""
        self._programs[shared] = fields_of(config, self._sharing.offered), program
        self._kept += len(program)
        while self._kept > MAX_KEPT and len(self._programs) > 1:
            self._kept -= len(self._programs.popitem(last=False)[1][1])

    def _table(self, config: Any) -> Table:  # noqa: ANN401
        key = fields_of(config, self._sharing.fields)
        if key in self._tables:
            self._tables.move_to_end(key)
        while sum(table.rows for table in self._tables.values()) > MAX_ROWS:
            self._tables.popitem(last=False)
        if key not in self._tables:
            self._tables[key] = Table(self.family, self._sharing)
        return self._tables[key]


def _race(table: Table, chosen: IntArray, job: Job, peak: float) -> tuple[IntArray, IntArray, IntArray]:
    """What ``race`` finds for the chosen items: best, cycles, needed, (n,) each."""
    machine, resources = job.machine, len(job.machine.resources)
    params, states = fast.memory_tables(machine)
    programs = (
        *(getattr(table, name).array for name in ("first", "queue", "resource", "release", "kind", "request")),
        *(getattr(table, name).array for name in ("members", "first_sender", "sender", "head", "stop", "requests")),
        *(getattr(table, name).array for name in ("part", "alike", "count")),
    )
    hardware = (len(machine.queues), resources, machine.dispatch_latency, machine.token_latency)
    room = [np.zeros(table.longest, np.int64) for _ in range(4)]
    queues = [np.zeros(len(machine.queues), np.int64) for _ in range(3)]
    best, cycles, needed = (np.zeros(len(chosen), np.int64) for _ in range(3))
    _compiled()(
        chosen,
        MAX_RUNS,
        *(getattr(table, name).array for name in ("item_first", "entry_first", "entry_kind", "entry_count", "gaps")),
        table.around.array,
        table.moved.array,
        peak,
        table.program_of.array,
        table.guesses.array,
        programs,
        (*hardware, job.service, params, states),
        (states.copy(), *queues, *room),
        np.zeros(len(table.mappings), np.int64),
        best,
        cycles,
        needed,
    )
    return best, cycles, needed


@cache
def _compiled() -> Callable[..., None]:
    """``race`` compiled by Numba."""
    run = fast.compiled_run(command_level=False)
    from numba.extending import register_jitable  # noqa: PLC0415  # costs over a second

    for function in (loops.fails, loops.following):
        register_jitable(function)
    attempt = fast.compile_with(loops.attempt, run=run)
    return fast.compile_with(loops.race, race_of=fast.compile_with(loops.race_of, attempt=attempt))
