"""A program as text."""

import json
from collections.abc import Iterator

from mapping.errors import InputError
from simulator.program import Program

BLOCK = 1000  # lines that are made and printed at a time


def listing(program: Program, first: int = 0, count: int | None = None) -> Iterator[str]:
    """Header and instructions ``first`` to ``first + count - 1``, in blocks of lines.

    Raises:
        InputError: ``first`` lies behind the last instruction.
    """
    if first and first >= len(program):
        raise InputError(f"--first {first} outside [0, {max(len(program) - 1, 0)}]")
    isa = program.isa
    lines = [f"# {name}: {_text(value)}" for name, value in program.notes.items()]
    lines.append(f"# instruction set {isa.name}: queues {', '.join(isa.queues)}; {isa.word_bytes} bytes a word")
    lines.append(f"# {len(program)} instructions, {int(program.macs.sum())} multiply-accumulates")
    yield "\n".join(lines)
    stop = len(program) if count is None else min(first + count, len(program))
    for begin in range(first, stop, BLOCK):
        yield "\n".join(program.disassemble(begin, min(BLOCK, stop - begin)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
