"""Whether a SAT program respects its scratchpads: addresses, and no use of a buffer before its load."""

import numpy as np

from mapping.arrays import IntArray
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import ACTIVATIONS, SAT_ISA, WEIGHTS
from simulator.families.sat.update.check import check_update
from simulator.program import Program, ProgramError

NONE = -1


def check(program: Program, config: SatConfig) -> None:
    """Check fields and tokens, then buffers and the tokens that guard them.

    Raises:
        ProgramError: What ``Program.validate`` refuses, a tile outside its scratchpad or across another, a fold that
            may run before its tiles are loaded, a load that may overwrite a tile in use, or the same between folds and
            stores.
    """
    if program.isa.name != SAT_ISA.name:
        check_update(program)
        return
    program.validate()
    loads, folds, stores = program.of("LOAD"), program.of("GEMM"), program.of("STORE")
    kind = program.operand("LOAD", "buffer", loads)
    sizes = _tile_bytes(program, loads)
    pads = (
        (
            "activation",
            loads[kind == ACTIVATIONS],
            sizes[kind == ACTIVATIONS],
            config.activation_scratchpad_kib,
        ),
        ("weight", loads[kind == WEIGHTS], sizes[kind == WEIGHTS], config.weight_scratchpad_kib),
    )
    for name, writers, size, kib in pads:
        _check_room(name, program.operand("LOAD", "pad_address", writers), size, kib * 1024)
        reads = program.operand("GEMM", f"{name}_address", folds)
        writes = program.operand("LOAD", "pad_address", writers)
        _check_order(program, f"{name} tile", writers, writes, folds, reads)

    element = np.where(program.operand("STORE", "narrow", stores) == 1, config.element_bytes, config.accumulator_bytes)
    stored = _tile_bytes(program, stores) // element * config.accumulator_bytes
    store_from = program.operand("STORE", "pad_address", stores)
    _check_room("output", store_from, stored, config.output_scratchpad_kib * 1024)
    _check_order(program, "output tile", folds, program.operand("GEMM", "output_address", folds), stores, store_from)


def _tile_bytes(program: Program, rows: IntArray) -> IntArray:
    opcode = program.isa.opcodes[int(program.opcode[rows[0]])].name if len(rows) else "LOAD"
    names = ("images", "rows", "cols", "run_bytes")
    return np.prod([program.operand(opcode, name, rows) for name in names], axis=0)


def _check_room(name: str, first: IntArray, size: IntArray, capacity: int) -> None:
    if (first + size > capacity).any():
        raise ProgramError(f"a tile ends at byte {(first + size).max()} of the {name} scratchpad of {capacity} bytes")
    starts = np.unique(first)
    largest = np.array([size[first == start].max() for start in starts])
    if (starts[:-1] + largest[:-1] > starts[1:]).any():
        raise ProgramError(f"two tiles of the {name} scratchpad overlap")


def _check_order(
    program: Program, what: str, writers: IntArray, writes: IntArray, readers: IntArray, reads: IntArray
) -> None:
    """Each reader comes after the last writer of its address, each writer after the last reader before it."""
    for address in np.union1d(writes, reads):
        wrote, read = writers[writes == address], readers[reads == address]
        source = _last_before(wrote, read)
        if (source == NONE).any():
            raise ProgramError(f"instruction {int(read[source == NONE][0])} uses a {what} that is never written")
        late = ~program.happens_before(source, read)
        if late.any():
            raise ProgramError(f"instruction {int(read[late][0])} may use a {what} before it is written")
        reader = _last_before(read, wrote)
        guarded = reader != NONE
        early = ~program.happens_before(reader[guarded], wrote[guarded])
        if early.any():
            raise ProgramError(f"instruction {int(wrote[guarded][early][0])} may overwrite a {what} in use")


def _last_before(candidates: IntArray, points: IntArray) -> IntArray:
    """For each point the largest candidate below it, or NONE; both ascending."""
    position = np.searchsorted(candidates, points) - 1
    return np.where(position >= 0, candidates[np.maximum(position, 0)] if len(candidates) else NONE, NONE)
