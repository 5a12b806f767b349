"""The cycle counts that docs/benchmarks.md explains: a GEMM of 128 x 768 by 768 x 3072 on 32 x 32."""

import pytest

from benchmarks.gemm_run import as_it_would_run, as_one_tile, as_scale_sim, cycles, parse_pattern
from mapping.graph import gemm_layer
from simulator.families.sat import FAMILY

pytestmark = pytest.mark.published

FFN = gemm_layer("ffn", 128, 768, 3072)
SIDE = 32
LATENCIES = ("dispatch_latency=1", "token_latency=1")
ROOMY = tuple(f"{name}_scratchpad_kib={2**20}" for name in ("activation", "weight", "output"))


@pytest.mark.parametrize(
    ("pattern", "printed"), [("1:1", 511_487), ("2:4", 255_743), ("2:8", 127_871), ("1:4", 127_871)]
)
def test_scale_sim_prints_the_index_of_the_last_cycle(pattern, printed):
    assert as_scale_sim(FFN, parse_pattern(pattern), SIDE, "both") == printed + 1


def test_scale_sim_drops_the_empty_slots_of_the_last_group():
    """K = 65 at 2:4 is 17 groups, so 34 slots of which the last is empty: 4 row folds of 11, not 3."""
    fold = 16 + 2 * 11 + 11 - 2
    assert as_scale_sim(gemm_layer("gemm", 16, 65, 30), parse_pattern("2:4"), 11, "both") == 4 * 3 * fold
    assert 3 * 3 * fold == 422 + 1  # what SCALE-Sim 3.0.0 prints, and one


@pytest.mark.parametrize(
    ("name", "settings", "dense", "sparse"),
    [
        ("sat-ideal", ('sparse_rows="slot"',), 511_488, 255_744),
        ("sat-ideal", (), 511_488, 201_600),
        ("sat-ideal", LATENCIES, 513_794, 202_178),
        ("sat-ideal", (*LATENCIES, 'datapath="fp16"'), 513_794, 202_754),
        ("sat-32x32", ROOMY, 529_390, 212_682),
    ],
    ids=["scale-sim", "group", "latencies", "fp16", "dram"],
)
def test_from_its_conventions_to_ours(name, settings, dense, sparse):
    config = FAMILY.load_config(name, settings)
    assert as_one_tile(FFN, parse_pattern("1:1"), config, "both") == dense
    assert as_one_tile(FFN, parse_pattern("2:4"), config, "both") == sparse


@pytest.mark.parametrize(("pattern", "stationary", "chosen"), [("1:1", 514_015, 319_551), ("2:4", 202_982, 172_039)])
def test_tiles_hide_the_dram_and_scheduling_chooses_the_dataflow(pattern, stationary, chosen):
    config, parsed = FAMILY.load_config(), parse_pattern(pattern)
    mappings = [candidate.mapping for candidate in FAMILY.candidates(FFN, parsed, config)]
    mappings = [each for each in mappings if each.dataflow == "weight_stationary" and each.pattern == parsed]
    assert min(cycles(FFN, parsed, mapping, config, "fast") for mapping in mappings) == stationary
    assert as_it_would_run(FFN, parsed, SIDE, "both") == chosen
