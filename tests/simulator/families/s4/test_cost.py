"""The actions of S4, held against what golden really does when it executes the program, and counted by hand."""

from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings

from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from simulator.cost.energy import energy_pj, technology
from simulator.families.s4 import FAMILY, golden
from simulator.families.s4.config import S4Config
from simulator.scheduling import best_mapping
from tests.simulator.families.s4.cases import Case, cases, machines


def summed(actions):
    found = {}
    for some in actions:
        found[some.component, some.kind] = found.get((some.component, some.kind), 0) + some.count
    return found


class Watched(golden._Machine):
    """Golden with a tally: what its SPUs multiply, hold and keep, and what is moved to them."""

    tally: ClassVar[dict[str, int]] = {}

    def note(self, name, count):
        self.tally[name] = self.tally.get(name, 0) + int(count)

    def spread(self, f):
        super().spread(f)
        tiles = self.weights[f["half"]][1]
        held = sum(values.size for places in tiles for values, _ in places)
        self.note("pairs written", held * (self.geometry.mapping.team // self.geometry.ring))
        self.note("bytes spread", f["bytes"])

    def fetch(self, f):
        super().fetch(f)
        self.note("bytes fetched", f["bytes"])

    def turn(self, f):
        super().turn(f)
        tiles = self.weights[f["weight_half"]][1]
        held = sum(values.size for places in tiles for values, _ in places)
        self.note("pairs passed", held * (f["ring"] - 1) * (self.geometry.mapping.team // self.geometry.ring))
        values = f["groups"] * f["positions"] * f["outputs"]
        self.note("sums added to", values * f["accumulate"])
        self.note("sums kept", values * (not f["drain"]))

    def store(self, f):
        self.note("bytes stored", self.results[f["half"]][1].nbytes)
        super().store(f)


@pytest.mark.golden
@settings(max_examples=10, deadline=None)
@given(cases(machines()))
def test_counts_are_those_of_golden(case: Case):
    program = FAMILY.lower(case.layer, case.pattern, case.mapping, case.config)
    image = FAMILY.golden.image(case.layer, case.pattern, case.mapping, case.config)
    config, real, tally = case.config, golden.gather_sums, {}
    Watched.tally = tally

    def watched(activations, values, indices, start):
        filters, pairs = values.shape
        blocks = -(-len(activations) // config.mac_columns)
        for name, count in {
            "products": len(activations) * values.size,
            "walked": values.size * blocks,
            "windows": -(-filters // config.mac_rows) * pairs * len(activations),
        }.items():
            tally[name] = tally.get(name, 0) + count
        return real(activations, values, indices, start)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(golden, "gather_sums", watched)
        patch.setattr(golden, "_Machine", Watched)
        golden.execute(program, image, config)
    found = summed(FAMILY.actions(program, config))
    element = 8 if config.datapath == "int8" else 16
    pair = element + int(np.ceil(np.log2(config.bank)))

    def count(component, kind):
        return found.get((component, kind), 0)

    multiply, add = ("mul.int8", "add.int32") if config.datapath == "int8" else ("mul.bf16", "add.fp32")
    assert count("multipliers", multiply) == count("adders", add) == tally["products"]
    assert count("multipliers", multiply) >= int(program.macs.sum())
    assert count("L1 weights", "sram.read") == tally["walked"] * pair
    assert count("L1 weights", "sram.write") == (tally["pairs written"] + tally["pairs passed"]) * pair
    assert count("rings", "link") == tally["pairs passed"] * pair
    assert count("L1 activations", "sram.read") == tally["windows"] * config.bank * element
    assert count("L1 activations", "sram.write") == 8 * tally["bytes fetched"]
    assert count("L1 sums", "sram.read") == 32 * tally["sums added to"]
    assert count("L1 sums", "sram.write") == 32 * tally["sums kept"]
    assert count("SPU registers", "register") == tally["products"] * (3 * element + 32) + tally["walked"] * element
    fetched = 0 if len(program.of("PULL")) else tally["bytes fetched"]
    assert count("L2", "sram.read") == 8 * (tally["bytes spread"] + fetched)
    if len(program.of("STORE")) == 0:
        loads = FAMILY.dram_bytes(program)[program.of("LOAD")].sum()
        assert count("L2", "sram.write") == 8 * (tally["bytes stored"] + loads)


@pytest.mark.golden
def test_a_layer_by_hand():
    # 96 positions, 128 channels, 64 filters at 2 of 8, int8: 32 kept weights a filter, 8 + 3 bits each.
    config = FAMILY.load_config("s4", ("bank=8", "max_rate=8"))
    layer, pattern = gemm_layer("layer", 96, 128, 64), Pattern(2, 8)
    program = FAMILY.lower(layer, pattern, best_mapping(FAMILY, layer, pattern, config).mapping, config)
    found = summed(FAMILY.actions(program, config))
    assert found["multipliers", "mul.int8"] == 96 * 64 * 32
    assert found["DRAM", "dram"] == 64 * 32 * (8 + 3)  # weights only: activations lie in L2
    assert found["L2", "sram.write"] == found["DRAM", "dram"] + 96 * 64 * 8
    assert found["vector units", "alu.int8"] == 96 * 64 * 3
    assert program.notes["team"] % config.cluster_spus == 0 or found["network", "link"] == found["DRAM", "dram"]


@pytest.mark.shape
def test_all_chips_share_the_work_and_all_are_counted():
    layer, pattern = gemm_layer("layer", 384, 256, 128), Pattern(1, 8)
    spent = {}
    for chips in (1, 2, 4):
        config: S4Config = FAMILY.load_config("s4", ("bank=8", "max_rate=8", f"chips={chips}"))
        own = FAMILY.part(layer, config)
        program = FAMILY.lower(own, pattern, best_mapping(FAMILY, own, pattern, config).mapping, config)
        spent[chips] = FAMILY.energy_pj(program, config, technology())
        one = energy_pj(FAMILY.actions(program, config), technology())
        assert spent[chips] == pytest.approx({part: chips * pj for part, pj in one.items()})
    for chips in (2, 4):  # the products are shared; every chip has all weights
        assert spent[chips]["multipliers"] == pytest.approx(spent[1]["multipliers"])
        assert spent[chips]["DRAM"] == pytest.approx(chips * spent[1]["DRAM"])
