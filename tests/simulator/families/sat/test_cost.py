"""The actions of SAT, counted by hand and held against what must be equal."""

import numpy as np
import pytest

from mapping.graph import gemm_layer
from mapping.sparsity import DENSE, Pattern
from simulator.cost.energy import energy_pj, technology
from simulator.families.sat import FAMILY
from simulator.scheduling import best_mapping


def counted(m, k, n, pattern, *settings, dataflow="weight_stationary"):
    config = FAMILY.load_config("sat-ideal", (f"dataflows={dataflow}", *settings))
    layer = gemm_layer("layer", m, k, n)
    program = FAMILY.lower(layer, pattern, best_mapping(FAMILY, layer, pattern, config).mapping, config)
    found = {}
    for some in FAMILY.actions(program, config):
        found[some.component, some.kind] = found.get((some.component, some.kind), 0) + some.count
    return found, program, config


@pytest.mark.golden
@pytest.mark.parametrize("dataflow", ["weight_stationary", "output_stationary"])
def test_one_dense_fold_by_hand(dataflow):
    # int8, 3 x 2 activations, 2 x 4 weights on an array of 4 x 4: one fold.
    found, program, _ = counted(3, 2, 4, DENSE, "rows=4", "cols=4", dataflow=dataflow)
    assert len(program.of("GEMM")) == 1
    rows = 3 if dataflow == "output_stationary" else 2  # rows that a weight passes: all in use, or half of four
    assert found == {
        ("multipliers", "mul.int8"): 24,
        ("adders", "add.int32"): 24,
        ("array registers", "register"): 8 * 8 * rows + 6 * 8 * 4 + 24 * 32,
        ("weight scratchpad", "sram.write"): 8 * 8,
        ("weight scratchpad", "sram.read"): 8 * 8,
        ("activation scratchpad", "sram.write"): 6 * 8,
        ("activation scratchpad", "sram.read"): 6 * 8,
        ("output scratchpad", "sram.write"): 12 * 32,
        ("output scratchpad", "sram.read"): 12 * 32,
        ("DRAM", "dram"): 8 * 8 + 6 * 8 + 12 * 32,
    }


@pytest.mark.golden
def test_a_sparse_fold_reads_whole_groups_and_kept_weights_with_their_index():
    # 2:4 over k = 8: two groups, four kept weights, two bits of index each.
    found, program, _ = counted(5, 8, 3, Pattern(2, 4), "rows=4", "cols=4")
    assert len(program.of("GEMM")) == 1
    assert found["multipliers", "mul.int8"] == 5 * 4 * 3
    assert found["weight scratchpad", "sram.read"] == 4 * 3 * (8 + 2)
    assert found["activation scratchpad", "sram.read"] == 5 * 8 * 8
    assert found["adders", "add.int32"] == 5 * 4 * 3 + 5 * 3 * 2  # and a passing sum for each group


@pytest.mark.shape
@pytest.mark.parametrize("pattern", [DENSE, Pattern(2, 8), Pattern(1, 4)])
@pytest.mark.parametrize("dataflow", ["weight_stationary", "output_stationary"])
def test_what_is_moved_is_moved_once(pattern, dataflow):
    found, program, config = counted(96, 256, 80, pattern, "rows=8", "cols=8", dataflow=dataflow)
    moved = int(FAMILY.dram_bytes(program).sum()) * 8
    written = found["weight scratchpad", "sram.write"] + found["activation scratchpad", "sram.write"]
    stored = 96 * 80 * 32
    assert found["DRAM", "dram"] == moved == written + stored
    assert found["multipliers", "mul.int8"] == 96 * 80 * pattern.kept(256)
    spent = energy_pj(FAMILY.actions(program, config), technology())
    assert sum(spent.values()) > 0
    assert np.isfinite(list(spent.values())).all()


@pytest.mark.shape
def test_pruning_saves_energy_in_every_component_that_weights_pass():
    dense, sparse = (counted(64, 512, 64, pattern, "rows=8", "cols=8")[0] for pattern in (DENSE, Pattern(2, 8)))
    for component in (("multipliers", "mul.int8"), ("weight scratchpad", "sram.read"), ("DRAM", "dram")):
        assert sparse[component] < dense[component]
