"""Whether a program respects the buffers of a core: no use before a load, no load over what is in use."""

import numpy as np

from mapping.arrays import IntArray
from simulator.families.dsp_chain.config import DspChainConfig
from simulator.families.dsp_chain.isa import A_BUFFER, B_BUFFER, FSB_BUFFER, META_BUFFER
from simulator.families.dsp_chain.plan import B_MM_ROW, LOOPS, META_MM_ROW, META_MV_ROW, MM_ROW, MV_ROW
from simulator.program import Program, ProgramError

NONE = -1


def check(program: Program, config: DspChainConfig) -> None:
    """Check fields and tokens, then the buffers of weights, activations and results and the tokens that guard them.

    Programs of the artifact's generator are checked for fields and tokens only: it lets loads run ahead of the buffers.

    Raises:
        ProgramError: What ``Program.validate`` refuses, a load beyond the end of a buffer, a product that may start
        before
            its operands are loaded or a store before its results are there, or either that may be overwritten in use.
    """
    program.validate()
    if config.generator == "artifact":
        return
    for name, mode, address in (("MV", A_BUFFER, "a_addr"), ("MM", B_BUFFER, "b_addr")):
        products = program.of(name)
        if len(products):
            _check_room(program, mode, name == "MM", config)
            _check_loads(program, mode, "weights", products, program.operand(name, address, products))
    products = program.of("MM")
    if len(products):
        begins = products[program.operand("MM", "a_addr", products) == 0]
        _check_loads(program, A_BUFFER, "activations", begins, np.zeros(len(begins), np.int64))
        _check_results(program, products)


def _check_room(program: Program, weights: int, matrix: bool, config: DspChainConfig) -> None:
    rows = {
        weights: (B_MM_ROW, config.b_rows) if matrix else (MV_ROW, config.a_rows),
        META_BUFFER: (META_MM_ROW if matrix else META_MV_ROW, config.meta_rows),
        FSB_BUFFER: (1 if matrix else LOOPS, config.fsb_rows),
    }
    if matrix:
        rows[A_BUFFER] = (MM_ROW, config.a_rows)
    loads = program.of("LD")
    mode = program.operand("LD", "mode", loads)
    for buffer, (row, depth) in rows.items():
        at = loads[mode == buffer]
        end = program.operand("LD", "bank_addr", at) * row + program.operand("LD", "length", at)
        if (end > row * depth).any():
            bad = int(at[np.argmax(end)])
            raise ProgramError(f"instruction {bad} writes up to byte {end.max()} of a buffer of {row * depth}")


def _check_loads(program: Program, mode: int, what: str, products: IntArray, reads: IntArray) -> None:
    """Every product comes after the loads of its slot, and every load after the last product of it."""
    loads = program.of("LD")
    loads = loads[program.operand("LD", "mode", loads) == mode]
    channel = program.operand("LD", "channel", loads)
    for own in np.unique(channel):
        mine = loads[channel == own]
        _check_order(program, what, mine, program.operand("LD", "bank_addr", mine), products, reads)


def _check_results(program: Program, products: IntArray) -> None:
    """Every store comes after the product that writes its row, and every such product after the store before it."""
    writers = products[program.operand("MM", "output", products) == 1]
    stores = program.of("ST")
    rows = program.operand("ST", "bank_addr", stores)
    _check_order(program, "results", writers, program.operand("MM", "out_addr", writers), stores, rows)


def _check_order(
    program: Program, what: str, writers: IntArray, writes: IntArray, readers: IntArray, reads: IntArray
) -> None:
    for address in np.unique(writes):
        wrote, read = writers[writes == address], readers[reads == address]
        source = _last_before(wrote, read)
        read = read[source != NONE]  # a channel of a narrow layer holds nothing
        late = ~program.happens_before(source[source != NONE], read)
        if late.any():
            raise ProgramError(f"instruction {int(read[late][0])} may use {what} before they are written")
        user = _last_before(read, wrote)
        used = user != NONE
        early = ~program.happens_before(user[used], wrote[used])
        if early.any():
            raise ProgramError(f"instruction {int(wrote[used][early][0])} may overwrite {what} in use")


def _last_before(candidates: IntArray, points: IntArray) -> IntArray:
    """For each point the largest candidate below it, or NONE; both ascending."""
    if not len(candidates):
        return np.full(len(points), NONE)
    position = np.searchsorted(candidates, points) - 1
    return np.where(position >= 0, candidates[np.maximum(position, 0)], NONE)
