"""Are the cycles right? Hand-computed layers, both executors, bounds, and what programs may not do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern, prune_layer
from mapping.sparsity.patterns.block import Block
from mapping.sparsity.patterns.unstructured import Unstructured
from simulator.execute import run
from simulator.families.dram_pim import FAMILY, peak_macs
from simulator.families.dram_pim.cent import BlockLowering
from simulator.families.dram_pim.counters import counters
from simulator.families.dram_pim.pim_gpt import TokenLowering
from simulator.families.dram_pim.placement import Placement
from simulator.families.dram_pim.timing import job
from simulator.families.dram_pim.transformer import Transformer, transformer
from simulator.program import ProgramError
from tests.simulator.families.dram_pim.cases import config, mapping

TINY = Transformer(
    name="tiny", dim=128, blocks=2, heads=4, kv_heads=2, ffn=256, gated=True, vocabulary=320, context=512
)
SMALL = {"row_bytes": 256, "rows": 4096}


@pytest.mark.timing
def test_one_output_by_hand():
    """WR_GB, bias, one row of 8 columns, read: the distances of the table, one after another."""
    machine = config()
    layer = gemm_layer("product", 1, 128, 8)
    timeline = run(job(FAMILY.lower(layer, DENSE, mapping(layer, DENSE, machine), machine), machine), "both")
    # Change of mode at 0, buffer from 32 (8 columns, 2 apart) to 46, bias 48, the mode back when ACT16 is legal at 49,
    # ACT16 81, columns from 137 to 151, the mode again when RDMAC16 is legal at 153, read 185, seen at 187.
    assert timeline.end.tolist()[-2] == 185 + 2 + 1
    # The barrier issues then and is seen a cycle later.
    assert timeline.total == 188 + 2


@pytest.mark.timing
@pytest.mark.parametrize("pattern", ["dense", "2:8"])
@pytest.mark.parametrize("refresh", [False, True])
def test_executors_agree_on_layers(pattern, refresh):
    machine = config(refresh=refresh, buffer_columns=4)
    layer = gemm_layer("product", 3, 700, 50)
    parsed = Pattern.parse(pattern)
    for candidate in FAMILY.candidates(layer, parsed, machine):
        program = FAMILY.lower(layer, parsed, candidate.mapping, machine)
        FAMILY.check(program, machine)
        timeline = run(job(program, machine), "both")
        assert timeline.total >= max(candidate.bound_cycles, -(-int(program.macs.sum()) // peak_macs(machine)))
        assert program.macs.sum() == 3 * 50 * parsed.kept(700)
        assert (counters(timeline, machine.table).commands["REFab"] > 0) == refresh


@pytest.mark.timing
@pytest.mark.parametrize("refresh", [False, True])
def test_executors_agree_on_a_block(refresh):
    machine = config(channels=4, bank_groups=4, group_banks=4, refresh=refresh, **SMALL)
    place = Placement(model=TINY, config=machine, block_channels=2)
    for lower in (BlockLowering(place, 70).block, BlockLowering(place, 1).block, BlockLowering(place, 3).ends):
        program = lower()
        program.validate()
        timeline = run(job(program, machine), "both")
        assert counters(timeline, machine.table).issued > len(program)


@pytest.mark.timing
def test_executors_agree_on_a_block_of_llama():
    """A real one: LLaMA2-7B spread over eight devices of 32 channels."""
    machine = FAMILY.load_config("cent", ("refresh=true",))
    place = Placement(model=transformer("llama2-7b"), config=machine, block_channels=32, devices=8)
    timeline = run(job(BlockLowering(place, 128).block(), machine), "both")
    # Columns of every channel: q, k, v and o, one output in a bank; gate and up, three; down, one of 11008 inputs;
    # keys of 128 tokens, 4 rows of 8 heads; values of one head, 8 dimensions in a bank; two norms.
    matrices = 4 * 256 + 2 * 3 * 256 + 688
    attention = 4 * 8 * 8 + 8 * 8
    assert counters(timeline, machine.table).commands["MAC16"] == 32 * (matrices + attention + 2)


@pytest.mark.timing
def test_executors_agree_on_a_token_with_an_asic():
    machine = FAMILY.load_config("pim-gpt", ("row_bytes=256", "channels=2"))
    program = TokenLowering(replace(TINY, **{"kv_heads": 4, "gated": False}), machine, 40).block()
    FAMILY.check(program, machine)
    timeline = run(job(program, machine), "both")
    host, unit = timeline.queues
    assert unit.busy == program.operand("ASIC", "cycles").sum()
    # Nothing overlaps: each waits for the other.
    assert host.busy + unit.busy == timeline.total


@pytest.mark.shape
@settings(deadline=None, max_examples=20)
@given(st.integers(16, 600), st.integers(1, 60), st.sampled_from(["row", "packed"]))
def test_no_layer_beats_its_bounds(k, n, packing):
    machine = config(packing=packing)
    layer = gemm_layer("product", 1, k, n)
    program = FAMILY.lower(layer, DENSE, mapping(layer, DENSE, machine), machine)
    timeline = run(job(program, machine))
    found = counters(timeline, machine.table)
    assert timeline.total >= FAMILY.dram_bytes(program).sum() / FAMILY.peak_bytes(machine)
    # Every row of every bank is opened once.
    rows = np.unique(program.operand("MAC_ABK", "row"))
    assert found.commands["ACT16"] == machine.channels * len(rows)
    assert found.row_hit_rate == 1 - found.commands["ACT16"] / found.commands["MAC16"]


@pytest.mark.shape
def test_what_pruning_buys():
    """Packed and with a wide buffer 1:8 helps; a row for each output keeps the rows, AiM's buffer the columns."""
    layer, pattern = gemm_layer("product", 1, 1024, 64), Pattern.parse("1:8")

    def cycles(executed, **changes):
        machine = config(row_bytes=2048, registers=16, **changes)
        chosen = mapping(layer, pattern, machine, executed)
        timeline = run(job(FAMILY.lower(layer, pattern, chosen, machine), machine))
        return timeline.total, counters(timeline, machine.table).commands["ACT16"]

    dense, dense_rows = cycles(DENSE, packing="row")
    narrow, narrow_rows = cycles(pattern, packing="row")
    packed, packed_rows = cycles(pattern, packing="packed")
    wide, wide_rows = cycles(pattern, packing="row", buffer_columns=8)
    both, both_rows = cycles(pattern, packing="packed", buffer_columns=8)
    assert narrow == dense
    assert narrow_rows == wide_rows == dense_rows
    assert packed_rows == both_rows < dense_rows / 3
    assert both < packed < dense
    assert both < wide < dense


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mask": 4}, "mask=4 outside [0, 3]"),
        ({"register": 9}, "register=9 outside [0, 3]"),
        ({"row": 600}, "row=600 outside [0, 511]"),
        ({"column": 7}, "columns beyond the 8 of a row"),
        ({"bank": 4}, "bank=4 outside [-1, 3]"),
    ],
)
def test_programs_that_the_machine_cannot_run(change, reason):
    machine = config()
    layer = gemm_layer("product", 1, 128, 8)
    program = FAMILY.lower(layer, DENSE, mapping(layer, DENSE, machine), machine)
    operands = program.operands.copy()
    for name, value in change.items():
        operands[program.of("MAC_ABK")[0], program.isa["MAC_ABK"].column(name)] = value
    with pytest.raises(ProgramError) as caught:
        FAMILY.check(replace(program, operands=operands), machine)
    assert reason in str(caught.value)


@pytest.mark.smoke
def test_products_before_inputs_are_refused():
    machine = config()
    layer = gemm_layer("product", 1, 128, 8)
    program = FAMILY.lower(layer, DENSE, mapping(layer, DENSE, machine), machine)
    keep = program.opcode != program.isa.index("WR_GB")
    columns = {
        name: getattr(program, name)[keep] for name in ("queue", "opcode", "wait", "release", "operands", "macs")
    }
    with pytest.raises(ProgramError, match="before anything is in the buffer"):
        FAMILY.check(replace(program, **columns), machine)


def refused(call):
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


@pytest.mark.smoke
def test_what_does_not_fit_is_refused_by_how_much():
    layer = gemm_layer("product", 1, 4096, 4096)
    text = refused(lambda: FAMILY.candidates(layer, DENSE, config()))
    assert "layer product does not fit: 16384 rows in each bank, 512 there are (31 MiB too many)" in text
    cent = FAMILY.load_config("cent")
    text = refused(lambda: Placement(model=transformer("llama2-70b"), config=cent, block_channels=2))
    assert "model llama2-70b does not fit: a block needs 26" in text
    assert "rows in each bank of 2 channels" in text
    assert "MiB)" in text
    small = FAMILY.load_config("pim-gpt", ("rows=4096",))
    assert "model gpt2-xl does not fit: 13767 rows in each bank, 4096 there are (2418 MiB" in refused(
        lambda: TokenLowering(transformer("gpt2-xl"), small, 1)
    )


@pytest.mark.smoke
def test_a_whole_model_that_does_not_fit_is_refused_by_how_much():
    # 512 outputs in each bank, and an output fills a row.
    machine = config(rows=1300)
    banks = machine.channels * machine.banks
    weights = [gemm_layer(name, 1, 128, 512 * banks) for name in ("prefill.a", "decode.a", "decode.b")]
    FAMILY.admit([(layer, DENSE) for layer in weights], machine)  # both phases share their weights
    more = gemm_layer("decode.c", 1, 128, 512 * banks)
    missing = (3 * 512 - 1300) * machine.row_bytes * banks / 2**30
    text = refused(lambda: FAMILY.admit([(layer, DENSE) for layer in (*weights, more)], machine))
    assert "the model does not fit: 1,536 rows in each bank, rows=1,300 there are" in text
    assert f"({missing:.2f} GiB too many" in text
    FAMILY.admit([(layer, Pattern(1, 4)) for layer in (*weights, more)], machine)  # compressed it does


@pytest.mark.smoke
def test_heads_that_do_not_split_are_refused():
    cent = FAMILY.load_config("cent")
    odd = replace(TINY, **{"name": "odd", "dim": 160, "heads": 4, "kv_heads": 4})
    assert "model odd: heads of 40 do not split over the 16 banks" in refused(
        lambda: Placement(model=odd, config=cent, block_channels=32)
    )
    ragged = replace(TINY, **{"name": "ragged", "dim": 192, "heads": 4, "kv_heads": 4})
    assert "model ragged: heads of 48 do not divide rows of 1024" in refused(
        lambda: Placement(model=ragged, config=cent, block_channels=32)
    )
    assert "channels per block=33 outside [1, 32]" in refused(
        lambda: Placement(model=TINY, config=cent, block_channels=33)
    )
    assert "takes all 32" in refused(lambda: Placement(model=TINY, config=cent, block_channels=8, devices=2))
    place = Placement(model=TINY, config=cent, block_channels=32)
    assert "sequence=513 outside [1, 512] for tiny" in refused(lambda: BlockLowering(place, 513))
    assert "decoder 'gpt9' is not one of" in refused(lambda: transformer("gpt9"))


@pytest.mark.smoke
def test_sparsity_that_the_banks_cannot_balance_is_refused():
    layer = gemm_layer("product", 1, 256, 16)
    layer = layer.with_weights(layer.values())
    for pattern in (Unstructured(0.7), Block(4, 16, 0.5)):
        pruned = prune_layer(layer, pattern)
        text = refused(lambda pruned=pruned, pattern=pattern: FAMILY.candidates(pruned, pattern, config()))
        assert f"pattern {pattern} is not balanced over the banks (here " in text
        assert "legal with storage='compressed': dense, N:M" in text
        assert FAMILY.candidates(pruned, pattern, config(storage="dense"))


@pytest.mark.smoke
def test_layers_that_are_no_products_are_refused():
    shape = ConvShape(in_rows=8, in_cols=8, in_channels=4, out_channels=4, kernel=(3, 3), padding=(1, 1, 1, 1))
    layer = Layer(name="conv", op="conv", shape=shape)
    assert "layer conv: the banks multiply matrices" in refused(lambda: FAMILY.candidates(layer, DENSE, config()))


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("settings_", "reason"),
    [
        (("clock_mhz=1000",), "a cycle of timing table aim is 500 ps"),
        (("timing=ddr5",), "timing table 'ddr5' is not one of aim, ddr3-1600, ddr4-2400, pim-gpt"),
        (("channels=63",), "channels=63 outside [1, 62]"),
        (("row_bytes=48",), "row_bytes=48"),
        (("storage=zip",), "storage='zip'"),
        (("banks=4",), "unknown key 'banks'"),
    ],
)
def test_bad_configurations_are_named(settings_, reason):
    assert reason in refused(lambda: FAMILY.load_config("cent", settings_))
