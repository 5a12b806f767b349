"""Whether an S4 program respects its buffers: no use of a half before it is filled, none refilled while in use."""

import numpy as np

from mapping.arrays import IntArray
from simulator.families.s4.config import S4Config
from simulator.program import Program, ProgramError

NONE = -1


def check(program: Program, config: S4Config) -> None:
    """Check fields and tokens, then the buffers that tokens guard.

    Raises:
        ProgramError: What ``Program.validate`` refuses, a pass that may run before its weights or activations are
            there, a transfer that may overwrite a half in use, or the same between passes, vector unit and stores.
    """
    del config
    program.validate()
    passes, vector = program.of("PASS"), program.of("VECTOR")
    weights = np.sort(np.concatenate([program.of("SPREAD"), program.of("BRING")]))
    activations = np.sort(np.concatenate([program.of("FETCH"), program.of("PULL")]))
    stores = np.sort(np.concatenate([program.of("KEEP"), program.of("STORE")]))
    half = _halves(program)
    for name, writers, column in (("weight", weights, "weight_half"), ("activation", activations, "activation_half")):
        reads = program.operand("PASS", column)
        _check_filled(program, f"{name} half", writers, half[writers], passes, reads)
        _check_free(program, f"{name} half", writers, half[writers], passes, reads)
    drains = passes[program.operand("PASS", "drain") == 1]
    drained = program.operand("PASS", "output_half", drains)
    _check_filled(program, "output half", drains, drained, vector, half[vector])
    _check_filled(program, "output half", vector, half[vector], stores, half[stores])
    _check_free(program, "output half", drains, drained, stores, half[stores])


def _halves(program: Program) -> IntArray:
    """(i,) the half that an instruction names, 0 where it names none."""
    half = np.zeros(len(program), np.int64)
    for opcode in program.isa.opcodes:
        if any(field.name == "half" for field in opcode.fields):
            rows = program.of(opcode.name)
            half[rows] = program.operand(opcode.name, "half", rows)
    return half


def _check_filled(
    program: Program, what: str, writers: IntArray, writes: IntArray, readers: IntArray, reads: IntArray
) -> None:
    """Each reader comes after the last writer of its half."""
    for half in (0, 1):
        read = readers[reads == half]
        source = _last_before(writers[writes == half], read)
        if (source == NONE).any():
            raise ProgramError(f"instruction {int(read[source == NONE][0])} uses a {what} that is never written")
        late = ~program.happens_before(source, read)
        if late.any():
            raise ProgramError(f"instruction {int(read[late][0])} may use a {what} before it is written")


def _check_free(
    program: Program, what: str, writers: IntArray, writes: IntArray, readers: IntArray, reads: IntArray
) -> None:
    """Each writer comes after the last reader of what lay in its half."""
    for half in (0, 1):
        wrote = writers[writes == half]
        reader = _last_before(readers[reads == half], wrote)
        guarded = reader != NONE
        early = ~program.happens_before(reader[guarded], wrote[guarded])
        if early.any():
            raise ProgramError(f"instruction {int(wrote[guarded][early][0])} may overwrite a {what} in use")


def _last_before(candidates: IntArray, points: IntArray) -> IntArray:
    """For each point the largest candidate below it, or NONE; both ascending."""
    position = np.searchsorted(candidates, points) - 1
    return np.where(position >= 0, candidates[np.maximum(position, 0)] if len(candidates) else NONE, NONE)
