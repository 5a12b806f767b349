"""Programs of matrix times vector: weights stream through the A buffer, 512 columns an instruction.

As the artifact's ``IR_linear_mv``: load the vector and the bias; for each 512 columns and each split of K load the
weights of eight channels, then multiply; behind the last split run what is fused; at the end store once.
"""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import BoolArray, IntArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig
from simulator.families.dsp_chain.isa import (
    A_BUFFER,
    B_BUFFER,
    BIAS_BUFFER,
    DSP_CHAIN_ISA,
    FSB_BUFFER,
    GLOBAL_BUFFER,
    META_BUFFER,
    TO_LD,
    TO_MISC,
    TO_MV,
    TO_ST,
    TO_SYS,
)
from simulator.families.dsp_chain.layers import Linear, with_indices
from simulator.families.dsp_chain.plan import CHANNELS, GLOBAL_LINE, LOOPS, MV_BLOCKS, Plan, plan_mv
from simulator.families.dsp_chain.rows import Rows, join, load, rows, store

OUT_LINES = MV_BLOCKS * BLOCK // GLOBAL_LINE  # lines of the global buffer that an MV writes


def linear_mv(layer: Linear, config: DspChainConfig) -> Rows:
    """The instructions of one core, from its first LD to SYS.

    Raises:
        InputError: A buffer that cannot hold two splits.
    """
    check_global(layer, config)
    plan = plan_mv(layer.name, layer.codes, layer.sparse, config)
    work = _Work.of(layer, plan, config)
    body = _template(layer, plan).tile(work.groups)
    _patch_loads(body, layer, plan, work, config)
    _patch_products(body, layer, plan, work, config)
    parts = [body]
    if layer.bias:
        bias = 4 * BLOCK * layer.n_blocks
        parts.insert(0, load(BIAS_BUFFER, length=bias, hbm_addr=layer.place.bias))
    if layer.load_input:
        vector = load(B_BUFFER, length=BLOCK * layer.k_blocks, hbm_addr=layer.place.activations, cross=1)
        parts.insert(0, vector)
    return join([*parts, *_finish(layer)])


def _finish(layer: Linear) -> list[Rows]:
    """The store, where there is one, and the SYS that ends the layer."""
    last = TO_MISC if layer.fused else TO_MV
    if not layer.store_output:
        return [rows("SYS", wait=last)]
    length = BLOCK * layer.n_blocks
    return [store(wait=last, release=TO_SYS, length=length, hbm_addr=layer.place.outputs), rows("SYS", wait=TO_ST)]


@dataclass(frozen=True, slots=True)
class _Work:
    """What each split of each group of columns needs.

    Attributes:
        groups: Groups of 512 columns.
        kept: (groups, splits, channels) sum of N over its blocks.
        indexed: The same over those that carry indices.
        present: (channels,) whether a channel holds any column of a layer narrower than a group.
    """

    groups: int
    kept: IntArray
    indexed: IntArray
    present: BoolArray

    @classmethod
    def of(cls, layer: Linear, plan: Plan, config: DspChainConfig) -> "_Work":
        groups = ceil_div(layer.n_blocks, MV_BLOCKS)
        # The artifact's last group loads and computes columns that do not exist, unless it is the only one.
        pad = BLOCK if config.generator == "artifact" and groups > 1 else 0
        codes = np.full((layer.k_blocks, groups * MV_BLOCKS), pad, np.int64)
        codes[:, : layer.n_blocks] = layer.codes

        def sums(values: IntArray) -> IntArray:
            channels = values.reshape(layer.k_blocks, groups, LOOPS, CHANNELS).sum(2)
            return np.add.reduceat(channels, plan.starts, axis=0).transpose(1, 0, 2)

        present = np.arange(CHANNELS) < layer.n_blocks
        return cls(groups, sums(codes), sums(with_indices(codes)), present)


def _template(layer: Linear, plan: Plan) -> Rows:
    """One group of columns: opcodes, tokens inside the group, and fields that do not change from group to group."""
    parts = []
    channels = np.arange(CHANNELS)[: layer.n_blocks]
    for start, count in zip(plan.starts.tolist(), plan.counts.tolist(), strict=True):
        loads = []
        for channel in channels.tolist():
            if layer.sparse:
                loads.append(load(FSB_BUFFER, channel=channel, channels=CHANNELS, length=LOOPS * count))
                loads.append(load(META_BUFFER, channel=channel, channels=CHANNELS))
            loads.append(load(A_BUFFER, channel=channel, channels=CHANNELS))
        group = join(loads)
        moved = layer.moved
        group.put(group.operands[:, 0] == A_BUFFER, "LD", share=moved.numerator, whole=moved.denominator)
        group.release[-1] |= TO_MV
        ends = start + count == layer.k_blocks
        product = rows(
            "MV",
            wait=TO_LD,
            release=TO_MISC if ends and layer.fused else 0,
            K=count,
            output=int(ends),
            first=int(start == 0),
            bias=int(layer.bias),
            sparse=int(layer.sparse or layer.density < 1),
            b_addr=start,
            shift=layer.shift,
        )
        parts += [group, product]
    return join([*parts, *_fused(layer)])


def _fused(layer: Linear) -> list[Rows]:
    """MISC behind the last split; as in the artifact every channel loads the whole 512 bytes of an operand."""
    if not layer.fused:
        return []
    loads = load(GLOBAL_BUFFER, CHANNELS, channel=np.arange(CHANNELS), length=MV_BLOCKS * BLOCK, channels=CHANNELS)
    loads.release[-1] |= TO_MISC
    made = [loads] * layer.operands
    for index, operation in enumerate(layer.fused):
        wait = (TO_MV if index == 0 else 0) | (TO_LD if index < layer.operands else 0)
        made.append(rows("MISC", wait=wait, operation=operation, K=MV_BLOCKS))
    return [join(made)]


def _patch_loads(body: Rows, layer: Linear, plan: Plan, work: _Work, config: DspChainConfig) -> None:
    """Lengths, addresses and the tokens of a full buffer; ``body`` holds the groups one after another."""
    groups, splits = work.groups, len(plan)
    weights = body.of("LD")
    weights = weights[body.operands[weights, 0] != GLOBAL_BUFFER].reshape(groups, splits, -1)
    number = np.arange(groups * splits).reshape(groups, splits)
    body.wait[weights[:, :, 0]] |= np.where(number >= plan.ahead, TO_MV, 0).astype(np.uint16)
    kept = work.kept[:, :, work.present]
    each = weights.reshape(groups, splits, kept.shape[2], -1)  # one load of a channel, or three
    slot = number % plan.slots
    row = (slot * plan.slot_rows)[:, :, None]
    size = BLOCK * kept
    body.put(each[..., -1], "LD", length=size, bank_addr=row)
    if config.generator == "physical":
        bytes_moved = -(-size * layer.bits // 8)
        body.put(each[..., -1], "LD", hbm_addr=layer.place.weights + _offsets(bytes_moved))
    if layer.sparse:
        fsb_row = (slot * int(plan.counts.max()))[:, :, None]
        index_bytes = BLOCK // 2 * work.indexed[:, :, work.present]
        body.put(each[..., 1], "LD", length=index_bytes, bank_addr=row)
        body.put(each[..., 0], "LD", bank_addr=fsb_row)
        body.put(each[..., 1], "LD", hbm_addr=layer.place.indices + _offsets(index_bytes))
        code_bytes = body.operands[each[..., 0], DSP_CHAIN_ISA["LD"].column("length")]
        body.put(each[..., 0], "LD", hbm_addr=layer.place.codes + _offsets(code_bytes))


def _offsets(sizes: IntArray) -> IntArray:
    """Where each of many pieces begins that lie one after another."""
    return (sizes.ravel().cumsum() - sizes.ravel()).reshape(sizes.shape)


def _patch_products(body: Rows, layer: Linear, plan: Plan, work: _Work, config: DspChainConfig) -> None:
    """Work, addresses, and the tokens at the end."""
    groups, splits = work.groups, len(plan)
    total = groups * splits
    products = body.of("MV").reshape(groups, splits)
    number = np.arange(total).reshape(groups, splits)
    body.release[products] |= np.where(number + plan.ahead < total, TO_LD, 0).astype(np.uint16)
    kept = work.kept.sum(axis=2)
    full = MV_BLOCKS * BLOCK * np.broadcast_to(plan.counts, (groups, splits))
    if layer.density < 1:
        share, whole = layer.density.numerator, layer.density.denominator
        body.put(products, "MV", share=share, whole=whole)
        body.macs[products] = BLOCK * full * share // whole * config.cores
    else:  # a layer narrower than a group is computed in full by the artifact
        body.put(products, "MV", share=full if config.generator == "artifact" else kept, whole=full)
        body.macs[products] = BLOCK * kept * config.cores
    slot = number % plan.slots
    group = np.arange(groups)[:, None]
    body.put(products, "MV", a_addr=slot * plan.slot_rows, meta_addr=slot * plan.slot_rows, out_addr=OUT_LINES * group)
    if layer.bias:
        body.put(products, "MV", bias_addr=MV_BLOCKS * group)
    if layer.sparse:
        body.put(products, "MV", fsb_addr=slot * int(plan.counts.max()))
    ends = TO_ST if layer.store_output else TO_SYS
    if not layer.fused:
        body.release[products[-1, -1]] |= ends
        return
    fused = body.of("MISC").reshape(groups, -1)
    body.release[fused[-1, -1]] |= ends
    line = OUT_LINES * group
    body.put(fused, "MISC", in_a_addr=line, out_addr=line)
    if layer.operands:
        loads = body.of("LD")
        loads = loads[body.operands[loads, 0] == GLOBAL_BUFFER].reshape(groups, layer.operands, -1)
        number = np.arange(groups * layer.operands).reshape(groups, layer.operands)
        lines = config.global_rows // 2 + OUT_LINES * number
        body.put(loads, "LD", hbm_addr=layer.place.operands + MV_BLOCKS * BLOCK * np.arange(groups)[:, None, None])
        body.put(loads, "LD", bank_addr=lines[:, :, None])
        body.put(fused[:, : layer.operands], "MISC", in_b_addr=lines)


def check_global(layer: Linear, config: DspChainConfig) -> None:
    """Refuse a layer whose results, or operands of what is fused, do not fit the global buffer.

    Raises:
        InputError: It names the rows that would do.
    """
    groups = ceil_div(layer.n_blocks, MV_BLOCKS)
    need = OUT_LINES * groups * max(1, 2 * layer.operands) if layer.fused else OUT_LINES * groups
    if need > config.global_rows:
        raise InputError(f"layer {layer.name}: global_rows must be at least {need} (is {config.global_rows})")
