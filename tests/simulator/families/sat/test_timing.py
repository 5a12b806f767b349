"""Are the cycles right? Both executors on real programs, and what sparsity, bounds and options do to them."""

from math import ceil

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import gemm_layer
from mapping.sparsity import DENSE, Pattern
from simulator.execute import run
from simulator.families.sat import FAMILY
from simulator.families.sat.schedule import bound_cycles
from simulator.families.sat.timing import dram_bytes, fold_cycles, job
from simulator.scheduling import best_mapping
from tests.simulator.families.sat.cases import cases, convolutions, gemms, machines


@pytest.mark.timing
@settings(max_examples=150, deadline=None)
@given(cases())
def test_executors_agree_on_real_programs(case):
    program = FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)
    run(job(program, case.config), "both")  # raises where any instruction differs


@pytest.mark.shape
@settings(max_examples=150, deadline=None)
@given(cases())
def test_cycles_respect_the_roofline_and_the_bound_of_scheduling(case):
    program = FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)
    total = run(job(program, case.config)).total
    compute = ceil(program.macs.sum() / (case.config.rows * case.config.cols))
    transfer = ceil(dram_bytes(program).sum() / FAMILY.peak_bytes(case.config))
    assert total >= max(compute, transfer)
    assert total >= case.candidate.bound_cycles
    # The bound of scheduling counts the same transfers and never less than either roof.
    assert case.candidate.bound_cycles >= transfer


@pytest.mark.golden
@settings(max_examples=150, deadline=None)
@given(cases())
def test_work_is_counted_from_the_mask(case):
    program = FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)
    shape = case.layer.shape
    if case.layer.weights is not None:
        kept = np.count_nonzero(case.layer.weights)
    else:
        kept = case.pattern.kept(shape.group_in_channels) * shape.positions * shape.out_channels
    assert program.macs.sum() == kept * case.layer.m


@pytest.mark.shape
@settings(max_examples=60, deadline=None)
@given(
    st.one_of(convolutions(60), gemms),
    machines(memory={"kind": "ideal", "bytes_per_cycle": 0, "latency_cycles": 0}),
    st.sampled_from([2, 4, 7, 8, 16]),
)
def test_fewer_kept_weights_never_cost_cycles(layer, config, m):
    """N falls at fixed M under ideal memory; N = M is dense."""
    try:
        cycles = [best_mapping(FAMILY, layer, Pattern(n, m), config).cycles for n in range(m, 0, -1)]
    except InputError:
        assume(False)
    assert cycles[0] == best_mapping(FAMILY, layer, DENSE, config).cycles
    assert cycles == sorted(cycles, reverse=True)


@pytest.mark.shape
@settings(max_examples=60, deadline=None)
@given(cases())
def test_scheduling_is_never_worse_than_any_candidate_it_offers(case):
    choice = best_mapping(FAMILY, case.layer, case.pattern, case.config)
    assume(choice.proven)
    program = FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)
    assert choice.cycles <= run(job(program, case.config)).total


@pytest.mark.timing
def test_bounds_come_one_by_one_as_they_come_together():
    """Vectorised over tilings or asked singly: the same numbers."""
    config = FAMILY.load_config("sat-32x32", ("rows=3", "cols=5", "weight_scratchpad_kib=4"))
    layer, pattern = gemm_layer("gemm", 37, 91, 43), Pattern(2, 8)
    options = [candidate.mapping for candidate in FAMILY.candidates(layer, pattern, config)]
    for mapping in options:
        alone = bound_cycles(layer.shape, [mapping.tiling], mapping.pattern, mapping.dataflow, config)
        same = [c.bound_cycles for c in FAMILY.candidates(layer, pattern, config) if c.mapping == mapping]
        assert alone.tolist() == same


R, C = 4, 6
FOLDS = [
    # dataflow, n, positions, slots, options, cycles worked out by hand
    ("ws", 1, 10, 4, {}, R + 10 + R + C - 2),
    ("ws", 3, 10, 12, {}, R + 30 + R + C - 2),
    ("os", 2, 4, 20, {}, 20 + R + C - 2),
    # A 3-stage adder: every sum that passes is 3 cycles behind the one before it, every row adds 3 to the skew, and
    # the last sums are accumulated 2 cycles later.
    ("ws", 1, 10, 4, {"add_latency": 3}, R + 10 + 3 * R + C - 2 + 2),
    ("ws", 2, 10, 8, {"add_latency": 3}, R + 2 * 10 * 3 + 3 * R + C - 2 + 2),
    ("os", 2, 4, 20, {"add_latency": 3}, 20 * 3 + R + C - 2 + 2 + 2),
    # Two positions interleaved hide two of three; three or more hide all but the last, incomplete batch.
    ("ws", 2, 10, 8, {"add_latency": 3, "interleave": 2}, R + 2 * 5 * 3 + 3 * R + C - 2 + 2),
    ("ws", 2, 10, 8, {"add_latency": 3, "interleave": 3}, R + 2 * (3 * 3 + 3) + 3 * R + C - 2 + 2),
    ("ws", 2, 10, 8, {"add_latency": 3, "interleave": 5}, R + 2 * 10 + 3 * R + C - 2 + 2),
    ("os", 2, 8, 20, {"add_latency": 3, "interleave": 2}, 20 * 3 + R + C - 2 + 2 + 2),
    ("os", 2, 16, 20, {"add_latency": 3, "interleave": 4}, 20 * 4 + R + C - 2 + 2 + 2),
    ("ws", 1, 10, 4, {"mul_latency": 2}, R + 10 + R + C - 2 + 2),
    ("os", 1, 4, 20, {"mul_latency": 2}, 20 + R + C - 2 + 2),
    ("os", 1, 4, 20, {"output_drain": "serial"}, 20 + R + C - 2 + R),
    ("ws", 3, 10, 4, {"sparse_rows": "slot"}, R + 10 + R + C - 2),
    # The one adder of a floating-point PE adds the passing sums of the last batch at the end.
    ("ws", 1, 10, 4, {"datapath": "fp16"}, R + 10 + R + C - 2),
    ("ws", 3, 10, 12, {"datapath": "fp16"}, R + 30 + 1 + R + C - 2),
    ("os", 3, 4, 12, {"datapath": "fp16"}, 12 + R + C - 2),
    ("ws", 2, 10, 8, {"datapath": "fp16", "add_latency": 4, "interleave": 4}, R + 2 * 12 + 2 + 4 * R + C - 2 + 3),
    ("ws", 2, 8, 8, {"datapath": "fp16", "add_latency": 4, "interleave": 4}, R + 2 * 8 + 4 + 4 * R + C - 2 + 3),
]


@pytest.mark.timing
@pytest.mark.parametrize(("dataflow", "n", "positions", "slots", "options", "expected"), FOLDS)
def test_one_fold(dataflow, n, positions, slots, options, expected):
    config = FAMILY.load_config("sat-ideal", (f"rows={R}", f"cols={C}")).model_copy(update=options)
    assert int(fold_cycles(dataflow == "os", n, positions, slots, True, True, config)) == expected


@pytest.mark.timing
@pytest.mark.parametrize(
    ("options", "first", "middle", "last"),
    [
        ({}, 22, 22, 22),
        ({"weight_registers": "shadow"}, 22, 18, 18),
        ({"weight_registers": "shadow", "fold_overlap": "pipelined"}, 14, 10, 18),
    ],
)
def test_a_chain_of_folds(options, first, middle, last):
    config = FAMILY.load_config("sat-ideal", (f"rows={R}", f"cols={C}")).model_copy(update=options)
    cycles = fold_cycles(False, 1, 10, R, np.array([True, False, False]), np.array([False, False, True]), config)
    assert np.broadcast_to(cycles, 3).tolist() == [first, middle, last]
