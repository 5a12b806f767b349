"""Are the times right: by hand, by both executors, and of a network as a whole?"""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from simulator.engine.cycle import run_cycle
from simulator.engine.fast import run_fast
from simulator.execute import run as execute
from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.attention import Attention, attention_mm, attention_mv
from simulator.families.dsp_chain.chain import block_beats, unit_cycles
from simulator.families.dsp_chain.isa import A_BUFFER, ADD, B_BUFFER, SOFTMAX, TO_MV
from simulator.families.dsp_chain.network import run, stitch, whole_job
from simulator.families.dsp_chain.rows import join, load, rows, store
from simulator.families.dsp_chain.steps import decode, prefill
from simulator.families.dsp_chain.timing import dram_bytes, service
from simulator.families.dsp_chain.transformer import Sparsity, Transformer
from tests.simulator.families.dsp_chain.cases import cases

pytestmark = pytest.mark.timing
ARTIFACT, U280 = FAMILY.load_config("vhk158-artifact"), FAMILY.load_config("u280")
SMALL = Transformer(layers=2, width=256, heads=4, hidden=768, vocabulary=1024, sparsity={})
BANDWIDTH = Fraction("819.2") * 2**30 / 32  # bytes a second of one channel


def program():
    """One instruction of every kind."""
    parts = [
        load(B_BUFFER, length=4096, cross=1),
        load(A_BUFFER, length=131072, channels=8, share=7, whole=20),
        load(A_BUFFER, length=2048, channels=8, zero_fill=1),
        store(length=4096),
        store(length=256, channels=8),
        rows("MM", K=256, share=1, whole=1),
        rows("MV", K=128, share=7, whole=10),
        rows("MISC", K=256, operation=ADD),
        rows("MISC", K=9, operation=SOFTMAX),
        rows("SYS"),
    ]
    return join(parts).program({"cores": 1})


def test_the_profilers_formulas_by_hand():
    """Sections 4.1 of the model: bytes over bandwidth, multiply-accumulates over parallelism, elements over lanes."""
    clock = 225_000_000
    seconds = [
        4096 / (BANDWIDTH * Fraction("0.35")),
        131072 / (BANDWIDTH * 8 * Fraction("0.7") * 2 / Fraction("0.7")),
        Fraction(2048, 256 * 8 * clock),
        4096 / (BANDWIDTH * Fraction("0.7")),
        256 / (BANDWIDTH * 8 * Fraction("0.7")),
        Fraction(128 * 4096 * 16, 4096 * clock),
        Fraction(512 * 2048 * 7, 10 * 1024 * clock),
        Fraction(4096, 16 * clock),
        Fraction(144 * 2, 16 * clock),
        Fraction(1, clock),
    ]
    expected = [second / Fraction("3.2") * ARTIFACT.clock_hz for second in seconds]
    assert service(program(), ARTIFACT).tolist() == expected


def test_whole_cycles_are_rounded_up():
    exact = service(program(), ARTIFACT)
    rounded = service(program(), FAMILY.load_config("vhk158"))
    assert rounded.tolist() == (-(-exact // ARTIFACT.ticks)).tolist()


def test_pipelines_add_what_the_profiler_leaves_out():
    plain = service(program(), FAMILY.load_config("u280", ("issue_cycles=0", "hbm_latency=0", "sfu_stages=0")))
    micro = service(program(), U280)
    # A chain of 16: a cycle in the block register, MUX 1, cascade 18, overflow 1, node 1, accumulator 1.
    assert (plain - service(program(), FAMILY.load_config("u280", ('fidelity="profiler"', *ZERO)))).tolist() == [
        *[0] * 5,
        23,
        23,
        0,
        0,
        0,
    ]
    # The first load waits for HBM, and so does one that waits for a token.
    assert (micro - plain).tolist() == [4 + 64, 4, 4, 4, 4, 4, 4, 4 + 16, 4 + 16, 0]
    second = join([load(B_BUFFER, length=64), load(B_BUFFER, length=64)]).program({"cores": 1})
    free = service(second, U280)
    second.wait[1] = TO_MV
    assert free[0] - free[1] == U280.hbm_latency
    assert service(second, U280)[1] == free[0]


@pytest.mark.parametrize("kept", [2, 4, 8, 16])
def test_products_run_at_the_pace_of_the_vector_units(kept):
    """MM: two units share the columns of a block. MV: 64 units share 32 blocks of columns."""
    k = 24
    made = join([rows("MM", K=k, share=kept * k, whole=16 * k), rows("MV", K=k, share=kept * 32 * k, whole=512 * k)])
    beats = k * block_beats(kept, 16) // 2
    expected = U280.issue_cycles + unit_cycles(beats, U280.chain)
    assert service(made.program({"cores": 1}), U280).tolist() == [expected, expected]


ZERO = ("issue_cycles=0", "hbm_latency=0", "sfu_stages=0")


@settings(max_examples=30, deadline=None)
@given(cases())
def test_executors_agree_and_no_layer_beats_its_bound(case):
    lowered = FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)
    assert execute(FAMILY.job(lowered, case.config), "both").total >= case.candidate.bound_cycles


@pytest.mark.parametrize("config", ["vhk158-artifact", "vhk158", "u280"])
@pytest.mark.parametrize("step", ["decode", "prefill"])
def test_a_program_for_each_layer_takes_as_long_as_one_program(config, step):
    machine = FAMILY.load_config(config)
    masks = np.tri(4, dtype=bool)[None, None].repeat(2, 0).repeat(4, 1)
    masks[0, 1, 3, 1] = False
    network = decode(SMALL, 528, machine) if step == "decode" else prefill(SMALL, 208, machine, masks)
    whole = stitch(network)
    whole.validate()
    job, shared = FAMILY.job(whole, machine), whole_job(network, machine)
    assert len(whole) == len(network) == len(job)
    for column in ("queue", "wait", "release", "resource", "service"):
        assert np.array_equal(getattr(job, column), getattr(shared, column))
    times, expected = run_fast(job), run_cycle(job)
    assert np.array_equal(times, expected)
    assert int(times[1].max()) == run(network, machine).total


def test_every_service_time_of_the_artifact_is_whole_in_its_unit():
    """Nothing is rounded: a unit half as long gives exactly twice the times."""
    finer = ARTIFACT.model_copy(update={"clock_mhz": 2 * ARTIFACT.clock_mhz})
    for network in (decode(Transformer(), 640, ARTIFACT), prefill(Transformer(), 128, ARTIFACT)):
        for made in network.programs.values():
            assert np.array_equal(service(made, finer), 2 * service(made, ARTIFACT))


def test_bytes_are_those_in_hbm():
    # Zeros come from nowhere; 7 / 20 of the bytes in the buffer come from HBM.
    assert dram_bytes(program()).tolist() == [4096, -(-131072 * 7 // 20), 0, 4096, 256, 0, 0, 0, 0, 0]


def test_masked_blocks_are_neither_loaded_nor_computed():
    layer = Attention(name="scores", heads=1, k=64, n=256, softmax=True)
    config = FAMILY.load_config("vhk158")
    full = attention_mm(layer, 256, np.ones((1, 4, 4), bool), config)
    half = attention_mm(layer, 256, np.tri(4, dtype=bool)[None], config)
    # Of 2 x 16 blocks of columns the upper 128 rows see 8; of 4 x 4 blocks of 64 the mask leaves 10.
    assert (len(full.of("MM")), len(half.of("MM"))) == (32, 24)
    blocks = [int(made.operands[made.of("MISC"), 5].sum()) for made in (full, half)]
    assert blocks == [256 * 16, 16 * 16 * 10]


@pytest.mark.parametrize("context", [16, 144, 512, 528, 2048])
def test_loads_of_a_cache_wait_for_the_buffer(context):
    """Physical programs never run further ahead than the A buffer holds; the artifact's do."""
    layer = Attention(name="values", heads=8, k=context, n=128, load_input=False)
    config = FAMILY.load_config("vhk158", ("a_rows=4096",))
    made = attention_mv(layer, config).program({"cores": 1})
    FAMILY.check(made, config)
    waits = int(np.count_nonzero(made.wait[made.of("LD")]))
    assert waits == max(0, 8 - 4096 // context)


def test_sparsity_is_worth_what_it_saves():
    """Blocks that are dropped are neither loaded nor multiplied."""
    config = FAMILY.load_config("vhk158")
    sizes = {"layers": 1, "width": 512, "heads": 4, "hidden": 1024, "vocabulary": 512}
    dense, half = (
        run(decode(Transformer(**sizes, sparsity=dict.fromkeys(("up", "down"), sparsity)), 64, config), config)
        for sparsity in (Sparsity(), Sparsity(blocks=0.5))
    )
    for name in ("up", "down"):
        assert half.busy[name][3] * 2 == pytest.approx(dense.busy[name][3], abs=40)
        assert half.moved[name] < 0.56 * dense.moved[name]
    assert half.totals["gate"] == dense.totals["gate"]
