"""Are the values right, whatever the blocks, splits, cores and order of instructions?"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from mapping.graph import gemm_layer
from mapping.sparsity import DENSE, Pattern
from simulator.engine.fast import run_fast
from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.chain import Block, vector_unit
from simulator.families.dsp_chain.golden import execute, requantised
from simulator.families.dsp_chain.image import layer_activations, weight_streams
from simulator.families.dsp_chain.isa import ADD, LAYERNORM, MUL, RMSNORM, SILU, SOFTMAX
from simulator.families.dsp_chain.layers import Linear, Place, uniform
from simulator.families.dsp_chain.lower import Lowered, shift
from simulator.families.dsp_chain.misc import row_wise
from simulator.families.dsp_chain.mv import linear_mv
from simulator.families.dsp_chain.sfu import special
from simulator.families.dsp_chain.weights import (
    block_codes,
    block_streams,
    expand,
    layer_weights,
    pack,
    quantised,
    unpack,
)
from simulator.program import ProgramError
from tests.simulator.families.dsp_chain.cases import Case, cases

pytestmark = pytest.mark.golden
CONFIG = FAMILY.load_config("vhk158")


def product(case: Case):
    """The GEMM without blocks, splits or instructions, (m, n) int8."""
    bits = case.config.weight_bits
    weights = layer_weights(case.layer, case.pattern, bits).astype(np.int64)
    sums = layer_activations(case.layer).astype(np.int64) @ weights
    rounded = np.floor(sums / 2.0 ** shift(case.layer, bits) + 0.5)
    return np.clip(rounded, -128, 127)[:, : case.layer.n]


def executed(case: Case, order=None):
    mapping = case.candidate.mapping
    program = FAMILY.lower(case.layer, case.pattern, mapping, case.config)
    memory = FAMILY.golden.image(case.layer, case.pattern, mapping, case.config)
    after = FAMILY.golden.execute(program, memory, case.config, order(program) if order else None)
    return FAMILY.golden.output(case.layer, mapping, case.config, after).reshape(case.layer.m, case.layer.n)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_a_program_computes_the_product(case):
    assert np.array_equal(executed(case), product(case))


@settings(max_examples=25, deadline=None)
@given(cases())
def test_every_order_that_tokens_allow_gives_the_same(case):
    def order(program):
        job = FAMILY.job(program, case.config)
        slow = np.random.default_rng(case.layer.seed).integers(0, 1000, len(job))
        start, end = run_fast(replace(job, service=slow))
        return np.lexsort((end, start))

    assert np.array_equal(executed(case, order), product(case))


def test_the_reference_is_not_all_zeros_or_saturated():
    case = Case(
        gemm_layer("gemm", 40, 512, 64),
        DENSE,
        CONFIG,
        FAMILY.candidates(gemm_layer("g", 40, 512, 64), DENSE, CONFIG)[0],
    )
    values = product(case)
    assert 5 < np.abs(values).mean() < 100


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_packing_round_trips_every_value(bits):
    values = np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1)).repeat(8).astype(np.int8)
    packed = pack(values, bits)
    assert len(packed) * 8 == len(values) * bits
    assert np.array_equal(unpack(packed, len(values), bits), values)


def test_quantising_keeps_zeros_and_uses_the_range():
    values = np.array([0.0, 1.0, -2.0, 0.5], np.float32)
    assert quantised(values, 4).tolist() == [0, 4, -7, 2]
    assert quantised(np.zeros(3, np.float32), 4).tolist() == [0, 0, 0]


def test_codes_are_the_smallest_that_hold_every_column():
    weights = np.zeros((32, 32), np.int8)
    weights[0:3, 0] = 1  # three in one column: 4:16
    weights[16:27, 20] = 1  # eleven: dense
    weights[16, 0] = 1  # one: 2:16
    assert block_codes(weights).tolist() == [[4, 0], [2, 16]]


def test_expand_reads_dense_blocks_without_indices():
    matrix = expand(np.arange(256 + 32), np.tile([3, 9], 16), np.array([16, 0, 2]))
    assert matrix.shape == (48, 16)
    assert np.array_equal(matrix[:16], np.arange(256).reshape(16, 16).T)
    assert not matrix[16:32].any()
    assert np.array_equal(matrix[32:][[3, 9]], np.arange(256, 288).reshape(16, 2).T)


def test_requantising_rounds_halves_up_and_saturates():
    sums = np.array([-6, -5, -2, 1, 2, 6, 5000, -5000])
    assert requantised(sums, 2, 0).tolist() == [-1, -1, 0, 0, 1, 2, 127, -128]
    assert requantised(sums, 2, 1).tolist() == [0, 0, 0, 0, 1, 2, 127, 0]


@pytest.mark.parametrize("operation", [ADD, MUL, SOFTMAX, LAYERNORM, RMSNORM, SILU])
@pytest.mark.parametrize("count", [1, 3, 40])
def test_rows_through_the_special_function_unit(operation, count):
    length = 208
    rng = np.random.default_rng(operation)
    a, b = (rng.integers(-128, 128, (count, length)).astype(np.int8) for _ in range(2))
    rows = row_wise("rows", operation, count, length, CONFIG, addresses=(0, a.size, 2 * a.size))
    program = rows.program({"cores": 1})
    program.validate()
    memory = np.concatenate([a.ravel(), b.ravel(), np.zeros(a.size, np.int8)]).view(np.uint8)
    result = execute(program, memory, CONFIG)[2 * a.size :].view(np.int8).reshape(count, length)
    assert all(np.array_equal(row, special(operation, x, y)) for row, x, y in zip(result, a, b, strict=True))


def test_special_functions_by_hand():
    x = np.array([0, 16, -16, 127], np.int8)
    none = np.zeros(4, np.int8)
    assert special(ADD, x, x).tolist() == [0, 32, -32, 127]
    assert special(MUL, x, x).tolist() == [0, 2, 2, 126]
    assert special(SILU, x, none).tolist() == [0, 12, -4, 127]
    assert special(SOFTMAX, np.array([127, 0, 0, 0], np.int8), none).tolist() == [127, 0, 0, 0]
    assert special(SOFTMAX, none, none).tolist() == [32, 32, 32, 32]
    assert special(RMSNORM, np.array([16, -16, 16, -16], np.int8), none).tolist() == [32, -32, 32, -32]
    assert special(LAYERNORM, np.array([48, 16, 48, 16], np.int8), none).tolist() == [32, -32, 32, -32]


def test_memory_is_guarded():
    layer = gemm_layer("gemm", 1, 32, 32)
    mapping = FAMILY.candidates(layer, DENSE, CONFIG)[0].mapping
    program = FAMILY.lower(layer, DENSE, mapping, CONFIG)
    with pytest.raises(ProgramError, match="instruction 0: 32 bytes at 0 lie outside a memory of 16"):
        execute(program, np.zeros(16, np.uint8), CONFIG)


def test_a_dense_layer_as_it_stands_in_two_cores():
    layer, config = gemm_layer("gemm", 1, 48, 100), FAMILY.load_config("u280", ("cores=2",))
    candidate = FAMILY.candidates(layer, Pattern(4, 16), config)[-1]
    case = Case(layer, Pattern(4, 16), config, candidate)
    assert np.array_equal(executed(case), product(case))


@pytest.mark.parametrize("columns", [512, 1040])
@pytest.mark.parametrize(("fused", "operands"), [((), 0), ((SILU,), 0), ((ADD,), 1), ((MUL, MUL), 2)])
def test_bias_and_what_is_fused_behind_a_vector_layer(columns, fused, operands):
    """As in a decode step: the bias is added before rounding, each block of columns then runs through the SFU."""
    k, config = 64, FAMILY.load_config("vhk158", ("weight_bits=8", "a_rows=96"))
    rng = np.random.default_rng(columns)
    vector, matrix = rng.integers(-99, 99, k).astype(np.int8), rng.integers(-9, 9, (k, columns)).astype(np.int8)
    bias, operand = rng.integers(-999, 999, columns).astype(np.int32), rng.integers(-99, 99, columns).astype(np.int8)
    codes = uniform(k, columns)
    plain = Linear(name="l", codes=codes, bits=8)
    values = weight_streams(matrix, Lowered(linear=plain, m=1, core_bytes=0), config)[0]
    stored = [vector, values.astype(np.int8), bias.view(np.int8), np.pad(operand, (0, -columns % 512))]
    starts = np.cumsum([0, *(part.size for part in stored)]).tolist()
    place = Place(activations=0, weights=starts[1], bias=starts[2], operands=starts[3], outputs=starts[4])
    layer = Linear(name="l", codes=codes, bits=8, bias=True, fused=fused, operands=operands, shift=5, place=place)
    program = linear_mv(layer, config).program({"cores": 1})
    FAMILY.check(program, config)
    memory = np.concatenate([*stored, np.zeros(columns, np.int8)]).view(np.uint8)
    expected = requantised(vector.astype(np.int64) @ matrix.astype(np.int64) + bias, 5, 0)
    for operation in fused:
        expected = special(operation, expected, operand)
    after = execute(program, memory, config)[starts[4] :].view(np.int8)
    assert np.array_equal(after, expected)


@pytest.mark.parametrize("seed", range(3))
def test_chains_give_the_sums_that_the_golden_model_takes_for_granted(seed):
    """A column of blocks with every density code, two rows at once, through a vector unit slice by slice."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation([0, 2, 4, 8, 16])
    weights = rng.integers(-128, 128, (16 * len(codes), 16)).astype(np.int8)
    for block, code in enumerate(codes):
        weights[16 * block + code : 16 * (block + 1)] = 0
        rng.permuted(weights[16 * block : 16 * (block + 1)], axis=0, out=weights[16 * block : 16 * (block + 1)])
    rows = rng.integers(-128, 128, (2, len(weights))).astype(np.int8)
    streams = block_streams(weights, codes[:, None])
    blocks = [
        Block(
            window=rows[:, 16 * k : 16 * (k + 1)],
            weights=streams[k, 0][0],
            indices=streams[k, 0][1],
            first=k == 0,
            last=k == len(codes) - 1,
        )
        for k in range(len(codes))
    ]
    sums = np.concatenate([beat.sums for beat in vector_unit(blocks, 16)])
    indexed = [streams[k, 0][1] for k in range(len(codes)) if codes[k] < 16]
    matrix = expand(np.concatenate([streams[k, 0][0] for k in range(len(codes))]), np.concatenate(indexed), codes)
    assert np.array_equal(matrix, weights)
    assert np.array_equal(sums.T, rows.astype(np.int64) @ matrix)
