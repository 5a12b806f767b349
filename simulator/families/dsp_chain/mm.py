"""Programs of matrix times matrix: 128 rows of activations stay in the A buffer, blocks of weights pass through B.

As the artifact's ``IR_linear_mm``: for each 128 rows load the activations of eight channels; for each 16 columns and
each split of K load the weights and multiply; behind the last split run what is fused and store eight blocks.
"""

import numpy as np

from mapping.arrays import IntArray
from mapping.graph import ceil_div
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig
from simulator.families.dsp_chain.isa import (
    A_BUFFER,
    B_BUFFER,
    BIAS_BUFFER,
    FSB_BUFFER,
    GLOBAL_BUFFER,
    META_BUFFER,
    TO_LD,
    TO_MISC,
    TO_MM,
    TO_ST,
    TO_SYS,
)
from simulator.families.dsp_chain.layers import Linear, with_indices
from simulator.families.dsp_chain.plan import MM_BLOCKS, Plan, plan_mm
from simulator.families.dsp_chain.rows import Rows, join, load, rows, store

BLOCK_BYTES = BLOCK * BLOCK


def linear_mm(layer: Linear, m: int, config: DspChainConfig) -> Rows:
    """The instructions of one core for ``m`` rows, from the first LD to SYS.

    Raises:
        InputError: A buffer that cannot hold two splits.
    """
    plan = plan_mm(layer.name, layer.codes, layer.sparse, config)
    groups, whole = ceil_div(m, config.mm_rows), m // config.mm_rows
    full = _group(layer, plan, m, MM_BLOCKS, config).tile(whole)
    parts = [full] if whole else []
    if groups > whole:
        parts.append(_group(layer, plan, m, ceil_div(m % config.mm_rows, BLOCK), config))
    body = join(parts)
    _patch(body, layer, plan, m, config)
    if layer.bias:
        bias = load(BIAS_BUFFER, length=4 * BLOCK * layer.n_blocks, hbm_addr=layer.place.bias)
        body = join([bias, body])
    body.release[-1] = TO_SYS
    return join([body, rows("SYS", wait=TO_ST)])


def _group(layer: Linear, plan: Plan, m: int, blocks: int, config: DspChainConfig) -> Rows:
    """One group of up to 128 rows, ``blocks`` of 16."""
    inputs = load(
        A_BUFFER, blocks, channel=np.arange(blocks), channels=8, matrix=1, length=BLOCK_BYTES * layer.k_blocks
    )
    body = _column(layer, plan, blocks).tile(layer.n_blocks)
    _weights(body, layer, plan, config)
    _tokens(body, layer, plan)
    products = body.of("MM").reshape(layer.n_blocks, len(plan))
    kept = _kept(layer.codes, plan)
    rows_of = min(BLOCK * blocks, m)
    if layer.density < 1:
        share, dense = layer.density.numerator, layer.density.denominator
        body.macs[products] = rows_of * BLOCK_BYTES * plan.counts * share // dense
        body.put(products, "MM", share=share, whole=dense)
    else:
        body.macs[products] = rows_of * BLOCK * kept * config.cores
        body.put(products, "MM", share=kept, whole=BLOCK * plan.counts)
    return join([inputs, body])


def _column(layer: Linear, plan: Plan, blocks: int) -> Rows:
    """The instructions of one block of columns."""
    parts = []
    for start, count in zip(plan.starts.tolist(), plan.counts.tolist(), strict=True):
        ends = start + count == layer.k_blocks
        if layer.sparse:
            parts.append(load(FSB_BUFFER, length=count, matrix=1))
            parts.append(load(META_BUFFER, cross=1, matrix=1))
        moved = layer.moved
        weights = load(B_BUFFER, cross=1, matrix=1, share=moved.numerator, whole=moved.denominator)
        weights.release[-1] = TO_MM
        product = rows(
            "MM",
            wait=TO_LD,
            release=(TO_MISC if layer.fused else TO_ST) if ends else 0,
            K=count,
            output=int(ends),
            first=int(start == 0),
            bias=int(layer.bias),
            sparse=int(layer.sparse or layer.density < 1),
            a_addr=start,
            shift=layer.shift,
        )
        parts += [weights, product]
    operands = load(GLOBAL_BUFFER, blocks, channel=np.arange(blocks), channels=8, matrix=1, length=BLOCK_BYTES)
    operands.release[-1] = TO_MISC
    parts += [operands] * layer.operands
    for index, operation in enumerate(layer.fused):
        wait = (TO_MM if index == 0 else 0) | (TO_LD if index < layer.operands else 0)
        # The artifact's fused MISC takes as long as one of `blocks` blocks of 16 elements, though there are 16 rows.
        parts.append(rows("MISC", wait=wait, operation=operation, K=blocks))
    if layer.fused:
        parts[-1].release[-1] = TO_ST
    stores = store(blocks, channel=np.arange(blocks), channels=8, matrix=1)
    stores.wait[0] = TO_MISC if layer.fused else TO_MM
    return join([*parts, stores])


def _kept(codes: IntArray, plan: Plan) -> IntArray:
    """(columns, splits) sum of N over the blocks of each product."""
    return np.add.reduceat(codes, plan.starts, axis=0).T


def _weights(body: Rows, layer: Linear, plan: Plan, config: DspChainConfig) -> None:
    """Lengths and addresses of weights, indices and codes; they are the same for every group of rows."""
    loads = body.of("LD")
    mode = body.operands[loads, 0]
    shape = (layer.n_blocks, len(plan))
    slot = np.arange(layer.n_blocks * len(plan)).reshape(shape) % plan.slots
    size = BLOCK * _kept(layer.codes, plan)
    row = slot * plan.slot_rows
    products = body.of("MM").reshape(shape)
    body.put(products, "MM", b_addr=row, bias_addr=np.arange(layer.n_blocks)[:, None] if layer.bias else 0)
    body.put(loads[mode == B_BUFFER].reshape(shape), "LD", length=size, bank_addr=row)
    if config.generator == "physical":
        moved = -(-size * layer.bits // 8)
        body.put(loads[mode == B_BUFFER].reshape(shape), "LD", hbm_addr=layer.place.weights + _offsets(moved))
    if layer.sparse:
        codes = np.broadcast_to(plan.counts, shape)
        fsb_row = slot * int(plan.counts.max())
        meta, fsb = loads[mode == META_BUFFER].reshape(shape), loads[mode == FSB_BUFFER].reshape(shape)
        index_bytes = BLOCK // 2 * _kept(with_indices(layer.codes), plan)
        body.put(meta, "LD", length=index_bytes, bank_addr=row, hbm_addr=layer.place.indices + _offsets(index_bytes))
        body.put(fsb, "LD", bank_addr=fsb_row, hbm_addr=layer.place.codes + _offsets(codes))
        body.put(products, "MM", meta_addr=row, fsb_addr=fsb_row)


def _tokens(body: Rows, layer: Linear, plan: Plan) -> None:
    """Tokens of full buffers inside one group of rows: B is filled anew for each group."""
    total = layer.n_blocks * len(plan)
    number = np.arange(total)
    products = body.of("MM")
    loads = body.of("LD")
    mode = body.operands[loads, 0]
    first = loads[mode == (FSB_BUFFER if layer.sparse else B_BUFFER)]
    body.wait[first[number >= plan.ahead]] |= TO_MM
    body.release[products[number + plan.ahead < total]] |= TO_LD


def _patch(body: Rows, layer: Linear, plan: Plan, m: int, config: DspChainConfig) -> None:
    """What depends on the group of rows: addresses of activations, and the hand-over of the A buffer."""
    loads, products = body.of("LD"), body.of("MM")
    mode = body.operands[loads, 0]
    inputs = loads[mode == A_BUFFER]
    rows_of = np.arange(ceil_div(m, BLOCK))
    body.put(inputs, "LD", hbm_addr=layer.place.activations + BLOCK_BYTES * layer.k_blocks * rows_of)
    body.wait[inputs[MM_BLOCKS::MM_BLOCKS]] |= TO_MM
    per_group = layer.n_blocks * len(plan)
    body.release[products[per_group - 1 : -1 : per_group]] |= TO_LD
    if layer.operands:
        body.put(loads[mode == GLOBAL_BUFFER], "LD", hbm_addr=layer.place.operands)
    _results(body, layer, plan, m, config)


def _results(body: Rows, layer: Linear, plan: Plan, m: int, config: DspChainConfig) -> None:
    """Rows of the global buffer, one for each block of columns, and the tokens when it is full; addresses of results.

    The artifact counts them anew for each group of rows, so that a group may overwrite what is not stored yet.
    """
    groups, columns, room = ceil_div(m, config.mm_rows), layer.n_blocks, config.global_rows
    number = np.arange(groups * columns)
    count, total = (number % columns, columns) if config.generator == "artifact" else (number, number.size)
    products = body.of("MM").reshape(number.size, len(plan))
    body.put(products, "MM", out_addr=(count % room)[:, None])
    body.wait[products[count >= room, -1]] |= TO_MISC if layer.fused else TO_ST
    row_blocks = ceil_div(m, BLOCK)
    blocks = np.minimum(MM_BLOCKS, row_blocks - MM_BLOCKS * (number // columns))
    stores = body.of("ST")
    last = stores[blocks.cumsum() - 1]
    if layer.fused:
        last = body.of("MISC").reshape(number.size, -1)[:, -1]
    body.release[last[count + room < total]] |= TO_MM
    of_store = np.repeat(number, blocks)
    within = np.arange(len(stores)) - np.repeat(blocks.cumsum() - blocks, blocks)
    row, column = of_store // columns * MM_BLOCKS + within, of_store % columns
    rest = m - (row_blocks - 1) * BLOCK
    # The artifact stores 16 bytes of a last block whose 16 rows are complete.
    least = rest if config.generator == "artifact" else rest * BLOCK
    length = np.where(row == row_blocks - 1, least, BLOCK_BYTES)
    body.put(stores, "ST", length=length, bank_addr=count[of_store] % room)
    body.put(stores, "ST", hbm_addr=layer.place.outputs + BLOCK_BYTES * (row * columns + column))


def _offsets(sizes: IntArray) -> IntArray:
    """Where each of many pieces begins that lie one after another."""
    return (sizes.ravel().cumsum() - sizes.ravel()).reshape(sizes.shape)
