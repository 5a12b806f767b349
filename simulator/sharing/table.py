"""All that is known of the layers that ran on machines with the same programs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mapping.arrays import AnyArray, IntArray
from mapping.graph import Layer
from mapping.rule import FREE, MappingRule
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.engine.job import REQUEST_FIELDS, Job
from simulator.engine.kernel import UNKNOWN
from simulator.engine.tokens import senders
from simulator.families import Family
from simulator.program import Program
from simulator.sharing.columns import Column, distinct
from simulator.sharing.offers import Sharing


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A layer, its pattern and what its mapping has to be; only ever equal to itself."""

    layer: Layer
    pattern: Pattern
    rule: MappingRule = FREE


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """A program in a table; only ever equal to itself.

    Attributes:
        item: What it runs.
        mapping: How.
        dram_bytes: Bytes it moves.
        macs: Multiply-accumulates with weights that are kept.
    """

    item: Item
    mapping: Mapping
    dram_bytes: int
    macs: int


def _ints(*shape: int, dtype: Any = np.int64) -> AnyArray:  # noqa: ANN401
    return np.zeros(shape, dtype)


def fields_of(config: Any, names: Sequence[str]) -> tuple[Any, ...]:  # noqa: ANN401
    """The values of these fields."""
    return tuple(getattr(config, name) for name in names)


class Table:
    """The mappings of layers and the programs of those that were needed, for configurations with the same fields.

    The columns are those of ``simulator.sharing.race``; indices of kinds, requests and mappings run through the table,
    those of instructions are of their program.
    """

    def __init__(self, family: Family[Any], sharing: Sharing[Any]) -> None:
        self.family, self.sharing = family, sharing
        self._numbers: dict[tuple[Any, ...], dict[Item, int]] = {}  # by what decides about offers
        self.known: dict[Item, dict[Mapping, int]] = {}
        self.mappings: list[Mapping] = []
        self.programs: list[Shared] = []
        self.item_first, self.entry_first = Column(_ints(1)), Column(_ints(1))
        self.entry_kind, self.entry_count = Column(_ints(0)), Column(_ints(0))
        self.gaps, self.around, self.moved = Column(_ints(0)), Column(_ints(0)), Column(_ints(0))
        self.program_of, self.guesses = Column(_ints(0)), Column(_ints(0))
        queues = len(family.isa.queues)
        self.first, self.head, self.stop = Column(_ints(1)), Column(_ints(0, queues)), Column(_ints(0, queues))
        self.queue, self.resource = Column(_ints(0, dtype=np.uint8)), Column(_ints(0, dtype=np.int8))
        self.release = Column(_ints(0, dtype=np.uint16))
        self.kind, self.request, self.members, self.first_sender, self.sender = (
            Column(_ints(0, dtype=np.int32)) for _ in range(5)
        )
        self.requests = Column(_ints(0, len(REQUEST_FIELDS)))
        self.part, self.alike, self.count = Column(_ints(1)), Column(_ints(0, 2)), Column(_ints(0))
        self.opcodes, self.operands = Column(_ints(0, dtype=np.uint8)), Column(_ints(0, family.isa.width))
        self.kinds: dict[tuple[Any, ...], int] = {}
        self.longest = 0
        self.checked: set[Shared] = set()

    @property
    def rows(self) -> int:
        """What it takes of the limit: instructions and mappings."""
        return len(self.queue) + len(self.mappings)

    def numbers(self, items: Sequence[Item], config: Any) -> list[int]:  # noqa: ANN401
        """The numbers of items on machines with the same offers; new ones are offered mappings.

        Returns:
            UNKNOWN where the rule allows no offer for some executed pattern.

        Raises:
            InputError: A layer cannot run on this configuration.
        """
        known = self._numbers.setdefault(fields_of(config, self.sharing.offered), {})
        for item in items:
            if item not in known:
                known[item] = self._offer(item, config)
        return [known[item] for item in items]

    def _offer(self, item: Item, config: Any) -> int:  # noqa: ANN401
        """The number of a new item."""
        offers = self.sharing.offers(item.layer, item.pattern, config)
        if item.rule.fixed:
            allowed = np.flatnonzero([item.rule.allows(mapping, item.layer) for mapping in offers.mappings])
            if {offers.mappings[i].pattern for i in allowed.tolist()} != {
                mapping.pattern for mapping in offers.mappings
            }:
                return UNKNOWN
            offers = offers.chosen(allowed)
        kinds = self._kinds_of(offers.samples)
        self.entry_first.append(offers.first[1:] + len(self.entry_kind))
        self.entry_kind.append(kinds[offers.kind])
        self.entry_count.append(offers.count)
        self.gaps.append(offers.gaps)
        self.around.append(offers.around)
        self.moved.append(offers.moved)
        known = self.known.setdefault(item, {})  # from machines with other offers
        self.program_of.append(np.array([known.get(mapping, UNKNOWN) for mapping in offers.mappings]))
        self.guesses.append(np.array([UNKNOWN]))
        self.mappings += offers.mappings
        self.item_first.append(np.array([len(self.mappings)]))
        return len(self.item_first) - 2

    def add(self, item: Item, place: int, program: Program) -> Shared:
        """Add the program of the mapping at ``place``."""
        mapping = self.mappings[place]
        self.program_of.array[place] = self.known[item][mapping] = len(self.programs)
        transfers, requests = self.sharing.requests(program)
        request = np.full(len(program), UNKNOWN)
        request[transfers] = len(self.requests) + np.arange(len(transfers))
        per_queue = np.bincount(program.queue, minlength=len(program.isa.queues))
        sender, first_sender = senders(program.queue, program.wait, program.release, len(program.isa.queues))
        kind = self._kinds_of(program)
        kinds, rows, counts = np.unique(kind, return_index=True, return_counts=True)
        self.kind.append(kind)
        self.alike.append(np.stack([kinds, rows], axis=1))
        self.count.append(counts)
        self.part.append(np.array([len(self.count)]))
        self.request.append(request)
        self.requests.append(requests)
        self.queue.append(program.queue)
        self.resource.append(program.resource)
        self.release.append(program.release)
        self.members.append(np.argsort(program.queue, kind="stable"))
        self.head.append((per_queue.cumsum() - per_queue)[None])
        self.stop.append(per_queue.cumsum()[None])
        self.first_sender.append(first_sender + len(self.sender))
        self.sender.append(sender)
        self.first.append(np.array([len(self.queue)]))
        self.longest = max(self.longest, len(program))
        moved, macs = int(self.family.dram_bytes(program).sum()), int(program.macs.sum())
        self.programs.append(Shared(item, mapping, moved, macs))
        return self.programs[-1]

    def job(self, config: Any) -> Job:  # noqa: ANN401
        """The machine, and the service time of every kind of instruction."""
        return self.family.job(self._samples, config)

    @cached_property
    def _samples(self) -> Program:
        """One instruction of each kind."""
        opcode = self.opcodes.array
        none = _ints(len(opcode), dtype=np.uint16)
        return Program(
            isa=self.family.isa,
            queue=np.array([opcode.queue for opcode in self.family.isa.opcodes], np.uint8)[opcode],
            opcode=opcode,
            wait=none,
            release=none,
            operands=self.operands.array,
            macs=_ints(len(opcode)),
            notes={},
        )

    def _kinds_of(self, program: Program) -> IntArray:
        kind = _ints(len(program))
        for opcode in program.isa.opcodes:
            rows = program.of(opcode.name)
            fields: Sequence[str] = self.sharing.timed[opcode.name]
            if len(rows):
                columns = [program.operand(opcode.name, name, rows) for name in fields]
                alike, which = distinct(columns)
                keys = zip(*(column[alike].tolist() for column in columns), strict=True)
                kind[rows] = self._numbers_of(opcode.name, keys, program, rows[alike])[which]
        return kind

    def _numbers_of(self, opcode: str, keys: Iterable[tuple[int, ...]], program: Program, rows: IntArray) -> IntArray:
        """The numbers of kinds, of which ``rows`` are one instruction each; new ones are added."""
        known, first = self.kinds, len(self.kinds)
        numbers = np.array([known.setdefault((opcode, *key), len(known)) for key in keys])
        new = rows[numbers >= first]
        if len(new):
            self.opcodes.append(program.opcode[new])
            self.operands.append(program.operands[new])
            self.__dict__.pop("_samples", None)
        return numbers
