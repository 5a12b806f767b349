"""Are the values right, bit for bit?"""

import numpy as np
import pytest
from hypothesis import given, settings

from mapping.errors import InputError
from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping, Tiling
from simulator.execute import run
from simulator.families.sat import FAMILY
from simulator.families.sat.golden import operands
from simulator.program import ProgramError
from tests.simulator.families.sat.cases import Case, cases, machines
from tests.simulator.families.sat.reference import convolve, im2col

pytestmark = pytest.mark.golden


def compute(case: Case, in_time_order: bool = False) -> np.ndarray:
    mapping, config = case.candidate.mapping, case.config
    program = FAMILY.lower(case.layer, case.pattern, mapping, config)
    FAMILY.check(program, config)
    order = None
    if in_time_order:
        timeline = run(FAMILY.job(program, config))
        order = np.lexsort((program.queue, timeline.end, timeline.start))
    image = FAMILY.golden.image(case.layer, case.pattern, mapping, config)
    return FAMILY.golden.output(case.layer, mapping, config, FAMILY.golden.execute(program, image, config, order))


@settings(max_examples=150, deadline=None)
@given(cases(machines("int8")))
def test_int8_equals_the_integer_convolution(case):
    activations, weights = operands(case.layer, case.pattern, case.config)
    assert activations.dtype == weights.dtype == np.int8
    assert case.pattern.check(weights != 0)
    np.testing.assert_array_equal(compute(case), convolve(case.layer.shape, activations, weights))


@settings(max_examples=60, deadline=None)
@given(cases(machines()))
def test_any_order_that_tokens_allow_gives_the_same_values(case):
    np.testing.assert_array_equal(compute(case, in_time_order=True), compute(case))


@settings(max_examples=60, deadline=None)
@given(cases(machines("fp16"), most_channels=20))
def test_fp16_equals_the_sum_in_the_order_of_the_hardware(case):
    """Rows of a fold, folds, channel tiles: each sum is added to the one before it, rounded every time.

    A row of weight-stationary work adds up its own group first; output-stationary work has one sum for all slots.
    """
    shape, mapping, config = case.layer.shape, case.candidate.mapping, case.config
    activations, weights = operands(case.layer, case.pattern, config)
    executed, tile = mapping.pattern, mapping.tiling
    weight_stationary = mapping.dataflow == "weight_stationary"
    row = executed.n if config.sparse_rows == "group" and weight_stationary else 1

    expected = np.zeros((case.layer.m, shape.out_channels), np.float32)
    for group in range(shape.groups):
        matrix = im2col(shape, activations, group).astype(np.float32)
        for own in range(shape.group_out_channels):
            out = group * shape.group_out_channels + own
            kernel = weights[out].reshape(shape.positions, -1).astype(np.float32)
            total = None
            for first in range(0, shape.group_in_channels, tile.channels):
                terms = _slots(matrix, kernel, executed, first, min(tile.channels, shape.group_in_channels - first))
                sums = [sum(terms[at + 1 : at + row], start=terms[at]) for at in range(0, len(terms), row)]
                step = config.rows if weight_stationary else len(sums)
                for fold in range(0, len(sums), step):
                    partial = sum(sums[fold : fold + step], start=np.zeros(case.layer.m, np.float32))
                    total = partial if total is None else total + partial
            expected[:, out] = total
    result = compute(case).reshape(case.layer.m, -1)
    with np.errstate(over="ignore"):
        expected = expected.astype(np.float16) if config.output == "element" else expected
    np.testing.assert_array_equal(result.view(np.uint8), expected.view(np.uint8))


def _slots(matrix, kernel, executed: Pattern, first: int, count: int) -> list[np.ndarray]:
    """The products of each weight slot of one output, in slot order; an empty slot multiplies weight 0."""
    terms = []
    for position in range(len(kernel)):
        for start in range(first, first + count, executed.m):
            window = range(start, min(start + executed.m, first + count))
            if executed.is_dense:
                kept = list(window)
            else:
                kept = [channel for channel in window if kernel[position, channel] != 0]
            terms += [matrix[:, position, channel] * kernel[position, channel] for channel in kept]
            terms += [matrix[:, position, start] * np.float32(0)] * (executed.n - len(kept))
    return terms


def test_weights_beyond_fp16_are_refused():
    layer = gemm_layer("big", 1, 2, 1, weights=np.array([[70000.0], [1.0]], np.float32))
    config = FAMILY.load_config("sat-ideal", ("datapath=fp16",))
    with pytest.raises(InputError, match="layer big: 70000 is outside the range of fp16"):
        operands(layer, Pattern(1, 1), config)


def small_program():
    layer, pattern = gemm_layer("gemm", 9, 24, 10), Pattern(2, 8)
    config = FAMILY.load_config("sat-ideal", ("rows=2", "cols=3"))
    tiling = Tiling(images=1, rows=4, cols=1, channels=8, outputs=5, order="outputs_outer")
    mapping = Mapping(dataflow="weight_stationary", pattern=pattern, tiling=tiling)
    program = FAMILY.lower(layer, pattern, mapping, config)
    return program, FAMILY.golden.image(layer, pattern, mapping, config), config


def test_reading_what_was_never_loaded_is_an_error():
    program, image, config = small_program()
    order = np.flatnonzero(np.arange(len(program)) != program.of("LOAD")[0])
    with pytest.raises(
        ProgramError, match=r"reads \d+ bytes at 0 of the activation scratchpad before they are written"
    ):
        FAMILY.golden.execute(program, image, config, order)


def test_a_transfer_outside_dram_is_an_error():
    program, image, config = small_program()
    with pytest.raises(ProgramError, match="lies outside"):
        FAMILY.golden.execute(program, image[:200], config, None)
