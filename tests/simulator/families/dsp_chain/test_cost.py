"""The actions of the chains, held against what golden really reads, multiplies and writes."""

from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings

from mapping.graph import ceil_div, gemm_layer
from mapping.sparsity import Pattern
from simulator.cost.energy import energy_pj, technology
from simulator.families.dsp_chain import FAMILY, golden
from simulator.families.dsp_chain.isa import ADD, MUL, SILU, SOFTMAX
from simulator.families.dsp_chain.misc import row_wise
from tests.simulator.families.dsp_chain.cases import Case, cases


def summed(actions):
    found = {}
    for some in actions:
        found[some.component, some.kind] = found.get((some.component, some.kind), 0) + some.count
    return found


class Watched(golden._Core):
    """Golden with a tally of what the buffers give and take."""

    tally: ClassVar[dict[str, int]] = {}

    def note(self, name, count):
        self.tally[name] = self.tally.get(name, 0) + int(count)

    def load(self, f):
        super().load(f)
        self.note(f"loaded {f['mode']}", f["length"])
        self.note("from HBM", -(-f["length"] * f["share"] // f["whole"]))

    def store(self, f):
        super().store(f)
        self.note("stored", f["length"])

    def mm(self, f):
        self.rows = 128
        super().mm(f)
        self.note("results", 128 * 16 * f["output"])
        self.note("activations", 128 * 16 * f["K"])

    def mv(self, f):
        self.rows = 1
        super().mv(f)
        self.note("results", 512 * f["output"])
        self.note("activations", 16 * f["K"])

    def _codes(self, buffer, address, count, f):
        codes = super()._codes(buffer, address, count, f)
        weights = 16 * int(codes.sum())
        self.note("weights", weights)
        self.note("products", weights * self.rows)
        self.note("blocks", np.count_nonzero(codes) * 16 * self.rows)
        if f["sparse"]:
            self.note("indices", weights)
            self.note("codes", count)
        return codes


@pytest.mark.golden
@settings(max_examples=12, deadline=None)
@given(cases())
def test_counts_are_those_of_golden(case: Case):
    mapping, config = case.candidate.mapping, case.config
    program = FAMILY.lower(case.layer, case.pattern, mapping, config)
    image = FAMILY.golden.image(case.layer, case.pattern, mapping, config)
    Watched.tally = tally = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(golden, "_Core", Watched)
        golden.execute(program, image, config)
    found = summed(FAMILY.actions(program, config))

    def bits(buffer, way):
        return found.get((buffer, f"sram.{way}"), 0)

    if case.layer.m == 1 and mapping.pattern.is_dense:
        # Golden computes whole groups of 512 columns where weights are dense, the machine those that exist.
        blocks = ceil_div(case.layer.k, 16) * ceil_div(ceil_div(case.layer.n, 16), config.cores) * config.cores
        tally |= {"weights": 256 * blocks, "products": 256 * blocks, "blocks": 16 * blocks}
    kept, of_rows = ("A buffer", "B buffer") if case.layer.m == 1 else ("B buffer", "A buffer")
    at = {"B buffer": 0, "A buffer": 4}
    assert found.get(("multipliers", "mul.int8"), 0) == tally["products"]
    assert tally["products"] >= int(program.macs.sum())
    assert bits(kept, "read") == 8 * tally["weights"]
    assert bits(of_rows, "read") == 8 * tally["activations"]
    assert bits("index buffer", "read") == 4 * tally.get("indices", 0)
    assert bits("code buffer", "read") == 8 * tally.get("codes", 0)
    assert bits("global buffer", "write") == 8 * tally["results"]
    assert bits("global buffer", "read") == 8 * tally["stored"]
    for buffer, mode in at.items():
        assert bits(buffer, "write") == 8 * tally[f"loaded {mode}"]
    assert found["HBM", "dram"] == 8 * (tally["from HBM"] + tally["stored"])
    # Every block adds to its sums once; the instructions say no more than a bound of the blocks.
    accumulated = found.get(("adders", "add.int32"), 0) - tally["products"]
    assert tally["blocks"] <= accumulated <= tally["products"] // 2


@pytest.mark.golden
def test_a_vector_by_hand():
    # 512 columns, K = 32, 4:16 of 4 bits on one core: two blocks of K, four weights of each column.
    config = FAMILY.load_config("vhk158")
    layer, pattern = gemm_layer("layer", 1, 32, 512), Pattern(4, 16)
    mapping = next(
        each.mapping for each in FAMILY.candidates(layer, pattern, config) if not each.mapping.pattern.is_dense
    )
    program = FAMILY.lower(layer, pattern, mapping, config)
    weights = 512 * 2 * 4
    found = summed(FAMILY.actions(program, config))
    assert found["multipliers", "mul.int8"] == weights
    assert found["adders", "add.int32"] == weights + 512 * 2
    slices = 27 + 27 + 18 + 45 + 48 + 2 * 8  # registers of a slice and of its MUX
    assert found["chain registers", "register"] == weights * slices + 512 * 2 * 32
    assert found["HBM", "dram"] == weights * (4 + 4) + 8 * (
        2 * 32 + 32 + 512
    )  # values, indices; codes, vector, results
    assert found["A buffer", "sram.read"] == weights * 8
    assert found["index buffer", "sram.read"] == weights * 4
    assert found["code buffer", "sram.read"] == 2 * 32 * 8
    # Three cores do three times that for three times the columns.
    three = FAMILY.load_config("vhk158", ("cores=3",))
    wide = gemm_layer("layer", 1, 32, 3 * 512)
    again = summed(FAMILY.actions(FAMILY.lower(wide, pattern, mapping, three), three))
    assert again["multipliers", "mul.int8"] == 3 * weights


@pytest.mark.golden
def test_two_rows_share_the_multiplier_of_a_slice():
    # 128 rows, 16 columns, K = 16, dense: one MM; a matrix of 100 rows takes as much.
    config = FAMILY.load_config("vhk158")
    for m in (128, 100):
        layer = gemm_layer("layer", m, 16, 16)
        (mapping,) = (each.mapping for each in FAMILY.candidates(layer, Pattern(1, 1), config))
        found = summed(FAMILY.actions(FAMILY.lower(layer, Pattern(1, 1), mapping, config), config))
        slices, sums = 64 * 16 * 16, 128 * 16
        assert found["multipliers", "mul.int8"] == 2 * slices
        assert found["chain registers", "register"] == slices * (27 + 27 + 18 + 45 + 48 + 2 * 8) + sums * 32
        assert found["A buffer", "sram.read"] == 128 * 16 * 8
        assert ("code buffer", "sram.read") not in found


@pytest.mark.golden
def test_rows_through_the_special_function_unit():
    config = FAMILY.load_config("vhk158")
    want = {ADD: (1, 0, 2), MUL: (1, 0, 2), SOFTMAX: (4, 1, 2), SILU: (2, 2, 1)}
    for operation, (plain, special, reads) in want.items():
        program = row_wise("rows", operation, 5, 64, config, addresses=(0, 4096, 8192)).program({"cores": 1})
        found = summed(FAMILY.actions(program, config))
        assert found["special function unit", "alu.fp16"] == 5 * 64 * plain
        assert found.get(("special function unit", "special.fp16"), 0) == 5 * 64 * special
        operands = 2 if operation in (ADD, MUL) else 1
        assert found["global buffer", "sram.read"] == 8 * 5 * 64 * (reads + 1)  # and the store
        assert found["global buffer", "sram.write"] == 8 * 5 * 64 * (operands + 1)


@pytest.mark.shape
def test_pruning_saves_energy_wherever_weights_pass():
    config = FAMILY.load_config("u280")
    layer = gemm_layer("layer", 64, 256, 192)
    spent = {}
    for pattern in (Pattern(1, 1), Pattern(4, 16)):
        mapping = next(
            each.mapping for each in FAMILY.candidates(layer, pattern, config) if each.mapping.pattern == pattern
        )
        program = FAMILY.lower(layer, pattern, mapping, config)
        spent[pattern.n] = energy_pj(FAMILY.actions(program, config), technology())
    for component in ("multipliers", "chain registers", "B buffer", "HBM"):
        assert spent[4][component] < spent[1][component]
