"""Are the cycles right: formulas by hand, both executors on real programs, bounds, and the shares of chips?"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import zeroskip
from mapping.graph import gemm_layer
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Tiling
from mapping.zoo import load_zoo
from simulator.config import build_config
from simulator.execute import run
from simulator.families.s4 import FAMILY
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import pairs_per_filter, pixels
from simulator.families.s4.mapping import S4Mapping
from simulator.families.s4.timing import pass_cycles, service_cycles, vector_cycles
from tests.simulator.families.s4.cases import cases

pytestmark = pytest.mark.timing
CHIP = FAMILY.load_config("s4")


def test_a_dense_chip_has_the_published_rate():
    # 943.6 TOPS at 32x: 29.49 TOPS dense, two operations a multiply-accumulate.
    assert FAMILY.peak_macs(CHIP) * 2 * CHIP.clock_hz * 32 / 1e12 == pytest.approx(943.6, rel=1e-3)
    bf16 = FAMILY.load_config("s4", ("datapath=bf16",))
    assert FAMILY.peak_macs(bf16) * 2 == FAMILY.peak_macs(CHIP)


def test_dram_has_the_published_bandwidth_within_two_percent():
    assert FAMILY.peak_bytes(CHIP) * CHIP.clock_hz == pytest.approx(82e9, rel=0.02)


def test_a_pass_by_hand():
    # 8 places of 8 filters, 64 positions: one round, one block; 128 channels at 16x keep 2 of 32, 8 pairs.
    assert pairs_per_filter(1, 128, Pattern(2, 32)) == 8
    assert pass_cycles(8, 8, 64, 8, CHIP) == 8 * 8 + 5
    # A ninth filter, or a 65th position, takes a round, or a block, of its own.
    assert pass_cycles(8, 9, 64, 8, CHIP) == pass_cycles(8, 8, 65, 8, CHIP) == 8 * 16 + 5
    # One pair: the ring needs three cycles a step, the last one does not wait.
    assert pass_cycles(8, 8, 64, 1, CHIP) == 7 * 3 + 1 + 5
    assert pass_cycles(1, 8, 64, 1, CHIP) == 1 + 5
    bf16 = FAMILY.load_config("s4", ("datapath=bf16",))
    assert pass_cycles(8, 8, 64, 8, bf16) == 2 * 8 * 8 + 5


def test_banks_take_their_places_even_where_they_are_short():
    assert pairs_per_filter(9, 40, Pattern(4, 32)) == 9 * 2 * 4
    assert pairs_per_filter(9, 40, DENSE) == 9 * 40


def test_vector_work_by_hand():
    # 3200 GOPS at 900 MHz are 3555.6 operations a cycle; bf16 takes twice as long; special functions a quarter as many.
    assert vector_cycles(32000, 0, 0, CHIP) == 9
    assert vector_cycles(0, 32000, 0, CHIP) == 18
    assert vector_cycles(0, 0, 8000, CHIP) == 18
    assert vector_cycles(32000, 16000, 8000, CHIP) == 18


def test_a_program_by_hand():
    """Two output tiles, one wave: 16 positions on 4 SPUs, 8 channels, dense, on the tiny machine."""
    config = FAMILY.load_config("s4-tiny", ("vector_gops=100", "special_gops=100"))
    layer = gemm_layer("g", 16, 8, 8)
    tiling = Tiling(images=1, rows=4, cols=1, channels=8, outputs=4, order="outputs_outer")
    mapping = S4Mapping(dataflow="weight_stationary", pattern=DENSE, tiling=tiling, team=4)
    program = FAMILY.lower(layer, DENSE, mapping, config)
    names = [program.isa.opcodes[code].name for code in program.opcode]
    assert names == ["LOAD", "SPREAD", "FETCH", "PASS", "VECTOR", "KEEP", "LOAD", "SPREAD", "PASS", "VECTOR", "KEEP"]
    service, _ = service_cycles(program, config)
    took = dict(zip(names, service.tolist(), strict=True))
    # 32 bytes of weights at 4 a cycle after 10; NoC 5 and L2 10 bytes a cycle; 128 bytes in, 16 x 4 int32 out.
    assert took["LOAD"] == 10 + 8
    assert took["SPREAD"] == 7
    assert took["FETCH"] == 13
    # A place holds 2 filters, 1 round of 2 rows; 4 positions are 2 blocks of 3 columns; 8 pairs; 2 steps.
    assert took["PASS"] == 2 * 2 * 8 + 5
    assert took["VECTOR"] == 1  # 64 sums x 3 operations at 1000 a cycle
    assert took["KEEP"] == 26
    timeline = run(FAMILY.job(program, config), "both")
    # LOAD 0-18, SPREAD 19-26, PASS 27-64; the second 65-102, VECTOR 103-104, KEEP 105-131.
    assert timeline.start[names.index("PASS")] == 27
    assert timeline.total == 131


@settings(max_examples=40, deadline=None)
@given(cases())
def test_both_executors_agree(case):
    program = FAMILY.lower(case.layer, case.pattern, case.mapping, case.config)
    run(FAMILY.job(program, case.config), "both")


@pytest.mark.parametrize(("name", "glob", "sequence"), [("resnet50", "*", None), ("bert-large", "encoder.0.*", 384)])
def test_both_executors_agree_on_real_networks(name, glob, sequence):
    sparse = zeroskip.prune(zeroskip.load_model(name, batch=2, sequence=sequence), "bank:32/16", keep=())
    result = zeroskip.simulate(zeroskip.lower(sparse.select(glob), "s4"), "both")
    assert result.total_cycles < result.dense_cycles
    assert {layer.layer.name for layer in result.layers if layer.lowered.choice.mapping.pattern.is_dense} == {
        "resnet50": {"conv1"},
        "bert-large": {"encoder.0.scores", "encoder.0.context"},
    }[name]


@pytest.mark.shape
@settings(max_examples=60, deadline=None)
@given(cases())
def test_no_program_beats_its_bound_or_its_roofline(case):
    program = FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)
    total = run(FAMILY.job(program, case.config)).total
    assert total >= case.candidate.bound_cycles
    assert total >= program.macs.sum() / FAMILY.peak_macs(case.config)
    assert total >= FAMILY.dram_bytes(program).sum() / FAMILY.peak_bytes(case.config)


@pytest.mark.shape
@settings(max_examples=30, deadline=None)
@given(cases())
def test_macs_are_those_of_the_mask(case):
    program = FAMILY.lower(case.layer, case.pattern, case.mapping, case.config)
    shape = case.layer.shape
    if case.layer.weights is None:
        kept = case.pattern.kept(shape.group_in_channels) * shape.positions * shape.out_channels
    else:
        kept = np.count_nonzero(case.layer.weights)
    assert program.macs.sum() == kept * case.layer.m


def test_pixels_behind_runs_of_positions():
    shape = load_zoo("resnet50").layers[2].shape  # 3 x 3 over 56 x 56, padding 1
    assert shape.kernel == (3, 3)
    first, count = np.array([0, 0, 56, 56 * 55, 10]), np.array([1, 56, 112, 56, 4])
    # A corner still fetches the columns of a whole window; then two rows, four rows, two rows, three rows of 6 columns.
    assert pixels(shape, first, count).tolist() == [9, 2 * 56, 4 * 56, 2 * 56, 3 * 6]
    assert pixels(shape, np.array([0]), np.array([56 * 56])).tolist() == [56 * 56]


@pytest.mark.parametrize("name", ["resnet50", "bert-base"])
def test_chips_split_the_batch(name):
    """Three chips take as long for three times the batch, whatever the layer."""
    card = FAMILY.load_config("s30")
    for alone, whole in zip(load_zoo(name, batch=4).layers[:9], load_zoo(name, batch=12).layers[:9], strict=True):
        one, three = FAMILY.part(alone, CHIP), FAMILY.part(whole, card)
        assert one.shape == three.shape
        assert one.repeats == three.repeats


def test_heads_run_side_by_side():
    scores = next(layer for layer in load_zoo("bert-base", batch=4, sequence=384).layers if layer.dynamic)
    assert scores.repeats == 48
    wide = FAMILY.part(scores, CHIP)
    assert (wide.shape.groups, wide.repeats) == (32, 2)
    assert wide.macs == 32 * scores.macs
    (best, *_) = FAMILY.candidates(wide, DENSE, CHIP)
    assert best.mapping.team == 1  # an SPU has 384 positions of its own head: 6 full blocks
    assert best.bound_cycles < 1.1 * wide.macs / FAMILY.peak_macs(CHIP)


def test_few_positions_let_teams_split_the_filters():
    classifier = load_zoo("resnet50", batch=16).layers[-1]
    (best, *_) = FAMILY.candidates(classifier, DENSE, CHIP)
    assert best.mapping.split == 32
    program = FAMILY.lower(classifier, DENSE, best.mapping, CHIP)
    assert program.macs.sum() == classifier.macs  # 1000 filters in 32 parts: the 24 empty ones do not count


def test_a_second_operand_that_is_an_activation_comes_from_l2():
    layer = replace(gemm_layer("scores", 8, 8, 8), dynamic=True, repeats=3)
    config = build_config(S4Config, {**FAMILY.load_config("s4-tiny").model_dump()}, "test")
    wide = FAMILY.part(layer, config)
    program = FAMILY.lower(wide, DENSE, FAMILY.candidates(wide, DENSE, config)[0].mapping, config)
    assert len(program.of("BRING")) > 0
    assert not FAMILY.dram_bytes(program).any()
