"""The actions of the banks: against golden and shapes, and against published energies and powers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.graph import gemm_layer
from mapping.sparsity import DENSE, Pattern
from simulator.cost.energy import energy_pj, technology
from simulator.execute import run
from simulator.families.dram_pim import FAMILY, golden
from simulator.families.dram_pim.cent import BlockLowering
from simulator.families.dram_pim.cost import device_energy
from simulator.families.dram_pim.counters import counters
from simulator.families.dram_pim.pim_gpt import TokenLowering
from simulator.families.dram_pim.placement import Placement
from simulator.families.dram_pim.reproduce.cent_table import published
from simulator.families.dram_pim.timing import job
from simulator.families.dram_pim.transformer import transformer
from tests.simulator.families.dram_pim.cases import config, mapping

CENT = FAMILY.load_config("cent")
PIM_GPT = FAMILY.load_config("pim-gpt")
COSTS = technology().dram_action


def counted(program, machine):
    return {some.kind.removeprefix("dram."): some.count for some in FAMILY.actions(program, machine)}


@pytest.mark.golden
@settings(deadline=None, max_examples=12)
@given(st.integers(1, 3), st.integers(1, 300), st.integers(1, 40), st.sampled_from(["row", "packed"]))
def test_counts_are_those_of_golden_and_the_shape(m, k, n, packing):
    machine = config(packing=packing)
    layer = gemm_layer("product", m, k, n)
    chosen = mapping(layer, DENSE, machine)
    program = FAMILY.lower(layer, DENSE, chosen, machine)
    memory = FAMILY.golden.image(layer, DENSE, chosen, machine)
    columns, real = [], golden.mac

    def watched(sums, weights, inputs):
        columns.append(weights.size // 16)  # of every bank of every channel
        return real(sums, weights, inputs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(golden, "mac", watched)
        FAMILY.golden.execute(program, memory, machine, None)
    found = counted(program, machine)
    slots = -(-n // 8)  # outputs of each of two times four banks
    pieces = [min(128, k - first) for first in range(0, k, 128)]
    inputs = sum(-(-length // 16) for length in pieces)
    assert found["mac"] == sum(columns) == m * 8 * slots * inputs
    assert found["fill"] == m * 2 * inputs  # a column of inputs for each channel
    assert found["read"] == found["write"] == m * 2 * slots * len(pieces)  # partial sums of a channel
    assert found["pin_bit"] == 256 * (found["fill"] + found["read"] + found["write"])
    assert found["activate"] % 4 == 0  # all banks of a channel open their rows together
    assert found["activate"] <= found["mac"]
    if (
        packing == "row"
    ):  # a row for each output and piece, opened anew for each row of activations but the last one used
        rows = 8 * slots * len(pieces)
        assert rows <= found["activate"] <= m * rows
    total = run(job(program, machine)).total
    assert found["standby_active"] + found.get("standby_precharged", 0) == 500 * 2 * total
    assert found["mac_standby"] == 500 * 2 * total


@pytest.mark.golden
def test_every_command_is_in_an_action():
    """The commands that the controllers wrote down, one by one, beside the counters."""
    machine = config(refresh=True)
    layer = gemm_layer("product", 40, 256, 64)
    program = FAMILY.lower(layer, DENSE, mapping(layer, DENSE, machine), machine)
    found = counted(program, machine)
    done = counters(run(job(program, machine)), machine.table)
    assert found["command"] == sum(done.commands.values())
    assert found["refresh"] == done.commands["REFab"] > 0
    assert found["activate"] == 4 * done.commands["ACT16"]
    assert energy_pj(FAMILY.actions(program, machine), technology())["refresh"] > 0


@pytest.mark.published
def test_the_energies_of_cent_are_the_actions_of_its_program():
    row = next(row for row in published() if row.model == "llama2-7b" and row.tensor == 1)
    model = transformer(row.model)
    place = Placement(model=model, config=CENT, block_channels=row.channels)
    program = BlockLowering(place, row.sequence).block()
    done = counters(run(job(program, CENT)), CENT.table)
    spent = energy_pj(FAMILY.actions(program, CENT), technology())
    page = device_energy(done, CENT, {}, model, row.sequence, 0)
    for part in ("activate and precharge", "reads", "writes", "multiply-accumulate", "data pins", "memory controllers"):
        assert spent[part] == pytest.approx(page[part] * 1e9)
    assert spent["standby"] == pytest.approx(page["standby"] * 1e9 * 32)  # CENT charges one channel of 32
    assert spent["buffers"] < page["buffers"] * 1e9  # the device has more of them
    assert sum(spent.values()) / 1e9 * model.blocks == pytest.approx(row.token_mj, rel=0.25)


@pytest.mark.published
def test_prices_follow_from_what_is_published():
    # AiM, mW: activation 66.3, read 438.15, write 553.15, standby 263.75 and 183.15; a MAC of 16 banks: 3 reads.
    aim = {name: cost.pj for name, cost in COSTS["aim"].items()}
    assert aim["activate"] == pytest.approx(66.3 * 44.5)
    assert (aim["read"], aim["write"]) == pytest.approx((438.15 * 1.25, 553.15 * 1.25))
    assert aim["mac"] * 16 == pytest.approx(3 * 438.15 * 1.0)
    assert (aim["standby_active"], aim["standby_precharged"]) == pytest.approx((263.75e-3, 183.15e-3))
    # Currents of PIM-GPT's notes at 1.35 V; two channels of a chip share background and refresh.
    volt, idd = 1.35, {"0": 122, "2N": 92, "3N": 142, "4R": 530, "4W": 470, "5B": 277}
    ns = {name: PIM_GPT.table.cycles(name) * PIM_GPT.table.cycle_ps / 1e3 for name in ("nRC", "nCCDL", "nRFC")}
    gpt = {name: cost.pj for name, cost in COSTS["pim-gpt"].items()}
    assert gpt["activate"] == pytest.approx(volt * (idd["0"] - idd["2N"]) * ns["nRC"])
    assert gpt["read"] == gpt["mac"] == pytest.approx(volt * (idd["4R"] - idd["3N"]) * ns["nCCDL"])
    assert gpt["write"] == gpt["fill"] == pytest.approx(volt * (idd["4W"] - idd["3N"]) * ns["nCCDL"])
    assert gpt["refresh"] == pytest.approx(volt * (idd["5B"] - idd["2N"]) * ns["nRFC"] / 2)
    assert gpt["standby_active"] == pytest.approx(volt * idd["3N"] / 2 / 1e3)
    rfc = CENT.table.cycles("nRFC") * CENT.table.cycle_ps / 1e3
    assert aim["refresh"] == pytest.approx(volt * (idd["5B"] - idd["2N"]) * rfc / 2)
    # A bit read: its column, its pin and its share of the row.
    bit = aim["read"] / 256 + aim["pin_bit"] + aim["activate"] / (2048 * 8)
    assert technology().dram["gddr6-16"].pj == pytest.approx(bit, abs=0.005)


@pytest.mark.golden
def test_the_unit_beside_the_memory_counts_where_a_program_uses_it():
    program = TokenLowering(transformer("gpt2-small"), PIM_GPT, 16).block()
    total = run(job(program, PIM_GPT)).total
    spent = energy_pj(FAMILY.actions(program, PIM_GPT), technology())
    assert spent["ASIC"] == pytest.approx(305e-3 * total * 1000)  # mW and ps
    layer = gemm_layer("product", 1, 256, 256)
    alone = FAMILY.lower(layer, DENSE, mapping(layer, DENSE, PIM_GPT), PIM_GPT)
    assert "ASIC" not in energy_pj(FAMILY.actions(alone, PIM_GPT), technology())


@pytest.mark.shape
def test_compressed_weights_save_columns_where_the_buffer_is_wide():
    machine = FAMILY.load_config("sparse")
    layer = gemm_layer("product", 1, 1024, 1024)
    macs = []
    for pattern in (DENSE, Pattern(2, 16)):
        program = FAMILY.lower(layer, pattern, mapping(layer, pattern, machine, pattern), machine)
        macs.append(counted(program, machine)["mac"])
    assert macs[1] * 64 == macs[0] * (8 + 2)  # columns of an output: 128 of 1024 weights, and 4 bits of index for each
