"""Whether a program respects the buffers of a core: no use before a load, no load over what is in use."""

import numpy as np

from mapping.arrays import IntArray
from simulator.families.dsp_chain.config import DspChainConfig
from simulator.families.dsp_chain.isa import A_BUFFER, B_BUFFER, FSB_BUFFER, META_BUFFER
from simulator.families.dsp_chain.plan import B_MM_ROW, META_MM_ROW, META_MV_ROW, MM_ROW, MV_ROW
from simulator.program import Program, ProgramError

NONE = -1


def check(program: Program, config: DspChainConfig) -> None:
    """Check fields and tokens, then the buffers of weights, indices and codes and the tokens that guard them.

    Programs of the artifact's generator are checked for fields and tokens only: it lets loads run ahead of the buffers.

    Raises:
        ProgramError: What ``Program.validate`` refuses, a load beyond the end of a buffer, a product that may start before
            its operands are loaded, or a load that may overwrite them.
    """
    program.validate()
    if config.generator == "artifact":
        return
    for name, mode in (("MV", A_BUFFER), ("MM", B_BUFFER)):
        products = program.of(name)
        if len(products):
            _check_room(program, mode, name, config)
            _check_order(program, mode, products, program.operand(name, "a_addr" if name == "MV" else "b_addr"))


def _check_room(program: Program, weights: int, name: str, config: DspChainConfig) -> None:
    loads = program.of("LD")
    matrix = name == "MM"
    limits = {
        weights: (B_MM_ROW * config.b_rows) if matrix else (MV_ROW * config.a_rows),
        META_BUFFER: (META_MM_ROW if matrix else META_MV_ROW) * config.meta_rows,
        FSB_BUFFER: (1 if matrix else 4) * config.fsb_rows,
    }
    rows = {
        weights: B_MM_ROW if matrix else MV_ROW,
        META_BUFFER: META_MM_ROW if matrix else META_MV_ROW,
        FSB_BUFFER: 1 if matrix else 4,
    }
    if matrix:
        limits[A_BUFFER], rows[A_BUFFER] = MM_ROW * config.a_rows, MM_ROW
    for mode, limit in limits.items():
        at = loads[program.operand("LD", "mode", loads) == mode]
        end = program.operand("LD", "bank_addr", at) * rows[mode] + program.operand("LD", "length", at)
        if (end > limit).any():
            bad = int(at[np.argmax(end)])
            raise ProgramError(f"instruction {bad} writes up to byte {end.max()} of a buffer of {limit}")


def _check_order(program: Program, mode: int, products: IntArray, reads: IntArray) -> None:
    """Every product comes after the loads of its slot, and every load after the last product of it."""
    loads = program.of("LD")
    loads = loads[program.operand("LD", "mode", loads) == mode]
    writes, channel = program.operand("LD", "bank_addr", loads), program.operand("LD", "channel", loads)
    for own in np.unique(channel):
        mine = channel == own
        for address in np.unique(writes[mine]):
            wrote, read = loads[mine & (writes == address)], products[reads == address]
            source = _last_before(wrote, read)
            read = read[source != NONE]  # a channel of a narrow layer holds nothing
            late = ~program.happens_before(source[source != NONE], read)
            if late.any():
                raise ProgramError(f"instruction {int(read[late][0])} may start before its weights are loaded")
            user = _last_before(read, wrote)
            used = user != NONE
            early = ~program.happens_before(user[used], wrote[used])
            if early.any():
                raise ProgramError(f"instruction {int(wrote[used][early][0])} may overwrite weights in use")


def _last_before(candidates: IntArray, points: IntArray) -> IntArray:
    """For each point the largest candidate below it, or NONE; both ascending."""
    if not len(candidates):
        return np.full(len(points), NONE)
    position = np.searchsorted(candidates, points) - 1
    return np.where(position >= 0, candidates[np.maximum(position, 0)], NONE)
