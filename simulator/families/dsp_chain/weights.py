"""Weights as the machine stores them: quantised, cut into blocks of N:16, packed to 2, 3, 4 or 8 bits."""

from dataclasses import replace

import numpy as np

from mapping.arrays import AnyArray, ByteArray, IntArray
from mapping.errors import InputError
from mapping.graph import Layer, ceil_div
from mapping.sparsity import Pattern, prune_layer
from simulator.families.dsp_chain.chain import compress_block
from simulator.families.dsp_chain.config import BLOCK, CODES, DspChainConfig


def kept_of(pattern: Pattern, layer: str) -> int:
    """N of a pattern that the chains can run.

    Raises:
        InputError: Another pattern than dense, 2:16, 4:16 and 8:16.
    """
    if pattern.is_dense:
        return BLOCK
    if pattern.m != BLOCK or pattern.n not in CODES:
        legal = ", ".join(f"{code}:{BLOCK}" for code in CODES[1:-1])
        raise InputError(f"layer {layer}: pattern {pattern} is not a density code; legal: dense, {legal}")
    return pattern.n


def quantised(values: AnyArray, bits: int) -> AnyArray:
    """Symmetric integers of ``bits`` bits, int8: the largest magnitude becomes 2**(bits - 1) - 1."""
    most = float(np.abs(values).max(initial=0)) or 1.0
    return np.rint(values / most * (2 ** (bits - 1) - 1)).astype(np.int8)


def layer_weights(layer: Layer, pattern: Pattern, bits: int) -> AnyArray:
    """(k, n) int8, pruned and quantised; drawn where the layer has none; k and n filled up to whole blocks."""
    pruned = prune_layer(replace(layer, weights=layer.values()), pattern).weights
    assert pruned is not None
    return padded(quantised(pruned.reshape(layer.n, layer.k).T, bits), BLOCK, BLOCK)


def padded(matrix: AnyArray, rows: int, columns: int) -> AnyArray:
    """Filled up with zeros to multiples of ``rows`` and ``columns``."""
    return np.pad(matrix, ((0, -matrix.shape[0] % rows), (0, -matrix.shape[1] % columns)))


def block_codes(weights: AnyArray) -> IntArray:
    """(k / 16, n / 16) smallest N of N:16 that holds every column of each block of (k, n) weights."""
    k, n = weights.shape
    most = np.count_nonzero(weights.reshape(k // BLOCK, BLOCK, n), axis=1).reshape(k // BLOCK, n // BLOCK, BLOCK).max(2)
    return np.array(CODES)[np.searchsorted(CODES, most)]


def core_codes(layer: Layer, pattern: Pattern, executed: Pattern, bits: int, config: DspChainConfig) -> IntArray:
    """(k / 16, n / 16 / cores) N of each block of a core's share: the most that any core has at that place.

    Counted in the weights, where the layer has them and is executed sparse: a block without any is N = 0.
    """
    k, n = ceil_div(layer.k, BLOCK), ceil_div(layer.n, BLOCK)
    share = ceil_div(n, config.cores)
    kept = kept_of(executed, layer.name)
    if kept == BLOCK or layer.weights is None:
        return np.full((k, share), kept, np.int64)
    codes = np.zeros((k, share * config.cores), np.int64)
    codes[:, :n] = block_codes(layer_weights(layer, pattern, bits))
    return codes.reshape(k, config.cores, share).max(axis=1)


def block_streams(weights: AnyArray, codes: IntArray) -> dict[tuple[int, int], tuple[AnyArray, AnyArray]]:
    """Values and indices of every block (k, n), as a vector unit reads them."""
    streams = {}
    for k, n in np.ndindex(codes.shape):
        block = weights[k * BLOCK : (k + 1) * BLOCK, n * BLOCK : (n + 1) * BLOCK]
        streams[k, n] = compress_block(block, int(codes[k, n]))
    return streams


def pack(values: AnyArray, bits: int) -> ByteArray:
    """Signed values of ``bits`` bits one behind another, lowest bit first; their bits fill whole bytes."""
    raw = (values.astype(np.int64)[:, None] >> np.arange(bits)) & 1
    return np.packbits(raw.astype(np.uint8).ravel(), bitorder="little")


def unpack(data: ByteArray, count: int, bits: int) -> AnyArray:
    """What ``pack`` packed: the dequantiser in front of the buffer, int8."""
    raw = np.unpackbits(data, bitorder="little")[: count * bits].reshape(count, bits).astype(np.int64)
    value = raw @ (1 << np.arange(bits))
    return (value - ((value >> (bits - 1)) << bits)).astype(np.int8)


def expand(values: AnyArray, indices: AnyArray, codes: IntArray) -> AnyArray:
    """The (16 k, 16) matrix of a column of blocks from its streams, int64.

    Args:
        values: Kept weights, block after block, in each column after column.
        indices: Of each in a block that is not dense, its row in the block.
        codes: (k,) N of each block.
    """
    count = BLOCK * codes
    block = np.repeat(np.arange(len(codes)), count)
    place = np.arange(len(block)) - np.repeat(count.cumsum() - count, count)
    column = place // codes[block]
    row = place % BLOCK
    row[codes[block] < BLOCK] = indices
    matrix = np.zeros((len(codes), BLOCK, BLOCK), np.int64)
    # A column with fewer weights than N is filled with zeros at row 0: they add nothing.
    np.add.at(matrix, (block, row, column), values)
    return matrix.reshape(-1, BLOCK)
