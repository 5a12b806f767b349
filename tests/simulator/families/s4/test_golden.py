"""Are the values right, bit for bit, when the compressed weights are what is executed?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.formats.bank_pairs import BankPairs
from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from mapping.sparsity.patterns.bank import BankBalanced
from mapping.tiling import Tiling
from simulator.execute import run
from simulator.families.s4 import FAMILY
from simulator.families.s4.arithmetic import scaled_down
from simulator.families.s4.bf16 import from_bf16, to_bf16
from simulator.families.s4.golden import decode_block, encode_block, operands
from simulator.families.s4.lower import down_shift
from simulator.families.s4.mapping import S4Mapping
from simulator.program import ProgramError
from tests.simulator.families.s4.cases import Case, cases, machines
from tests.simulator.families.sat.reference import convolve, im2col

pytestmark = pytest.mark.golden


def compute(case: Case, in_time_order: bool = False) -> np.ndarray:
    mapping, config = case.mapping, case.config
    program = FAMILY.lower(case.layer, case.pattern, mapping, config)
    FAMILY.check(program, config)
    order = None
    if in_time_order:
        timeline = run(FAMILY.job(program, config))
        order = np.lexsort((program.queue, timeline.end, timeline.start))
    image = FAMILY.golden.image(case.layer, case.pattern, mapping, config)
    return FAMILY.golden.output(case.layer, mapping, config, FAMILY.golden.execute(program, image, config, order))


@settings(max_examples=40, deadline=None)
@given(cases(machines(datapath="int8")))
def test_int8_equals_the_integer_convolution(case):
    activations, weights = operands(case.layer, case.pattern, case.config)
    assert activations.dtype == weights.dtype == np.int8
    assert case.pattern.check(weights != 0)
    expected = convolve(case.layer.shape, activations, weights)
    if case.config.output == "element":
        shift = down_shift(case.layer, case.config)
        expected = np.clip(np.floor(expected / 2.0**shift + 0.5), -128, 127)
    np.testing.assert_array_equal(compute(case), expected)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_any_order_that_tokens_allow_gives_the_same_values(case):
    np.testing.assert_array_equal(compute(case, in_time_order=True), compute(case))


@settings(max_examples=25, deadline=None)
@given(cases(machines(datapath="bf16")))
def test_bf16_equals_the_sum_in_the_order_of_the_pairs(case):
    """Channel tiles; in each kernel positions, banks, kept weights: every product is added to the sum before it."""
    shape, tile = case.layer.shape, case.mapping.tiling
    activations, weights = (from_bf16(values) for values in operands(case.layer, case.pattern, case.config))
    expected = np.zeros((case.layer.m, shape.out_channels), np.float32)
    for out in range(shape.out_channels):
        matrix = im2col(shape, activations, out // shape.group_out_channels)
        kernel = weights[out].reshape(shape.positions, -1)
        for first in range(0, shape.group_in_channels, tile.channels):
            for position in range(shape.positions):
                for channel in range(first, min(first + tile.channels, shape.group_in_channels)):
                    weight = kernel[position, channel]
                    if weight:  # what is pruned is not there; a stored zero adds nothing
                        expected[:, out] += matrix[:, position, channel] * weight
    result = compute(case).reshape(case.layer.m, -1)
    if case.config.output == "element":
        assert (from_bf16(result) == from_bf16(to_bf16(expected))).all()
    else:
        assert (result == expected).all()


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False, max_value=2.0**126, min_value=-(2.0**126))))
def test_bf16_rounds_to_nearest_even(values):
    exact = np.array(values, np.float32)
    rounded = from_bf16(to_bf16(exact)).astype(np.float64)
    down = from_bf16((exact.view(np.uint32) >> 16).astype(np.uint16)).astype(np.float64)  # towards zero
    up = from_bf16(((exact.view(np.uint32) >> 16) + 1).astype(np.uint16)).astype(np.float64)
    middle = (down + up) / 2
    even = np.where((exact.view(np.uint32) >> 16) & 1, up, down)
    nearest = np.where(np.abs(exact) < np.abs(middle), down, np.where(np.abs(exact) > np.abs(middle), up, even))
    np.testing.assert_array_equal(rounded, nearest)


def test_scaling_rounds_halves_up_and_saturates():
    sums = np.array([0, 1, 2, 3, -1, -2, -3, 2**20, -(2**20)], np.int32)
    assert scaled_down(sums, 1).tolist() == [0, 1, 1, 2, 0, -1, -1, 127, -128]
    assert scaled_down(sums, 0).tolist() == [0, 1, 2, 3, -1, -2, -3, 127, -128]


def test_a_sub_filter_is_stored_as_bank_pairs():
    rng, executed = np.random.default_rng(5), Pattern(2, 8)
    scores = rng.standard_normal((3, 2, 1, 20))
    block = np.where(executed.project(scores), rng.integers(-128, 128, scores.shape), 0).astype(np.int8)
    data = encode_block(block, executed)
    pairs = BankPairs(BankBalanced(8, 4))
    padded = np.pad(block.reshape(3, 2, 20), ((0, 0), (0, 0), (0, 4))).reshape(3, -1)
    np.testing.assert_array_equal(data, pairs.encode(padded))
    assert len(data) == -(-3 * 2 * 3 * 2 * (8 + 3) // 8)
    values, indices = decode_block(data, 3, 2, 20, executed, FAMILY.load_config("s4-tiny"))
    rebuilt = np.zeros((3, 48), np.int64)
    np.add.at(rebuilt, (np.arange(3)[:, None], indices), values)
    np.testing.assert_array_equal(rebuilt, padded)


def small_program():
    layer, pattern = gemm_layer("gemm", 20, 24, 10), Pattern(2, 8)
    config = FAMILY.load_config("s4-tiny", ("channel_multiple=1", "output=element"))
    tiling = Tiling(images=1, rows=3, cols=1, channels=8, outputs=5, order="outputs_outer")
    mapping = S4Mapping(dataflow="weight_stationary", pattern=pattern, tiling=tiling, team=4)
    program = FAMILY.lower(layer, pattern, mapping, config)
    return program, FAMILY.golden.image(layer, pattern, mapping, config), config


@pytest.mark.parametrize(
    ("opcode", "message"),
    [
        ("LOAD", "spreads weights that are not in L2"),
        ("SPREAD", "multiplies with weights"),
        ("FETCH", "multiplies activations"),
        ("PASS", "adds to partial sums that are not there"),
        ("VECTOR", "stores|the vector unit finds no sums"),
        ("KEEP", "instruction"),
    ],
)
def test_what_was_left_out_is_missed(opcode, message):
    program, image, config = small_program()
    order = np.flatnonzero(np.arange(len(program)) != program.of(opcode)[0])
    if opcode == "KEEP":
        kept = FAMILY.golden.execute(program, image, config, order)
        assert (kept != FAMILY.golden.execute(program, image, config, None)).any()
        return
    with pytest.raises(ProgramError, match=message):
        FAMILY.golden.execute(program, image, config, order)
