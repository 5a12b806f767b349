"""Programs of attention: products of activations, head by head, with the softmax fused behind the scores.

As the artifact's ``IR_attention_mv`` and ``IR_attention_mm``. Keys and values lie in the A buffer for one query, in the
B buffer for a prompt, whose masked blocks of 64 x 64 are neither loaded nor computed nor stored.
"""

from dataclasses import dataclass, field

import numpy as np

from mapping.arrays import BoolArray, IntArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig
from simulator.families.dsp_chain.isa import (
    A_BUFFER,
    B_BUFFER,
    DSP_CHAIN_ISA,
    SOFTMAX,
    TO_LD,
    TO_MISC,
    TO_MM,
    TO_MV,
    TO_ST,
    TO_SYS,
)
from simulator.families.dsp_chain.layers import Place
from simulator.families.dsp_chain.mv import OUT_LINES
from simulator.families.dsp_chain.plan import (
    B_MM_ROW,
    B_MV_ROW,
    CHANNELS,
    LEAST,
    LOOPS,
    MM_BLOCKS,
    MV_BLOCKS,
    MV_ROW,
)
from simulator.families.dsp_chain.rows import Rows, join, load, rows, store

BLOCK_BYTES = BLOCK * BLOCK
LENGTH = DSP_CHAIN_ISA["LD"].column("length")
MASK_BLOCK = 64  # rows and columns of a block of the attention mask


@dataclass(frozen=True, kw_only=True)
class Attention:
    """One of the two products of attention, for every head.

    Attributes:
        name: For messages.
        heads: How many a core computes.
        k: Reduction: the head size for scores, the context for values.
        n: Outputs of a head: the context for scores, the head size for values.
        softmax: Whether the softmax is fused: scores only.
        load_input: Whether queries or probabilities come from HBM.
        store_output: Whether results go there.
        shift: Right shift of the sums before they are rounded to int8.
        place: Addresses; keys or values lie at ``weights``, one head after another.
    """

    name: str
    heads: int
    k: int
    n: int
    softmax: bool = False
    load_input: bool = True
    store_output: bool = True
    shift: int = 0
    place: Place = field(default_factory=Place)


def attention_mv(layer: Attention, config: DspChainConfig) -> Rows:
    """One query against a cache: the instructions of one core, from the first LD to SYS.

    Raises:
        InputError: A buffer that cannot hold two loads, or the queries or results of all heads.
    """
    k_blocks = layer.k // BLOCK
    line = layer.k * BLOCK * LOOPS // MV_ROW  # rows of one load
    ahead = config.a_rows // line
    times = ceil_div(layer.n, MV_BLOCKS * BLOCK)
    _check_mv(layer, ahead, line, times, config)
    body, columns = _mv_head(layer, times, config)
    body = body.tile(layer.heads)
    number = np.arange(layer.heads * times)
    channels = np.tile(np.minimum(columns, CHANNELS), layer.heads)
    loads, of_product = body.of("LD"), np.repeat(number, channels)
    first, products = loads[channels.cumsum() - channels], body.of("MV")
    # The artifact counts anew for every head, so that its loads never wait; here they wait for what is in use.
    count, total = (number % times, times) if config.generator == "artifact" else (number, len(number))
    body.wait[first[count >= ahead]] |= TO_MV
    body.release[products[count + ahead < total]] |= TO_LD
    size = body.operands[loads, LENGTH]
    body.put(loads, "LD", bank_addr=of_product % ahead * line, hbm_addr=layer.place.weights + size.cumsum() - size)
    body.put(products, "MV", a_addr=number % ahead * line, b_addr=number // times * k_blocks)
    body.put(products, "MV", out_addr=OUT_LINES * number)
    if layer.softmax:
        scores = OUT_LINES * times * np.arange(layer.heads)
        body.put(body.of("MISC"), "MISC", in_a_addr=scores, out_addr=scores)
    last = body.of("MISC")[-1] if layer.softmax else products[-1]
    body.release[last] |= TO_ST if layer.store_output else TO_SYS
    parts = [body]
    if layer.load_input:
        vector = load(B_BUFFER, length=layer.k * layer.heads, hbm_addr=layer.place.activations, cross=1)
        parts.insert(0, vector)
    after = TO_MISC if layer.softmax else TO_MV
    if layer.store_output:
        length = layer.n * layer.heads
        parts.append(store(wait=after, release=TO_SYS, length=length, hbm_addr=layer.place.outputs))
        after = TO_ST
    return join([*parts, rows("SYS", wait=after)])


def _check_mv(layer: Attention, ahead: int, line: int, times: int, config: DspChainConfig) -> None:
    if ahead < LEAST:
        raise InputError(f"layer {layer.name}: a_rows={config.a_rows} cannot hold two loads of {line} rows each")
    queries = layer.heads * ceil_div(layer.k, B_MV_ROW)
    if queries > config.b_rows:
        raise InputError(f"layer {layer.name}: b_rows must be at least {queries} (is {config.b_rows})")
    results = layer.heads * times * OUT_LINES
    if results > config.global_rows:
        raise InputError(f"layer {layer.name}: global_rows must be at least {results} (is {config.global_rows})")


def _mv_head(layer: Attention, times: int, config: DspChainConfig) -> tuple[Rows, IntArray]:
    """The instructions of one head, and how many blocks of columns each of its MVs loads."""
    n_blocks = layer.n // BLOCK
    blocks = np.minimum(MV_BLOCKS, n_blocks - MV_BLOCKS * np.arange(times))
    artifact = config.generator == "artifact"
    if artifact:  # it asks whether a column exists in the first group only, whichever group it loads
        blocks[:] = blocks[0]
    parts = []
    for index, present in enumerate(blocks.tolist()):
        channels = np.arange(min(CHANNELS, present))
        held = (present - channels + CHANNELS - 1) // CHANNELS
        loads = load(A_BUFFER, len(channels), channel=channels, channels=CHANNELS, length=BLOCK * layer.k * held)
        loads.release[-1] = TO_MV
        product = rows("MV", wait=TO_LD, K=layer.k // BLOCK, output=1, first=1, shift=layer.shift)
        computed = MV_BLOCKS if artifact else present
        product.put(slice(None), "MV", share=computed, whole=MV_BLOCKS)
        product.macs[:] = layer.k * BLOCK * computed * config.cores
        product.release[-1] |= TO_MISC if layer.softmax and index == times - 1 else 0
        parts += [loads, product]
    if layer.softmax:
        parts.append(rows("MISC", wait=TO_MV, operation=SOFTMAX, K=n_blocks))
    return join(parts), blocks


def attention_mm(layer: Attention, m: int, masks: BoolArray, config: DspChainConfig) -> Rows:
    """A prompt of ``m`` tokens: the instructions of one core, from the first LD to SYS.

    Args:
        layer: ``softmax`` tells scores from values.
        m: Rows, a multiple of 16.
        masks: (heads, m / 64, m / 64) bool, rounded up; which blocks of 64 x 64 of the scores are not masked. Every
            block of rows has one.
        config: The machine.

    Raises:
        InputError: A buffer that cannot hold two loads or two groups of results.
    """
    k_blocks, n_blocks = layer.k // BLOCK, layer.n // BLOCK
    line = k_blocks * BLOCK_BYTES // B_MM_ROW
    if config.b_rows // line < LEAST:
        raise InputError(f"layer {layer.name}: b_rows={config.b_rows} cannot hold two loads of {line} rows each")
    if config.global_rows // n_blocks < LEAST:
        raise InputError(f"layer {layer.name}: global_rows={config.global_rows} cannot hold two groups of {n_blocks}")
    if k_blocks > config.a_rows:
        raise InputError(f"layer {layer.name}: a_rows must be at least {k_blocks} (is {config.a_rows})")
    heads = [_mm_head(_Head(layer, m, _fine(mask, m), config)) for mask in _known(masks)]
    which = np.unique(masks.reshape(len(masks), -1), axis=0, return_inverse=True)[1].ravel()
    body = join([heads[index] for index in which])
    body.release[-1] |= TO_SYS
    return join([body, rows("SYS", wait=TO_ST)])


def _known(masks: BoolArray) -> BoolArray:
    """The masks that differ from each other: heads that are alike share their instructions."""
    return np.unique(masks.reshape(len(masks), -1), axis=0).reshape(-1, *masks.shape[1:])


def _fine(mask: BoolArray, m: int) -> BoolArray:
    """A mask by blocks of 16 x 16, (m / 16, m / 16)."""
    scale = MASK_BLOCK // BLOCK
    return mask.repeat(scale, 0).repeat(scale, 1)[: m // BLOCK, : m // BLOCK]


@dataclass(frozen=True, slots=True)
class _Head:
    layer: Attention
    m: int
    mask: BoolArray  # (row blocks, blocks of columns)
    config: DspChainConfig

    @property
    def groups(self) -> int:
        """Groups of 128 rows."""
        return ceil_div(len(self.mask), MM_BLOCKS)


def _mm_head(head: _Head) -> Rows:
    return join([_mm_group(head, group) for group in range(head.groups)])


def _mm_group(head: _Head, group: int) -> Rows:
    """128 rows of one head: its rows into A, then each block of columns that is not masked altogether."""
    layer, config = head.layer, head.config
    mask = head.mask[group * MM_BLOCKS : (group + 1) * MM_BLOCKS]
    inputs = _queries(layer, mask) if layer.softmax else _probabilities(layer, mask)
    inputs.wait[0] = TO_MM if group else 0
    k_blocks = layer.k // BLOCK
    columns = np.flatnonzero(mask.any(axis=0)) if layer.softmax else np.arange(layer.n // BLOCK)
    loads = load(B_BUFFER, cross=1, matrix=1, length=BLOCK_BYTES * k_blocks)
    loads.release[:] = TO_MM
    product = rows("MM", wait=TO_LD, K=k_blocks, output=1, first=1, share=1, whole=1, shift=layer.shift)
    product.macs[:] = min(config.mm_rows, head.m - group * config.mm_rows) * BLOCK * layer.k * config.cores
    body = join([loads, product]).tile(len(columns))
    loaded, products, number = body.of("LD"), body.of("MM"), np.arange(len(columns))
    line = k_blocks * BLOCK_BYTES // B_MM_ROW
    ahead = config.b_rows // line
    body.wait[loaded[number >= ahead]] |= TO_MM
    body.release[products[number + ahead < len(columns)]] |= TO_LD
    body.release[products[-1]] |= TO_LD if group < head.groups - 1 else 0
    body.release[products[-1]] |= TO_MISC if layer.softmax else TO_ST
    body.put(loaded, "LD", channel=columns % CHANNELS, bank_addr=columns % ahead * line)
    body.put(products, "MM", b_addr=columns % ahead * line, out_addr=columns % config.global_rows)
    room = config.global_rows // (layer.n // BLOCK)
    if group >= room:
        body.wait[products[0]] |= TO_MISC if layer.softmax else TO_ST
    return join([inputs, body, _results(layer, mask, frees=group + room < head.groups)])


def _queries(layer: Attention, mask: BoolArray) -> Rows:
    size = BLOCK_BYTES * (layer.k // BLOCK)
    return load(A_BUFFER, len(mask), channel=np.arange(len(mask)), channels=CHANNELS, matrix=1, length=size)


def _probabilities(layer: Attention, mask: BoolArray) -> Rows:
    """For each block of rows zeros where it is masked, then each run of blocks that are not."""
    parts = []
    for channel, row in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.view(np.int8), [0]]))).reshape(-1, 2)
        lengths = BLOCK_BYTES * (edges[:, 1] - edges[:, 0])
        usual = {"channel": channel, "channels": CHANNELS, "matrix": 1}
        masked = BLOCK_BYTES * int(np.count_nonzero(~row))
        if masked:
            parts.append(load(A_BUFFER, length=masked, zero_fill=1, **usual))
        parts.append(load(A_BUFFER, len(edges), length=lengths, bank_addr=edges[:, 0], **usual))
    return join(parts)


def _results(layer: Attention, mask: BoolArray, *, frees: bool) -> Rows:
    """The softmax of 16 rows at a time, and their store."""
    parts = []
    for channel, row in enumerate(mask):
        blocks = int(np.count_nonzero(row)) if layer.softmax else layer.n // BLOCK
        if layer.softmax:
            softmax = rows("MISC", BLOCK, operation=SOFTMAX, K=blocks)
            softmax.wait[0] = TO_MM if channel == 0 else 0
            softmax.release[-1] = TO_ST | (TO_MM if frees and channel == len(mask) - 1 else 0)
            parts.append(softmax)
        stored = store(channel=channel, channels=CHANNELS, matrix=1, length=BLOCK_BYTES * blocks)
        stored.wait[0] = TO_MISC if layer.softmax else (TO_MM if channel == 0 else 0)
        stored.release[0] = TO_MM if frees and not layer.softmax and channel == len(mask) - 1 else 0
        parts.append(stored)
    return join(parts)
