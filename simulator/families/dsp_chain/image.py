"""HBM before a GEMM runs, and its results behind: every core has a part with the same addresses."""

from zlib import crc32

import numpy as np

from mapping.arrays import AnyArray, ByteArray
from mapping.graph import Layer, ceil_div
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig
from simulator.families.dsp_chain.layers import Linear
from simulator.families.dsp_chain.lower import Lowered, layout
from simulator.families.dsp_chain.plan import CHANNELS, LOOPS, MV_BLOCKS, Plan, plan_mm, plan_mv
from simulator.families.dsp_chain.weights import block_streams, layer_weights, pack, padded, quantised


def image(layer: Layer, pattern: Pattern, mapping: Mapping, config: DspChainConfig) -> ByteArray:
    """The HBM: activations, weights in the order in which they are loaded, indices, codes, zeros for the results."""
    lowered = layout(layer, pattern, mapping.pattern, config)
    linear, place = lowered.linear, lowered.linear.place
    activations = layer_activations(layer)
    rows = activations if layer.m == 1 else _row_blocks(activations)
    weights = layer_weights(layer, pattern, linear.bits)
    share = linear.n_blocks * BLOCK
    weights = np.pad(weights, ((0, 0), (0, share * config.cores - weights.shape[1])))
    memory = np.zeros((config.cores, lowered.core_bytes), np.uint8)
    for core, part in enumerate(memory):
        own = weights[:, core * share : (core + 1) * share]
        values, indices, codes = weight_streams(own, lowered, config)
        _put(part, place.activations, rows.view(np.uint8).ravel())
        _put(part, place.weights, pack(values, linear.bits))
        if linear.sparse:
            _put(part, place.indices, indices[0::2] | indices[1::2] << 4)
            _put(part, place.codes, codes)
    return memory.ravel()


def layer_activations(layer: Layer) -> AnyArray:
    """(m, k) int8, k filled up to whole blocks: the layer's own, quantised, or drawn from its seed."""
    if layer.activations is not None:
        values = quantised(layer.activations.reshape(layer.m, layer.k), 8)
    else:
        rng = np.random.default_rng([layer.seed, crc32(layer.name.encode()), 1])
        values = rng.integers(-127, 128, (layer.m, layer.k)).astype(np.int8)
    return padded(values, 1, BLOCK)


def output(layer: Layer, mapping: Mapping, config: DspChainConfig, memory: ByteArray) -> AnyArray:
    """The results in an HBM image, (images, out_rows, out_cols, out_channels) int8."""
    shape = layer.shape
    columns = ceil_div(ceil_div(layer.n, BLOCK), config.cores)
    rows = 1 if layer.m == 1 else ceil_div(layer.m, BLOCK) * BLOCK
    parts = []
    for part in memory.reshape(config.cores, -1):
        size = rows * BLOCK * columns
        first = _outputs(part, size)
        flat = part[first : first + size].view(np.int8)
        if layer.m == 1:
            parts.append(flat.reshape(1, -1))
        else:
            blocks = flat.reshape(-1, columns, BLOCK, BLOCK)
            parts.append(blocks.transpose(0, 2, 1, 3).reshape(rows, -1))
    matrix = np.concatenate(parts, axis=1)[: layer.m, : layer.n]
    return np.ascontiguousarray(matrix).reshape(shape.images, shape.out_rows, shape.out_cols, shape.out_channels)


def _outputs(part: ByteArray, size: int) -> int:
    """Results lie at the end of a core's part, on a boundary of 64 bytes."""
    return len(part) - ceil_div(size, 64) * 64


def _row_blocks(activations: AnyArray) -> AnyArray:
    """(row blocks, k blocks, 16, 16): as the A buffer takes them."""
    filled = padded(activations, BLOCK, BLOCK)
    return np.ascontiguousarray(
        filled.reshape(filled.shape[0] // BLOCK, BLOCK, filled.shape[1] // BLOCK, BLOCK).transpose(0, 2, 1, 3)
    )


def weight_streams(weights: AnyArray, lowered: Lowered, config: DspChainConfig) -> tuple[AnyArray, AnyArray, ByteArray]:
    """Values, indices and codes of a core's weights in the order of its loads."""
    linear = lowered.linear
    blocks = block_streams(weights, linear.codes)
    chosen = _mv_order(linear, config) if lowered.m == 1 else _mm_order(linear, config)
    values = [blocks[at][0] for at in chosen if at in blocks]
    indices = [blocks[at][1] for at in chosen if at in blocks and linear.codes[at] < BLOCK]
    codes = np.array([linear.codes[at] if at in blocks else 0 for at in chosen], np.uint8)
    return np.concatenate(values), np.concatenate([np.zeros(0, np.uint8), *indices]), codes


def _mv_order(linear: Linear, config: DspChainConfig) -> list[tuple[int, int]]:
    """Blocks (k, n) as an MV layer loads them: groups of columns, splits of K, channels, columns of a channel, K."""
    plan = plan_mv(linear.name, linear.codes, linear.sparse, config)
    channels = range(min(CHANNELS, linear.n_blocks))
    return [
        (k, group * MV_BLOCKS + loop * CHANNELS + channel)
        for group in range(ceil_div(linear.n_blocks, MV_BLOCKS))
        for split in _splits(plan)
        for channel in channels
        for loop in range(LOOPS)
        for k in split
    ]


def _mm_order(linear: Linear, config: DspChainConfig) -> list[tuple[int, int]]:
    """Blocks (k, n) as an MM layer loads them: columns, then K."""
    plan = plan_mm(linear.name, linear.codes, linear.sparse, config)
    return [(k, n) for n in range(linear.n_blocks) for split in _splits(plan) for k in split]


def _splits(plan: Plan) -> list[range]:
    return [
        range(start, start + count) for start, count in zip(plan.starts.tolist(), plan.counts.tolist(), strict=True)
    ]


def _put(memory: ByteArray, address: int, data: AnyArray) -> None:
    memory[address : address + data.size] = data
