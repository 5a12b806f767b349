"""The chain of DSP slices: its values, bit for bit, and its cycles. NumPy only, no clock.

A vector unit is one chain of L DSP48E2 slices in groups of two (FlightLLM, FPGA'24, section 3). It holds a window of
16 activations of one or two rows and takes L kept weights a cycle, each with the 4-bit index of its activation. Two
rows share a multiplier: the pre-adder packs them to a1 * 2**18 + a0, so that one product with the weight holds both,
18 bits apart. A chain is cut behind any group; each segment sums up one output column.

What a lane can hold: k products of int8 lie in [-16256 k, 16384 k]. That is 32640 k + 1 values, at most 2**18 up to
k = 8, so 8 products are exact even with -128 x -128 in all of them; only the usual reading as two's complement is not
(+131072 looks like -131072). Behind 8 slices the overflow adjust unit splits the lower lane: its low 10 bits, as a
number in [0, 1023], stay in the cascade and the rest goes beside it to the reduction node. Eight more products then
lie in [-130048, 132095]: exactly 2**18 values. So one rule reads every lower lane: from 132096 on it is negative.
The paper says that the unit splits in two parts and when it is left out; the split at bit 10 is this project's.

Cycles: a slice registers operands, product and sum (3 cycles); a cascade adds one for each further slice (AMD UG1399,
"DSP Cascading"). How many stages MUX, reduction node and overflow adjust unit have is not published.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from mapping.arrays import AnyArray, BoolArray, IntArray
from mapping.errors import InputError
from mapping.formats import nm
from mapping.graph import ceil_div
from mapping.sparsity import Pattern

LENGTHS = (2, 4, 8, 16)  # slices of a chain
KEPT = (0, 2, 4, 8, 16)  # weights of each column of a block: the N of N:16
BLOCK = 16  # rows and columns of a block: inputs of a MUX, columns of a vector unit
GROUP = 2  # slices of a DSP group
ROWS = 2  # that share a multiplier
A_BITS, B_BITS, P_BITS = 27, 18, 48  # of a DSP48E2
LANE_BITS = 18
STAY_BITS = 10  # of the lower lane, behind the overflow adjust unit
LOWEST_NEGATIVE = (1 << LANE_BITS - 1) + (1 << STAY_BITS)  # as a code of 18 bits
HALF = 8  # slices before the overflow adjust unit
SUM_BITS = 20  # of a segment
ACCUMULATOR_BITS = 32


class ChainConfig(BaseModel):
    """A chain of DSP slices and the registers around it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    length: int = Field(16, description="DSP slices of a chain, in groups of two: 2, 4, 8 or 16")
    mux_stages: int = Field(1, ge=1, le=2, description="registers of a sparse MUX [cycles]; assumed, not published")
    reduction_stages: int = Field(1, ge=1, le=4, description="of a reduction node [cycles]; assumed, not published")
    overflow_stages: int = Field(1, ge=1, le=4, description="of the overflow adjust unit [cycles]; assumed")

    @field_validator("length")
    @classmethod
    def _length(cls, value: int) -> int:
        if value not in LENGTHS:
            raise ValueError(f"length={value} is none of {', '.join(map(str, LENGTHS))}")
        return value

    @property
    def latency(self) -> int:
        """Cycles from the operands at the MUX to all sums of the chain, side by side."""
        overflow = self.overflow_stages if self.length > HALF else 0
        return self.mux_stages + fill_cycles(self.length) + overflow + self.reduction_stages


# Cycles.


def fill_cycles(length: int) -> int:
    """From the operands of a cascade to its sum: three registers, one more for each further slice (AMD UG1399)."""
    return length + 2


def cascade_cycles(products: int, length: int) -> int:
    """Until the last of ``products`` dot products of ``length`` terms is there, one a cycle; no MUX, no node."""
    return products - 1 + fill_cycles(length)


def passes(kept: int, length: int) -> int:
    """How often a chain adds to an accumulator to sum ``kept`` products of a column of a block."""
    return ceil_div(kept, length)


def block_beats(kept: int, length: int, *, flushes: bool = False) -> int:
    """Cycles in which operands of a block of 16 columns enter a chain: 16 N / L, which is N for a chain of 16.

    Args:
        kept: Weights of each column, one of ``KEPT``.
        length: Slices.
        flushes: Whether accumulators are cleared before this block or written behind it; a block without weights
            has to run through the chain for that, with zeros, as one of 2:16.
    """
    return BLOCK * (kept or (GROUP if flushes else 0)) // length


def block_cycles(kept: int, length: int, *, flushes: bool = False) -> int:
    """Cycles that a vector unit spends on a block, before the next one can begin.

    Those of its beats; one to drop a block without any. A scheduler that drops it ahead, as FlightLLM's, saves that.
    """
    return max(1, block_beats(kept, length, flushes=flushes))


def unit_cycles(block_cycles_sum: int, config: ChainConfig) -> int:
    """Cycles of a vector unit that is never stalled, first block offered to last sum taken, both included.

    A block waits a cycle in its register, the accumulator takes one behind the chain.

    Args:
        block_cycles_sum: Sum of ``block_cycles``; the last block flushes.
        config: The chain.
    """
    return 1 + block_cycles_sum + config.latency + 1


# Values.


def wrapped(value: AnyArray, bits: int) -> IntArray:
    """Two's complement of ``bits`` bits."""
    half = 1 << (bits - 1)
    return ((value.astype(np.int64) + half) & ((1 << bits) - 1)) - half


def dsp_slice(a: AnyArray, d: AnyArray, b: AnyArray, z: AnyArray) -> IntArray:
    """A DSP48E2: z + (a + d) * b, with 27, 27, 18 and 48 bits; pre-adder and sum wrap."""
    product = wrapped(a.astype(np.int64) + d, A_BITS) * wrapped(b, B_BITS)
    return wrapped(z + product, P_BITS)


def packed_slice(rows: AnyArray, weight: AnyArray, z: AnyArray) -> IntArray:
    """A slice with two activations, (..., 2) int8, and the weight that they share: the operand is a1 * 2**18 + a0."""
    wide = rows.astype(np.int64)
    return dsp_slice(wide[..., 0], wide[..., 1] << LANE_BITS, weight, z)


def sparse_mux(window: AnyArray, indices: AnyArray) -> AnyArray:
    """The activation of each kept weight: (..., 2, 16) and (..., L) give (..., L, 2)."""
    return np.take_along_axis(np.swapaxes(window, -1, -2), indices.astype(np.intp)[..., None], -2)


def split_lanes(p: IntArray) -> tuple[IntArray, IntArray]:
    """Lower and upper lane of a packed sum; a negative lower lane has borrowed 1 from the upper one."""
    code = p & ((1 << LANE_BITS) - 1)
    negative = (code >= LOWEST_NEGATIVE).astype(np.int64)
    return code - (negative << LANE_BITS), (p >> LANE_BITS) + negative


def overflow_adjust(p: IntArray, packed: AnyArray) -> tuple[IntArray, IntArray]:
    """What goes on in the cascade, and what goes beside it in units of 2**10: nothing unless packed."""
    beside = np.where(packed, split_lanes(p)[0] >> STAY_BITS, 0)
    return wrapped(p - (beside << STAY_BITS), P_BITS), beside


def reduction_node(p: IntArray, beside: IntArray, packed: AnyArray) -> IntArray:
    """The sums of a segment, (..., 2) of 20 bits: both rows, or unpacked one row and 0."""
    lower, upper = split_lanes(p)
    sums = np.stack([np.where(packed, lower + (beside << STAY_BITS), p), np.where(packed, upper, 0)], -1)
    return wrapped(sums, SUM_BITS)


def segment_cuts(kept: int, length: int) -> BoolArray:
    """(L / 2,) behind which groups the chain is cut for N:16: segments of ``kept`` slices, or the whole chain."""
    groups = np.arange(1, length // GROUP + 1)
    return groups * GROUP % min(kept or GROUP, length) == 0


def chain_sums(window: AnyArray, weights: AnyArray, indices: AnyArray, cuts: AnyArray, packed: AnyArray) -> IntArray:
    """What a chain gives, slice by slice, for any number of beats (...).

    Args:
        window: (..., 2, 16) int8, activations of two rows; unpacked, the second row is not looked at.
        weights: (..., L) int8.
        indices: (..., L), in [0, 15].
        cuts: (..., L / 2) bool, behind which groups a segment ends.
        packed: (...) bool.

    Returns:
        (..., L / 2, 2): sums of the segments that end at each group; 0 where none does.
    """
    length = weights.shape[-1]
    rows = sparse_mux(window, indices).astype(np.int64)
    rows[..., 1] *= np.asarray(packed)[..., None]
    cascade = np.zeros(weights.shape[:-1], np.int64)
    beside = cascade
    sums = np.zeros((*weights.shape[:-1], length // GROUP, ROWS), np.int64)
    for i in range(length):
        cascade = packed_slice(rows[..., i, :], weights[..., i], cascade)
        if i % GROUP == GROUP - 1:
            ends = cuts[..., i // GROUP]
            sums[..., i // GROUP, :] = np.where(ends[..., None], reduction_node(cascade, beside, packed), 0)
            if i == HALF - 1:
                cascade, beside = overflow_adjust(cascade, packed)
            cascade, beside = np.where(ends, 0, cascade), np.where(ends, 0, beside)
    return sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What a vector unit does with a block of 16 x 16 weights.

    Attributes:
        window: (2, 16) int8, activations of two rows.
        weights: (16 * kept,) int8, column by column.
        indices: (16 * kept,) uint8, which activation each belongs to.
        first: Whether the accumulators start at 0 with this block.
        last: Whether the sums are written behind it.
        packed: Whether both rows count; else only the first.
    """

    window: AnyArray
    weights: AnyArray
    indices: AnyArray
    first: bool = True
    last: bool = True
    packed: bool = True

    @property
    def kept(self) -> int:
        """Weights of each column, one of ``KEPT``."""
        return len(self.weights) // BLOCK

    @property
    def flushes(self) -> bool:
        """Whether it clears or writes the accumulators."""
        return self.first or self.last


@dataclass(frozen=True, slots=True)
class Written:
    """A beat at the output of a vector unit: the sums of some columns.

    Attributes:
        column: The first of them.
        sums: (columns, 2) int32, in both rows.
    """

    column: int
    sums: AnyArray


def compress_block(block: AnyArray, kept: int) -> tuple[AnyArray, AnyArray]:
    """Weights and indices of a block as a vector unit reads them, (16 * kept,) each, column by column.

    Args:
        block: (16, 16) int8, reduction by columns.
        kept: One of ``KEPT``; a column with fewer weights is filled with 0 at index 0.

    Raises:
        InputError: Another ``kept``, another shape, or a column with more non-zeros.
    """
    if kept not in KEPT:
        raise InputError(f"kept={kept} is none of {', '.join(map(str, KEPT))}")
    if block.shape != (BLOCK, BLOCK):
        raise InputError(f"a block of {block.shape}, expected {(BLOCK, BLOCK)}")
    if kept == 0:
        if block.any():
            raise InputError(f"kept=0, but the block holds {np.count_nonzero(block)} non-zeros")
        return np.zeros(0, block.dtype), np.zeros(0, np.uint8)
    if kept == BLOCK:  # dense keeps its zeros in place
        return block.T.ravel(), np.tile(np.arange(BLOCK, dtype=np.uint8), BLOCK)
    compressed = nm.compress(block, Pattern(kept, BLOCK))
    return compressed.values[0].T.ravel(), compressed.indices[0].T.ravel()


def block_sums(block: Block, length: int) -> IntArray:
    """What a block adds to the accumulators, in the order of its beats: (beats, columns of a beat, 2)."""
    kept = block.kept
    beats = block_beats(kept, length, flushes=block.flushes)
    if kept:
        weights, indices = block.weights.reshape(beats, length), block.indices.reshape(beats, length)
    else:
        weights = indices = np.zeros((beats, length), np.int8)
    cuts = np.broadcast_to(segment_cuts(kept, length), (beats, length // GROUP))
    window = np.broadcast_to(block.window, (beats, ROWS, BLOCK))
    sums = chain_sums(window, weights, indices, cuts, np.full(beats, block.packed))
    return sums[:, segment_cuts(kept, length)]


def accumulate(accumulators: IntArray, sums: IntArray, column: int, *, clears: bool) -> IntArray:
    """Add the sums of a beat to their columns, in place; they wrap at 32 bits.

    Args:
        accumulators: (16, 2), what the columns hold.
        sums: (columns, 2), of ``column`` and following.
        column: The first.
        clears: Whether the columns start with these sums.

    Returns:
        (columns, 2), the new values.
    """
    columns = accumulators[column : column + len(sums)]
    columns[...] = wrapped(sums + (0 if clears else columns), ACCUMULATOR_BITS)
    return columns


def vector_unit(blocks: Iterable[Block], length: int) -> Iterator[Written]:
    """What a vector unit writes, beat by beat.

    With ``kept`` > L a column takes ``passes`` beats in a row and is written in the last of them.
    """
    accumulators = np.zeros((BLOCK, ROWS), np.int64)
    for block in blocks:
        repeats = max(1, passes(block.kept, length))
        for beat, sums in enumerate(block_sums(block, length)):
            column = beat // repeats * len(sums)
            begins, ends = beat % repeats == 0, beat % repeats == repeats - 1
            new = accumulate(accumulators, sums, column, clears=block.first and begins)
            if block.last and ends:
                yield Written(column, new.astype(np.int32))
