"""A family held to a rule: what it offers, what is made, and what it refuses."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.rule import FREE, MappingRule
from mapping.sparsity import Pattern
from simulator.execute import run
from simulator.families import family
from simulator.ruled import ruled
from simulator.scheduling import best_mapping

SAT = family("sat")
LAYER = Layer(
    name="conv",
    op="conv",
    shape=ConvShape(in_rows=14, in_cols=14, in_channels=64, out_channels=96, kernel=(3, 3), padding=(1, 1, 1, 1)),
)
PATTERN = Pattern(2, 8)


def best(which, rule, layer=LAYER, pattern=PATTERN, settings=()):
    return best_mapping(ruled(which, rule), layer, pattern, which.load_config(settings=settings))


@pytest.mark.golden
def test_no_rule_is_the_family_itself():
    assert ruled(SAT, FREE) is SAT


@pytest.mark.timing
@pytest.mark.parametrize(
    "rule",
    [
        MappingRule(dataflow="output_stationary"),
        MappingRule(order="positions_outer", outputs=32),
        MappingRule(buffers=1),
        MappingRule(rows=3, cols=5, outputs=37, channels=24),
    ],
    ids=["dataflow", "order", "buffers", "tile"],
)
def test_the_best_mapping_has_what_the_rule_says_and_is_not_faster_than_free(rule):
    choice = best(SAT, rule)
    assert rule.allows(choice.mapping, LAYER)
    assert not rule.misses(choice.mapping, LAYER)
    if rule.buffers is None:  # one buffer has room for larger tiles than scheduling offers with two
        assert choice.cycles >= best(SAT, FREE).cycles


@pytest.mark.golden
def test_one_buffer_has_the_room_of_two():
    config = SAT.load_config(settings=("weight_scratchpad_kib=18",))
    largest = {
        buffers: max(
            candidate.mapping.tiling.channels * candidate.mapping.tiling.outputs
            for candidate in ruled(SAT, MappingRule(buffers=buffers)).candidates(LAYER, PATTERN, config)
            if candidate.mapping.pattern == PATTERN
        )
        for buffers in (1, 2)
    }
    assert largest[1] > largest[2]


@pytest.mark.golden
def test_a_tile_longer_than_the_layer_is_one_tile():
    tiling = best(SAT, MappingRule(outputs=1000)).mapping.tiling
    assert tiling.outputs == LAYER.shape.out_channels


@pytest.mark.golden
def test_offers_that_the_rule_allows_stay_as_they_are():
    config = SAT.load_config()
    rule = MappingRule(outputs=32)
    free = [c for c in SAT.candidates(LAYER, PATTERN, config) if c.mapping.tiling.outputs == 32]
    assert free
    assert ruled(SAT, rule).candidates(LAYER, PATTERN, config) == free


@pytest.mark.golden
@pytest.mark.parametrize(
    ("name", "config", "rule", "message"),
    [
        ("sat", "sat-32x32", MappingRule(outputs=96, channels=64), "weight_scratchpad_kib must be at least"),
        ("sat", "sat-32x32", MappingRule(channels=20), "a tile of 20 channels is no multiple of M=8"),
        ("s4", "s4-tiny", MappingRule(channels=64, outputs=96), "kib must be at least"),
        ("s4", "s4", MappingRule(buffers=1), "s4 offers no mapping with buffers=1; it offers buffers 2"),
        ("dsp_chain", "vhk158", MappingRule(outputs=3), "dsp_chain offers no mapping with tile.outputs=3; it offers"),
        ("dram_pim", "cent", MappingRule(order="outputs_outer"), "offers no mapping with order=outputs_outer"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_what_cannot_be_is_refused_with_the_reason(name, config, rule, message):
    which = family(name)
    layer = LAYER if name in ("sat", "s4") else gemm_layer("gemm", 64, 256, 512)
    machine = which.load_config(config, ("weight_scratchpad_kib=16",) if name == "sat" else ())
    (executed,) = {Pattern(2, 8) if "M=8" in message else Pattern(1, 1)}
    only = replace(
        which, candidates=lambda *given: [c for c in which.candidates(*given) if c.mapping.pattern == executed]
    )
    with pytest.raises(InputError, match=message):
        ruled(only, rule).candidates(layer, executed, machine)


@pytest.mark.timing
@settings(max_examples=12, deadline=None)
@given(
    name=st.sampled_from(["sat", "s4"]),
    rows=st.integers(1, 40),
    outputs=st.integers(1, 30),
    channels=st.sampled_from([8, 16, 64]),
    order=st.sampled_from(["outputs_outer", "positions_outer"]),
)
def test_tiles_of_ones_own_take_equally_long_in_both_executors(name, rows, outputs, channels, order):
    which = family(name)
    # Banks of s4 have 32 channels.
    rule = MappingRule(rows=rows, outputs=outputs, channels=channels if name == "sat" else None, order=order)
    config = which.load_config("sat-32x32" if name == "sat" else "s4")
    layer = replace(LAYER, shape=replace(LAYER.shape, in_rows=7, in_cols=5, in_channels=16, out_channels=24))
    choice = best_mapping(ruled(which, rule), layer, PATTERN, config)
    assert rule.allows(choice.mapping, layer)
    program = which.lower(layer, PATTERN, choice.mapping, config)
    which.check(program, config)
    assert run(which.job(program, config), "both").total == choice.cycles
