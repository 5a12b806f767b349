"""Cycle counts of SCALE-Sim v3 and ONNXim, each with the convention that makes the difference as a named option.

SCALE-Sim prints the index of the last cycle, one less than the number of cycles (`Timeline.last_cycle`); it loads the
weights of every fold anew (`weight_registers = single`) and hides the drain of output-stationary results
(`output_drain = hidden`). ONNXim models a second weight register per PE (`weight_registers = shadow`) and streams folds
back to back (`fold_overlap = pipelined`).
"""

import pytest

from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from tests.published.whole_layer import ideal, simulate_as_one_tile

pytestmark = pytest.mark.published

FFN = gemm_layer("ffn", 128, 768, 3072)
# Input-stationary work is weight-stationary work with the operands exchanged: activations stay, weights stream.
FFN_EXCHANGED = gemm_layer("ffn exchanged", 3072, 768, 128)
G1024 = gemm_layer("g1024", 1024, 1024, 1024)


@pytest.mark.parametrize(
    ("layer", "dataflow", "cycles", "scale_sim"),
    [
        (FFN, "weight_stationary", 511_488, 511_487),
        (FFN, "output_stationary", 318_720, 318_719),
        (FFN_EXCHANGED, "weight_stationary", 303_936, 303_935),
        (G1024, "weight_stationary", 1_144_832, 1_144_831),
    ],
    ids=["ffn-ws", "ffn-os", "ffn-is", "g1024-ws"],
)
def test_dense_gemm_without_overlap(layer, dataflow, cycles, scale_sim):
    timeline = simulate_as_one_tile(layer, dataflow)
    assert timeline.total == cycles
    assert timeline.last_cycle == scale_sim


def test_output_stationary_with_a_serial_drain_is_the_formula_of_the_paper():
    timeline = simulate_as_one_tile(FFN, "output_stationary", config=ideal('output_drain="serial"'))
    assert timeline.total == 331_008


def test_shadow_weight_registers_reach_the_pipelined_formula():
    """F * M + fill and drain: 294,912 + 94. ONNXim measured 295,301 with real DRAM."""
    config = ideal('weight_registers="shadow"', 'fold_overlap="pipelined"')
    assert simulate_as_one_tile(FFN, "weight_stationary", config=config).total == 294_912 + 94


def test_golden_run_of_the_sparse_topology():
    """AlexNet conv1 as SCALE-Sim runs it: 4 of every 8 rows, each kept weight in a row of its own, 128 x 128.

    K = 363 is 46 groups of 8, so 184 rows in two folds; T = 3025 positions. SCALE-Sim's file says 4 of 4, and its
    optimiser keeps half of every block of 8; the run's total without stalls is 173,949 - 167,136.
    """
    config = ideal("rows=128", "cols=128", 'sparse_rows="slot"')
    conv1 = gemm_layer("conv1", 3025, 363, 96)
    timeline = simulate_as_one_tile(conv1, "weight_stationary", Pattern(4, 8), config)
    assert timeline.last_cycle == 173_949 - 167_136 == 6_813
