"""Every family that shares programs keeps what it promises, on the configurations that it comes with."""

import pytest

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern
from simulator.families import families
from tests.simulator.sharing.view import View

SHARING = [family for family in families().values() if family.sharing is not None]
CASES = [(family, name) for family in SHARING for name in family.config_names()]
LAYERS = (
    gemm_layer("gemm", 30, 70, 40),
    Layer(
        name="conv",
        op="conv",
        shape=ConvShape(in_rows=9, in_cols=9, in_channels=20, out_channels=24, kernel=(3, 3), padding=(1, 1, 1, 1)),
    ),
)

pytestmark = pytest.mark.golden


def test_some_family_shares_programs():
    assert SHARING


def test_the_fields_named_are_fields():
    for family in SHARING:
        sharing = family.sharing
        assert {*sharing.fields, *sharing.offered, *sharing.counted} <= family.config.model_fields.keys()
        assert sharing.timed.keys() == {opcode.name for opcode in family.isa.opcodes}


@pytest.mark.parametrize(("family", "name"), CASES, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("pattern", [DENSE, Pattern(2, 8)], ids=str)
def test_nothing_else_of_a_configuration_is_read(family, name, layer, pattern):
    config, sharing = family.load_config(name), family.sharing
    view = View(config, (*sharing.fields, *sharing.offered))
    offers = sharing.offers(layer, pattern, view)
    bounds = offers.bounds(
        family.job(offers.samples, config).service, config.dispatch_latency, family.peak_bytes(config)
    )
    ranked = sorted(zip(bounds.tolist(), range(len(offers)), strict=True))
    expected = [(candidate.bound_cycles, candidate.mapping) for candidate in family.candidates(layer, pattern, config)]
    assert [(bound, offers.mappings[i]) for bound, i in ranked] == expected
    program = family.lower(layer, pattern, ranked_first := expected[0][1], view)
    assert program.words().tolist() == family.lower(layer, pattern, ranked_first, config).words().tolist()
    if family.actions is not None:
        counted = View(config, (*sharing.fields, *sharing.counted))
        assert family.actions(program, counted) == family.actions(program, config)


def test_a_view_hides_what_it_does_not_show():
    """Otherwise the test above would show nothing."""
    config = SHARING[0].load_config()
    hidden = View(config, ("dispatch_latency",))
    assert hidden.dispatch_latency == config.dispatch_latency
    with pytest.raises(AssertionError, match="clock_mhz was read"):
        _ = hidden.clock_mhz
    with pytest.raises(AssertionError, match="was read"):
        SHARING[0].sharing.offers(LAYERS[0], DENSE, hidden)


def test_an_error_of_the_offers_is_that_of_the_candidates():
    for family in SHARING:
        config = family.load_config()
        for ask in (family.candidates, family.sharing.offers):
            with pytest.raises(InputError, match="M=64 outside"):
                ask(LAYERS[0], Pattern(2, 64), config)
