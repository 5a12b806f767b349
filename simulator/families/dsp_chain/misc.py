"""Programs of the special function unit alone: normalisation, softmax, sums and products, row by row.

As the artifact's ``IR_misc``: load a row (or two), compute in place, store; the global buffer holds several rows.
"""

import numpy as np

from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig
from simulator.families.dsp_chain.isa import ADD, GLOBAL_BUFFER, MUL, TO_LD, TO_MISC, TO_ST, TO_SYS
from simulator.families.dsp_chain.plan import CHANNELS, GLOBAL_LINE, LEAST
from simulator.families.dsp_chain.rows import Rows, join, load, rows, store


def row_wise(
    name: str, operation: int, count: int, length: int, config: DspChainConfig, *, addresses: tuple[int, int, int]
) -> Rows:
    """``count`` rows of ``length`` elements.

    Args:
        name: Of the layer, for messages.
        operation: Of the MISC instruction.
        count: Rows.
        length: Elements of a row, a multiple of 16.
        config: The machine.
        addresses: In HBM, of first operand, second operand and result.

    Raises:
        InputError: A global buffer that cannot hold two rows.
    """
    two = operation in (ADD, MUL)
    lines = ceil_div(length, GLOBAL_LINE)
    room = config.global_rows // (2 if two else 1)
    ahead = room // lines
    if ahead < LEAST:
        raise InputError(f"layer {name}: global_rows={config.global_rows} cannot hold two rows of {length} elements")
    loads = [load(GLOBAL_BUFFER, length=length) for _ in range(1 + two)]
    loads[-1].release[:] = TO_MISC
    compute = rows("MISC", wait=TO_LD, release=TO_ST, operation=operation, K=ceil_div(length, BLOCK))
    body = join([*loads, compute, store(wait=TO_MISC, length=length)]).tile(count)
    number = np.arange(count)
    line = number % ahead * lines
    full, frees = number >= ahead, number + ahead < count
    loaded, computed, stored = body.of("LD").reshape(count, -1), body.of("MISC"), body.of("ST")
    body.wait[loaded[full, 0]] |= TO_MISC
    body.release[computed[frees]] |= TO_LD
    body.wait[computed[full]] |= TO_ST
    body.release[stored[frees]] |= TO_MISC
    channel = -(-(number % count) // BLOCK) % CHANNELS
    a, b, out = addresses
    body.put(loaded[:, 0], "LD", bank_addr=line, hbm_addr=a + length * number, channel=channel)
    body.put(computed, "MISC", in_a_addr=line, out_addr=line, in_b_addr=room + line if two else 0)
    if two:
        body.put(loaded[:, 1], "LD", bank_addr=room + line, hbm_addr=b + length * number, channel=channel)
    body.put(stored, "ST", bank_addr=line, hbm_addr=out + length * number, channel=channel)
    body.release[-1] = TO_SYS
    return join([body, rows("SYS", wait=TO_ST)])


def concatenation(size: int) -> Rows:
    """The artifact's way to append to a cache: it loads the ``size`` bytes that are there and stores nothing."""
    loads = load(
        GLOBAL_BUFFER, CHANNELS, channel=np.arange(CHANNELS), channels=CHANNELS, length=ceil_div(size, CHANNELS)
    )
    return join([loads, store(release=TO_SYS), rows("SYS", wait=TO_ST)])
