"""A program: in-order queues of instructions that wait for and release tokens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.isa import HEADER, InstructionSet

FILE_VERSION = 1


class ProgramError(ValueError):
    """A program that breaks a rule: a fault of the lowering that made it, or of the file it came from."""


class FieldRangeError(ProgramError, InputError):
    """A shape too large for the fields of an instruction: the user's mistake, found late."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """Instructions as a structure of arrays, one row per instruction, in an order in which they can run.

    Attributes:
        isa: What the opcodes mean.
        queue: (i,) uint8 index of the queue, ``isa.queues``.
        opcode: (i,) uint8 index into ``isa.opcodes``.
        wait: (i,) uint16 mask of the queues of which one token each is consumed at the start.
        release: (i,) uint16 mask of the queues to which one token each is sent at the end.
        operands: (i, f) int64; column j is the j-th field of the instruction's opcode.
        macs: (i,) int64 multiply-accumulates of non-zero weights, from the real mask where there is one.
        notes: What the program is of: layer, mapping, configuration. Plain JSON values.
    """

    isa: InstructionSet
    queue: npt.NDArray[np.uint8]
    opcode: npt.NDArray[np.uint8]
    wait: npt.NDArray[np.uint16]
    release: npt.NDArray[np.uint16]
    operands: IntArray
    macs: IntArray
    notes: Mapping[str, Any]

    def __len__(self) -> int:
        """Number of instructions."""
        return len(self.queue)

    @cached_property
    def resource(self) -> npt.NDArray[np.int8]:
        """(i,) shared resource that each instruction holds, or -1."""
        return np.array([opcode.resource for opcode in self.isa.opcodes], np.int8)[self.opcode]

    def of(self, opcode: str) -> IntArray:
        """Indices of the instructions with this opcode."""
        return np.flatnonzero(self.opcode == self.isa.index(opcode))

    def operand(self, opcode: str, field: str, rows: IntArray | None = None) -> IntArray:
        """One field of the instructions ``rows``, which have this opcode; by default of all that have it."""
        column = self.isa[opcode].column(field)
        return self.operands[self.of(opcode) if rows is None else rows, column]

    def validate(self) -> None:
        """Check what every program must keep to, whatever its family.

        Raises:
            ProgramError: An opcode that does not exist or stands in the wrong queue, a mask that names a missing
                queue, a field outside its range, or tokens that are sent but never consumed, or the reverse.
        """
        if not len(self):
            return
        if self.opcode.max() >= len(self.isa.opcodes):
            raise ProgramError(f"opcode {self.opcode.max()} outside [0, {len(self.isa.opcodes) - 1}]")
        expected = np.array([opcode.queue for opcode in self.isa.opcodes])[self.opcode]
        if (self.queue != expected).any():
            bad = int(np.flatnonzero(self.queue != expected)[0])
            raise ProgramError(
                f"instruction {bad}: {self.isa.opcodes[self.opcode[bad]].name} in queue {self.queue[bad]}"
            )
        for name, mask in (("wait", self.wait), ("release", self.release)):
            if int(mask.max()) >> len(self.isa.queues):
                raise ProgramError(
                    f"instruction {int(mask.argmax())}: {name} mask {mask.max():#x} names a missing queue"
                )
        for opcode in self.isa.opcodes:
            self._check_fields(opcode.name)
        for source, source_name in enumerate(self.isa.queues):
            for target, target_name in enumerate(self.isa.queues):
                sent = np.count_nonzero((self.queue == source) & ((self.release >> target) & 1 == 1))
                taken = np.count_nonzero((self.queue == target) & ((self.wait >> source) & 1 == 1))
                if sent != taken:
                    raise ProgramError(f"{source_name} sends {sent} tokens to {target_name}, which waits for {taken}")

    def _check_fields(self, name: str) -> None:
        rows = self.of(name)
        for column, field in enumerate(self.isa[name].fields):
            values = self.operands[rows, column]
            if len(values) and (values.min() < field.lowest or values.max() > field.highest):
                bad = values.min() if values.min() < field.lowest else values.max()
                raise FieldRangeError(f"{name}.{field.name}={bad} outside [{field.lowest}, {field.highest}]")

    def happens_before(self, earlier: IntArray, later: IntArray) -> npt.NDArray[np.bool_]:
        """Whether tokens or queue order force ``earlier[k]`` to end before ``later[k]`` starts, (k,) each.

        Only the direct way is looked at: both in one queue, or a token from the queue of the earlier one, sent at
        its end or after, that the queue of the later one has consumed by its start.
        """
        result = (self.queue[earlier] == self.queue[later]) & (earlier < later)
        for source in range(len(self.isa.queues)):
            for target in range(len(self.isa.queues)):
                pairs = (self.queue[earlier] == source) & (self.queue[later] == target)
                if source == target or not pairs.any():
                    continue
                sends = ((self.queue == source) & ((self.release >> target) & 1 == 1)).cumsum()
                takes = ((self.queue == target) & ((self.wait >> source) & 1 == 1)).cumsum()
                own = (self.release[earlier[pairs]] >> target) & 1
                sent_before = sends[earlier[pairs]] - own
                result[pairs] = takes[later[pairs]] > sent_before
        return result

    def words(self) -> npt.NDArray[np.uint8]:
        """The instructions as the hardware reads them, (i, ``isa.word_bytes``); see ``docs/program.md``.

        Raises:
            ProgramError: A field that does not fit into its bits.
        """
        self.validate()
        lanes = np.zeros((len(self), self.isa.word_bytes // 8), np.uint64)
        for name, (first, bits) in self.isa.header_layout().items():
            _put(lanes, np.arange(len(self)), first, bits, getattr(self, name).astype(np.int64))
        for opcode in self.isa.opcodes:
            rows = self.of(opcode.name)
            for column, (first, bits) in enumerate(self.isa.field_layout(opcode.name)):
                _put(lanes, rows, first, bits, self.operands[rows, column])
        return lanes.astype("<u8").view(np.uint8).reshape(len(self), self.isa.word_bytes)

    @classmethod
    def from_words(
        cls, isa: InstructionSet, words: npt.NDArray[np.uint8], macs: IntArray, notes: Mapping[str, Any]
    ) -> "Program":
        """Decode what ``words`` returned.

        Raises:
            ProgramError: Words of the wrong size, or an opcode that does not exist.
        """
        if words.ndim != 2 or words.shape[1] != isa.word_bytes:
            raise ProgramError(f"instruction words of shape {words.shape}, expected (i, {isa.word_bytes})")
        lanes = np.ascontiguousarray(words).view("<u8").astype(np.uint64)
        header = {name: _get(lanes, first, bits) for name, (first, bits) in isa.header_layout().items()}
        if len(words) and header["opcode"].max() >= len(isa.opcodes):
            raise ProgramError(f"opcode {header['opcode'].max()} outside [0, {len(isa.opcodes) - 1}]")
        operands = np.zeros((len(words), isa.width), np.int64)
        for index, opcode in enumerate(isa.opcodes):
            rows = np.flatnonzero(header["opcode"] == index)
            for column, (field, (first, bits)) in enumerate(
                zip(opcode.fields, isa.field_layout(opcode.name), strict=True)
            ):
                values = _get(lanes[rows], first, bits)
                if field.signed:
                    values -= (values >> (bits - 1)) << bits
                operands[rows, column] = values
        columns: dict[str, Any] = {name: values.astype(HEADER[name][1]) for name, values in header.items()}
        return cls(isa=isa, operands=operands, macs=macs, notes=notes, **columns)

    def save(self, path: Path) -> None:
        """Write the program to ``path`` (NumPy .npz)."""
        head = json.dumps({"version": FILE_VERSION, "isa": self.isa.name, "notes": dict(self.notes)})
        with path.open("wb") as file:
            np.savez_compressed(file, head=np.array(head), words=self.words(), macs=self.macs)

    @classmethod
    def load(cls, path: Path, isas: Mapping[str, InstructionSet]) -> "Program":
        """Read a program written by ``save``.

        Raises:
            InputError: No such file, not a program, or one of an unknown instruction set or version.
        """
        try:
            # np.load leaves a file open that it cannot read, so the file is opened here.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                head = json.loads(str(data["head"]))
                words, macs = data["words"], data["macs"]
        except FileNotFoundError as error:
            raise InputError(f"{path}: no such file") from error
        except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile) as error:
            raise InputError(f"{path}: not a zeroskip program") from error
        if head.get("version") != FILE_VERSION:
            raise InputError(f"{path}: program version {head.get('version')!r}, expected {FILE_VERSION}")
        if head.get("isa") not in isas:
            raise InputError(f"{path}: instruction set {head.get('isa')!r} is not one of {', '.join(sorted(isas))}")
        try:
            program = cls.from_words(isas[head["isa"]], words, macs, head["notes"])
            program.validate()
        except ProgramError as error:
            raise InputError(f"{path}: damaged program: {error}") from error
        return program

    def disassemble(self, first: int = 0, count: int | None = None) -> list[str]:
        """One line of text per instruction."""
        last = len(self) if count is None else min(first + count, len(self))
        lines = []
        for i in range(first, last):
            opcode = self.isa.opcodes[self.opcode[i]]
            fields = " ".join(f"{f.name}={self.operands[i, c]}" for c, f in enumerate(opcode.fields))
            tokens = f"{_mask('wait', int(self.wait[i]), self.isa)}{_mask('release', int(self.release[i]), self.isa)}"
            lines.append(f"{i:>8}  {self.isa.queues[self.queue[i]]:<8} {opcode.name:<8} {tokens}{fields}")
        return lines


def _mask(verb: str, mask: int, isa: InstructionSet) -> str:
    names = [name for index, name in enumerate(isa.queues) if (mask >> index) & 1]
    return f"{verb}({', '.join(names)}) " if names else ""


def _put(lanes: npt.NDArray[np.uint64], rows: IntArray, first: int, bits: int, values: IntArray) -> None:
    """Write ``values`` into bits ``first`` to ``first + bits - 1`` of the words of ``rows``."""
    raw = values.astype(np.uint64) & np.uint64((1 << bits) - 1)
    lane, shift = divmod(first, 64)
    lanes[rows, lane] |= raw << np.uint64(shift)
    if shift + bits > 64:
        lanes[rows, lane + 1] |= raw >> np.uint64(64 - shift)


def _get(lanes: npt.NDArray[np.uint64], first: int, bits: int) -> IntArray:
    """Read bits ``first`` to ``first + bits - 1`` of every word, unsigned."""
    lane, shift = divmod(first, 64)
    raw = lanes[:, lane] >> np.uint64(shift)
    if shift + bits > 64:
        raw |= lanes[:, lane + 1] << np.uint64(64 - shift)
    return (raw & np.uint64((1 << bits) - 1)).astype(np.int64)
