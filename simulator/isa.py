"""Instruction sets: which opcodes a family has, and where their fields stand in an instruction word."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mapping.graph import ceil_div

# The fields that every instruction begins with: bits and dtype.
HEADER: dict[str, tuple[int, type]] = {
    "opcode": (8, np.uint8),
    "queue": (8, np.uint8),
    "wait": (16, np.uint16),
    "release": (16, np.uint16),
}
HEADER_BITS = sum(bits for bits, _ in HEADER.values())
MAX_FIELD_BITS = 63
WORD_ALIGNMENT_BITS = 64


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an instruction: name, width in bits and what it means (with its unit)."""

    name: str
    bits: int
    meaning: str
    signed: bool = False

    @property
    def lowest(self) -> int:
        """Smallest value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        """Largest value."""
        return (1 << (self.bits - self.signed)) - 1


@dataclass(frozen=True)
class Opcode:
    """An operation: the queue that runs it, the shared resource it holds (or -1) and its fields."""

    name: str
    queue: int
    resource: int
    fields: tuple[Field, ...]

    def column(self, field: str) -> int:
        """Index of a field."""
        return self._columns[field]

    def field(self, name: str) -> Field:
        """The field called ``name``."""
        return self.fields[self.column(name)]

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {field.name: index for index, field in enumerate(self.fields)}


@dataclass(frozen=True)
class InstructionSet:
    """The opcodes of a family and the queues and shared resources of its hardware."""

    name: str
    queues: tuple[str, ...]
    resources: tuple[str, ...]
    opcodes: tuple[Opcode, ...]

    def __getitem__(self, name: str) -> Opcode:
        """The opcode called ``name``."""
        return self.opcodes[self.index(name)]

    def index(self, name: str) -> int:
        """Number of an opcode."""
        return self._numbers[name]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {opcode.name: index for index, opcode in enumerate(self.opcodes)}

    @property
    def width(self) -> int:
        """Most fields of any opcode."""
        return max(len(opcode.fields) for opcode in self.opcodes)

    @cached_property
    def word_bytes(self) -> int:
        """Bytes of an instruction word: all opcodes have the same length, a multiple of 8 bytes."""
        longest = max(sum(field.bits for field in opcode.fields) for opcode in self.opcodes)
        return ceil_div(HEADER_BITS + longest, WORD_ALIGNMENT_BITS) * WORD_ALIGNMENT_BITS // 8

    @staticmethod
    def header_layout() -> dict[str, tuple[int, int]]:
        """First bit and width of each header field."""
        layout, first = {}, 0
        for name, (bits, _) in HEADER.items():
            layout[name] = (first, bits)
            first += bits
        return layout

    def field_layout(self, opcode: str) -> list[tuple[int, int]]:
        """First bit and width of each field of an opcode: they follow the header without gaps."""
        layout, first = [], HEADER_BITS
        for field in self[opcode].fields:
            layout.append((first, field.bits))
            first += field.bits
        return layout
