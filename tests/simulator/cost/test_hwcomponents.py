"""The adapter to hwcomponents: what it refuses anywhere, and its numbers where the package runs."""

import sys

import pytest

import simulator.cost.hwcomponents as adapter
import zeroskip
from mapping.errors import InputError
from simulator.cost.energy import technology

NODE = "hwcomponents:45nm"
# It reads the settings of CACTI from a file that it leaves open.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.mark.smoke
@pytest.mark.parametrize(
    "name", ["hwcomponents:", "hwcomponents:22", "hwcomponents:5nm", "hwcomponents:130nm", "hwcomponents:xnm"]
)
def test_an_impossible_node_says_what_is_legal(name):
    with pytest.raises(InputError, match="the node is from 7nm to 90nm, as in hwcomponents:22nm"):
        technology(name)


@pytest.mark.smoke
def test_a_python_that_is_too_old_and_a_missing_package_are_said(monkeypatch):
    monkeypatch.setattr(adapter, "NEEDS", (4, 0))
    with pytest.raises(InputError, match=r"hwcomponents:45nm: hwcomponents needs Python 4.0 or later, this is 3\.\d+"):
        adapter.hwcomponents_technology(NODE)
    monkeypatch.setattr(adapter, "NEEDS", (3, 0))
    monkeypatch.setitem(sys.modules, "hwcomponents", None)
    with pytest.raises(InputError, match="install hwcomponents hwcomponents-library"):
        adapter.hwcomponents_technology(NODE)


@pytest.fixture(scope="module")
def package():
    if sys.version_info < adapter.NEEDS:
        pytest.skip("hwcomponents needs Python 3.12")
    pytest.importorskip("hwcomponents_library")
    return pytest.importorskip("hwcomponents")


@pytest.mark.published
def test_integers_are_those_of_its_library(package):
    cost = technology(NODE)
    factor = package.scaling.tech_node_energy(45e-9, 40e-9)
    # Aladdin at 40 nm: an adder of 32 bits 0.21 pJ, a multiplier 12.68 pJ, a register bit 0.009 pJ to read or write.
    assert cost.operation["add.int32"].pj == pytest.approx(0.21 * factor)
    assert cost.operation["mul.int8"].pj == pytest.approx(12.68 / 16 * factor)
    assert cost.register_bit.pj == pytest.approx(2 * 0.009 * factor)
    assert (cost.dram["hbm2"].pj, cost.dram["lpddr4-3200"].pj) == pytest.approx((6.25, 8.0))
    assert "hwcomponents" in cost.operation["mul.int8"].source


@pytest.mark.golden
def test_what_it_does_not_model_is_scaled_from_45_nm(package):
    base, same, small = technology(), technology(NODE), technology("hwcomponents:22nm")
    assert same.operation["mul.fp16"].pj == base.operation["mul.fp16"].pj
    factor = package.scaling.tech_node_energy(22e-9, 45e-9)
    for name in ("mul.fp16", "add.fp32", "special.bf16"):
        assert small.operation[name].pj == pytest.approx(factor * base.operation[name].pj)
    assert small.operation["mul.fp16"].status == "derived"
    assert small.operation["special.bf16"].status == "assumed"
    assert small.operation.keys() == base.operation.keys()
    assert small.dram_action == base.dram_action
    assert small.dram["gddr6-16"] == base.dram["gddr6-16"]


@pytest.mark.shape
def test_sram_grows_with_its_size_and_shrinks_with_the_node(package):
    costs = [technology(name).sram for name in (NODE, "hwcomponents:22nm", "hwcomponents:7nm")]
    for sram in costs:
        reads = [sram.pj(kib) for kib in (1, 8, 32, 128, 1024)]
        assert reads == sorted(reads)
    for write in (False, True):
        energies = [sram.pj(64, write=write) for sram in costs]
        assert energies == sorted(energies, reverse=True)
    assert costs[0].pj(32) == pytest.approx(technology().sram.pj(32), rel=0.5)  # CACTI beside Horowitz, both at 45 nm


@pytest.mark.golden
def test_a_model_that_fails_is_named(package):
    with pytest.raises(InputError, match=r"hwcomponents:45nm: hwcomponents has no Teapot \{\}: "):
        adapter._Models(NODE).joules("Teapot", {}, "pour")


@pytest.mark.golden
def test_a_whole_network_is_priced(package):
    model = zeroskip.prune(zeroskip.load_model("resnet18"), "2:8").select("layer4.1.*")
    lowered = zeroskip.lower(model, "sat", zeroskip.load_config("sat"))
    ours, theirs = (zeroskip.simulate(lowered, technology=name).energy_pj for name in ("cmos-45nm", NODE))
    assert ours.keys() == theirs.keys()
    assert theirs["adders"] == pytest.approx(ours["adders"])
    assert 0 < sum(theirs.values()) < 2 * sum(ours.values())
