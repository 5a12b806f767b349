import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InputError
from simulator.cost.actions import Actions
from simulator.cost.energy import FOLDER, Sram, SramPoint, add_energy, energy_pj, technology, technology_names

SRAM = Sram(
    points=[SramPoint(kib=8, pj=1.0), SramPoint(kib=32, pj=2.0), SramPoint(kib=512, pj=8.0)],
    status="assumed",
    source="-",
)


@pytest.mark.golden
def test_energy_is_count_times_cost_by_component():
    cost = technology("cmos-45nm")
    spent = energy_pj(
        [
            Actions(component="array", kind="mul.int8", count=10),
            Actions(component="array", kind="add.int32", count=10),
            Actions(component="pad", kind="sram.read", count=64, of=32),
            Actions(component="DRAM", kind="dram", count=64, of="ddr4-2400"),
        ],
        cost,
    )
    # Horowitz, ISSCC 2014: 0.2 pJ + 0.1 pJ; 20 pJ for 64 bits of a 32 KB SRAM; 1.3 nJ for 64 bits of DRAM.
    assert spent == pytest.approx({"array": 3.0, "pad": 20.0, "DRAM": 1300.0})
    assert add_energy([(spent, 2), ({"pad": 1.0}, 3)]) == pytest.approx({"array": 6.0, "pad": 43.0, "DRAM": 2600.0})


@pytest.mark.golden
def test_sram_follows_a_power_law_between_its_points():
    assert [SRAM.pj(kib) for kib in (8, 16, 32, 128, 512)] == pytest.approx([1, 2**0.5, 2, 4, 8])
    assert SRAM.pj(16, write=True) == SRAM.pj(16)
    points = [SramPoint(kib=8, pj=1.0, write_pj=4.0), SramPoint(kib=32, pj=2.0)]
    other = Sram(points=points, status="assumed", source="-")
    assert [other.pj(kib, write=True) for kib in (1, 8, 16, 64)] == pytest.approx([4, 4, 8**0.5, 2])
    assert other.pj(8) == 1.0


@pytest.mark.golden
def test_hops_and_dram_commands_have_prices_of_their_own():
    spent = energy_pj(
        [
            Actions(component="ring", kind="link", count=10),
            Actions(component="rows", kind="dram.activate", count=2, of="aim"),
            Actions(component="pins", kind="dram.pin_bit", count=256, of="aim"),
            Actions(component="control", kind="dram.request", count=5, of="pim-gpt"),
        ],
        technology(),
    )
    assert spent == pytest.approx({"ring": 1.0, "rows": 2 * 2950.35, "pins": 1408.0})  # and nothing that costs nothing


@pytest.mark.shape
@given(st.lists(st.integers(1, 1 << 20), min_size=2, max_size=8).map(sorted))
def test_a_larger_sram_never_costs_less(sizes):
    costs = [SRAM.pj(kib) for kib in sizes]
    assert costs == sorted(costs)
    assert costs[0] >= 1.0
    assert costs[-1] <= 8.0


@pytest.mark.published
def test_the_sram_of_45_nm_is_within_a_factor_of_three_of_cacti():
    # CACTI 7 (hwcomponents-cacti 1.0.40), 45 nm, 128-bit port: 20.3, 50.3 and 100 pJ a read. One wide access costs less
    # than two of 64 bits, so the table is expected above it, not equal.
    for kib, cacti in ((32, 20.3), (128, 50.3), (512, 100.0)):
        ours = 128 * technology("cmos-45nm").sram.pj(kib)
        assert cacti < ours < 3 * cacti


@pytest.mark.published
def test_superconducting_operations_follow_from_device_figures():
    # arXiv 2303.16801: 70 junctions a full adder, 8 a memory cell; IEEE Spectrum, May 2024: 2e-20 J a pulse.
    cost, pulse = technology("superconducting"), 2e-20 * 1e12
    assert cost.operation["add.int32"].pj == pytest.approx(32 * 70 * pulse, rel=0.02)
    assert cost.operation["add.int16"].pj == pytest.approx(16 * 70 * pulse, rel=0.02)
    assert cost.operation["mul.int8"].pj == pytest.approx(7 * 8 * 70 * pulse, rel=0.02)  # rows of adders of an array
    assert cost.register_bit.pj == cost.sram.pj(1024) == pytest.approx(8 * pulse)
    assert cost.sram.status == "unverified"
    derived = {name for name, entry in cost.operation.items() if entry.status == "derived"}
    assert derived == {"add.int32", "add.int16", "mul.int8"}
    assert {entry.status for entry in cost.operation.values()} == {"derived", "assumed"}


@pytest.mark.parametrize("name", technology_names())
def test_every_constant_says_how_well_it_is_known(name):
    cost = technology(name)
    entries = [*cost.operation.values(), *cost.dram.values(), cost.register_bit, cost.sram]
    entries += [cost.link_bit] if cost.link_bit else []
    entries += [entry for actions in cost.dram_action.values() for entry in actions.values()]
    assert all(len(entry.source) > 10 for entry in entries)
    assert {entry.status for entry in entries} <= {"published", "derived", "assumed", "unverified"}


def test_what_a_technology_lacks_is_named():
    with pytest.raises(InputError, match=r"no energy of operation 'mul.fp4'; known: add.int8"):
        energy_pj([Actions(component="a", kind="mul.fp4", count=1)], technology())
    with pytest.raises(InputError, match=r"no energy of memory 'gddr9'; known: ddr4-2400"):
        energy_pj([Actions(component="a", kind="dram", count=1, of="gddr9")], technology())
    with pytest.raises(InputError, match=r"no energy of the commands of memory 'own.toml'; known: aim, pim-gpt"):
        energy_pj([Actions(component="a", kind="dram.read", count=1, of="own.toml")], technology())
    with pytest.raises(InputError, match=r"no energy of memory 'aim' for action 'dance'; known: activate"):
        energy_pj([Actions(component="a", kind="dram.dance", count=1, of="aim")], technology())
    without = technology().model_copy(update={"link_bit": None, "dram_action": {}})
    with pytest.raises(InputError, match="no energy of a hop on chip; link_bit says it"):
        energy_pj([Actions(component="a", kind="link", count=1)], without)
    with pytest.raises(InputError, match="the commands of memory 'aim'; known: none"):
        energy_pj([Actions(component="a", kind="dram.read", count=1, of="aim")], without)


@pytest.mark.parametrize("name", ["nix", "../cmos-45nm", ""])
def test_an_unknown_technology_lists_the_known(name):
    with pytest.raises(InputError, match="is not one of cmos-45nm, superconducting"):
        technology(name)


def test_a_technology_may_be_a_file(tmp_path):
    text = (FOLDER / "cmos-45nm.toml").read_text()
    path = tmp_path / "own.toml"
    path.write_text(text.replace('"mul.int8" = {pj = 0.2', '"mul.int8" = {pj = 0.7'))
    assert technology(str(path)).operation["mul.int8"].pj == 0.7
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace("pj = 0.05\n", "pj = -1.0\n"))
    with pytest.raises(InputError, match="register_bit"):
        technology(str(wrong))
    points = tmp_path / "points.toml"
    points.write_text(text.replace("kib = 32", "kib = 4"))
    with pytest.raises(InputError, match="points of 8, 4, 1024 KiB must ascend"):
        technology(str(points))
    assert tomllib.loads(text)["description"] == technology().description
