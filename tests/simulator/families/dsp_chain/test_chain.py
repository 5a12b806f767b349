"""Are the sums of the DSP chain plain integer sums, and its cycles those of the model behind it?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mapping.errors import InputError
from simulator.families.dsp_chain import chain
from simulator.families.dsp_chain.chain import BLOCK, KEPT, LENGTHS, Block, ChainConfig

EXTREMES = {"lowest": (-128, -128), "smallest sum": (-128, 127), "largest weights": (127, 127), "no -128": (-127, -127)}


def plain_sums(rows, weights, cuts, packed):
    """Segment sums of (beats, L, 2) chosen activations, without lanes or slices."""
    products = rows.astype(np.int64) * weights[..., None] * np.stack([np.ones_like(packed), packed], -1)[:, None, :]
    result = np.zeros((len(weights), weights.shape[1] // 2, 2), np.int64)
    for beat in range(len(weights)):
        begin = 0
        for group in np.flatnonzero(cuts[beat]):
            result[beat, group] = products[beat, begin : 2 * group + 2].sum(0)
            begin = 2 * group + 2
    return result


def check(window, weights, indices, cuts, packed):
    got = chain.chain_sums(window, weights, indices, cuts, packed)
    rows = np.stack([window[beat][:, indices[beat]].T for beat in range(len(window))])
    assert (got == plain_sums(rows, weights, cuts, packed)).all()


@pytest.mark.golden
@pytest.mark.parametrize("length", LENGTHS)
def test_sums_are_plain_sums_wherever_the_chain_is_cut(length):
    rng = np.random.default_rng(length)
    beats = 2000
    window, weights = rng.integers(-128, 128, (beats, 2, BLOCK)), rng.integers(-128, 128, (beats, length))
    cuts = rng.random((beats, length // 2)) < 0.3
    check(window, weights, rng.integers(0, BLOCK, (beats, length)), cuts, rng.random(beats) < 0.7)


@pytest.mark.golden
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("kept", KEPT[1:])
@pytest.mark.parametrize("extreme", EXTREMES)
@pytest.mark.parametrize("packed", [True, False])
def test_extreme_sums_are_exact(length, kept, extreme, packed):
    weight, activation = EXTREMES[extreme]
    other = -128 if activation == 127 else 127
    # Rows of equal and of opposite sign, and one row of zeros.
    window = np.full((3, 2, BLOCK), activation)
    window[1, 1], window[2, 0] = other, 0
    weights, indices = np.full((3, length), weight), np.zeros((3, length), int)
    cuts = np.broadcast_to(chain.segment_cuts(kept, length), (3, length // 2))
    check(window, weights, indices, cuts, np.full(3, packed))


@pytest.mark.golden
def test_eight_products_are_the_most_that_a_lane_can_hold():
    # The claim of the module: 32640 k + 1 values, 2**18 codes.
    sums = {k: 1 + k * (128 * 128 + 128 * 127) for k in (8, 9)}
    assert sums[8] <= 2**chain.LANE_BITS < sums[9]
    codes = np.arange(-8 * 128 * 127, 8 * 128 * 128 + 2**chain.STAY_BITS)
    assert len(codes) == 2**chain.LANE_BITS
    lower, upper = chain.split_lanes(codes - (5 << chain.LANE_BITS))
    assert (lower == codes).all()
    assert (upper == -5).all()


@pytest.mark.golden
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_vector_unit_multiplies_blocks(data):
    length, packed = data.draw(st.sampled_from(LENGTHS)), data.draw(st.booleans())
    codes = data.draw(st.lists(st.sampled_from(KEPT), min_size=1, max_size=4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    blocks, wanted = [], np.zeros((2, BLOCK), np.int64)
    for place, kept in enumerate(codes):
        dense = rng.integers(-128, 128, (BLOCK, BLOCK)).astype(np.int8)
        for column in dense.T:
            column[rng.permutation(BLOCK)[kept:]] = 0
        window = rng.integers(-128, 128, (2, BLOCK)).astype(np.int8)
        weights, indices = chain.compress_block(dense, kept)
        assert len(weights) == len(indices) == BLOCK * kept
        ends = {"first": place == 0, "last": place == len(codes) - 1}
        blocks.append(Block(window=window, weights=weights, indices=indices, packed=packed, **ends))
        wanted += window.astype(np.int64) @ dense.astype(np.int64)
    wanted[1] *= packed
    written = list(chain.vector_unit(blocks, length))
    assert [one.column for one in written] == list(range(0, BLOCK, len(written[0].sums)))
    assert np.array_equal(np.concatenate([one.sums for one in written]).T, wanted)


@pytest.mark.golden
def test_accumulators_wrap_at_32_bits():
    held = np.full((BLOCK, 2), 2**31 - 1)
    assert (chain.accumulate(held, np.ones((2, 2), np.int64), 4, clears=False) == -(2**31)).all()
    assert (held[[3, 6]] == 2**31 - 1).all()
    assert (chain.accumulate(held, np.ones((2, 2), np.int64), 4, clears=True) == 1).all()


@pytest.mark.golden
def test_a_block_that_does_not_fit_is_refused():
    dense = np.ones((BLOCK, BLOCK), np.int8)
    for block, kept, message in (
        (dense, 3, "kept=3 is none of 0, 2, 4, 8, 16"),
        (dense, 8, "a group of 16 holds 16 non-zeros"),
        (dense, 0, "kept=0, but the block holds 256 non-zeros"),
        (dense[:8], 16, r"a block of \(8, 16\)"),
    ):
        with pytest.raises(InputError, match=message):
            chain.compress_block(block, kept)
    assert len(chain.compress_block(0 * dense, 0)[0]) == 0


@pytest.mark.timing
def test_cycles_of_the_physical_model():
    # The derived model: fill(L) = L + 2; n dot products of length L end n + L + 1 cycles after the first operands.
    for length in LENGTHS:
        assert chain.fill_cycles(length) == 3 + (length - 1)
        for products in (1, 7, 1000):
            assert chain.cascade_cycles(products, length) == products + length + 1
    # A chain of 16 takes a block of N:16 in N cycles for two rows; a core has two for each pair of 128 rows: N / 2.
    assert [chain.block_beats(kept, 16) for kept in KEPT] == [0, 2, 4, 8, 16]
    assert [chain.block_beats(kept, 4) for kept in KEPT] == [0, 8, 16, 32, 64]
    assert [chain.passes(16, length) for length in LENGTHS] == [8, 4, 2, 1]
    assert [chain.block_cycles(0, 16, flushes=flushes) for flushes in (False, True)] == [1, 2]


@pytest.mark.timing
def test_latency_counts_the_overflow_adjust_unit_only_behind_eight_slices():
    assert [ChainConfig(length=length).latency for length in LENGTHS] == [6, 8, 12, 21]
    deep = ChainConfig(length=16, mux_stages=2, reduction_stages=3, overflow_stages=4)
    assert deep.latency == 2 + 18 + 4 + 3
    assert chain.unit_cycles(10, deep) == 1 + 10 + deep.latency + 1


def test_a_chain_of_another_length_is_refused():
    with pytest.raises(ValidationError, match="length=6 is none of 2, 4, 8, 16"):
        ChainConfig(length=6)
