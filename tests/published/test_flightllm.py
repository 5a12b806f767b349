"""The outputs of FlightLLM's published profiler (FlightLLM/flightllm_test_demo@4a96251), to every printed digit.

Its times are those of `vhk158-artifact`, whose unit of time makes every service time a whole number: nothing is rounded
before it is printed. Prefill 512 rests on rebuilt attention masks; `reproduce/masks.py` says which numbers are inputs.
"""

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.network import NetworkTime, run
from simulator.families.dsp_chain.reproduce import published
from simulator.families.dsp_chain.reproduce.board import line, measured_cycles
from simulator.families.dsp_chain.reproduce.masks import HEADS, artifact_masks
from simulator.families.dsp_chain.reproduce.measure import edge_llm_us, u280_step
from simulator.families.dsp_chain.steps import decode, prefill
from simulator.families.dsp_chain.transformer import Transformer

pytestmark = pytest.mark.published

CONFIG, MODEL = FAMILY.load_config("vhk158-artifact"), Transformer()
ROWS = list(csv.DictReader(Path(__file__).with_name("flightllm.csv").read_text().splitlines()))
QUEUES = ("LD", "ST", "MM", "MV", "MISC", "SYS")
BW1 = Fraction("819.2") * 2**30 / 32


def timed(case: str, length: int) -> NetworkTime:
    if case == "decode":
        return run(decode(MODEL, length, CONFIG), CONFIG)
    return run(prefill(MODEL, length, CONFIG, artifact_masks() if length == 512 else None), CONFIG)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['case']}-{row['length']}")
def test_every_printed_digit(row):
    time = timed(row["case"], int(row["length"]))
    ours = {queue: f"{time.ms(time.queue(queue)):.6f}" for queue in QUEUES}
    ours |= {"total": f"{time.total_ms:.6f}", "instructions": str(len(time.network))}
    assert ours == {name: row[name] for name in ours}


def test_the_page_compares_with_the_same_numbers():
    for row in ROWS:
        table = published.DECODE if row["case"] == "decode" else published.PREFILL
        expected = [*(float(row[name]) for name in (*QUEUES, "total")), int(row["instructions"])]
        assert list(table[int(row["length"])]) == expected


@pytest.mark.parametrize(("context", "total"), [(528, "9.966955"), (1040, "10.772408"), (1552, "11.577861")])
def test_anchors_behind_a_boundary_of_512(context, total):
    assert f"{timed('decode', context).total_ms:.6f}" == total


# Milliseconds for 16 tokens more, as published: five digits.
@pytest.mark.parametrize(
    ("low", "high", "growth"),
    [
        *((144, 160, 0.02105), (320, 336, 0.02105), (336, 352, 0.02361), (352, 368, 0.02517), (496, 512, 0.02517)),
        *((528, 544, 0.02091), (1008, 1024, 0.02091), (2032, 2048, 0.02091)),
        *((512, 528, 0.15715), (1024, 1040, 0.15715), (1536, 1552, 0.15715)),
    ],
)
def test_growth_with_the_context(low, high, growth):
    grown = timed("decode", high).total_ms - timed("decode", low).total_ms
    assert round(grown, 5) == growth


def columns(n: int) -> int:
    return -(-n // 512) * 512


@pytest.mark.parametrize("context", [16, 144, 512, 528, 1104, 2048])
def test_closed_forms_of_products_and_special_functions(context):
    """MV and MISC of a decode step as sums over its matrices and heads, without any program."""
    time = timed("decode", context)
    dense = 2 * columns(4096) * 4096 + 2 * columns(11008) * 4096 + columns(4096) * 11008
    layer = dense + Fraction(7, 10) * 2 * columns(4096) * 4096 + 32 * (columns(context) * 128 + columns(128) * context)
    mv = (32 * layer + columns(32000) * 4096) / 1024
    misc = 32 * (6 * 4096 + 2 * 4096 + 2 * 11264 + 4 * 4096 + 64 * context) / 16 + 2 * 4096 / 16
    per_cycle = Fraction(CONFIG.ticks) / Fraction("3.2")
    assert time.queue("MV") == mv * per_cycle
    assert time.queue("MISC") == misc * per_cycle


@pytest.mark.parametrize("context", [144, 512])
def test_closed_form_of_the_loads(context):
    def linear(k: int, n: int, density: Fraction, bias: int, operands: int) -> Fraction:
        groups = -(-n // 512)
        same, cross = Fraction("0.7") * BW1, Fraction("0.35") * BW1
        weights = groups * 512 * k / (8 * same * 2 / density)
        return k / cross + bias * 4 * n / same + weights + operands * groups * 4096 / (8 * same)

    same, cross, one = Fraction("0.7") * BW1, Fraction("0.35") * BW1, Fraction(1)
    layer = 2 * linear(4096, 4096, Fraction(7, 10), 1, 2) + linear(4096, 4096, one, 1, 0)
    layer += linear(4096, 4096, one, 1, 1) + linear(4096, 11008, one, 0, 0)
    layer += linear(4096, 11008, one, 0, 1) + linear(11008, 4096, one, 0, 1)
    layer += 2 * 4096 / same + 2 * (context - 1) * 4096 / (8 * same)
    layer += 4096 / cross + 32 * context / cross + 2 * 32 * 128 * context / (8 * same)
    seconds = (32 * layer + linear(4096, 32000, one, 0, 0) + 4096 / same) / Fraction("3.2")
    assert timed("decode", context).queue("LD") == seconds * CONFIG.clock_hz


def test_layers_of_the_first_block():
    time = timed("decode", 512)
    queues = {"LD": 0, "MV": 3, "MISC": 4}
    for name, (times, counts) in published.LAYERS.items():
        own = time.network.programs[name]
        for value, (queue, index) in zip(times, queues.items(), strict=True):
            if value is not None:
                assert round(1000 * time.ms(int(time.busy[name][index])), 2) == value, (name, queue)
        if counts is not None:
            assert tuple(len(own.of(queue)) for queue in queues) == counts
            assert (len(own.of("ST")), len(own.of("SYS"))) == (1, 1)


def test_conversations():
    """All 128 contexts; milliseconds and tokens per second to the printed digit."""
    totals = {context: timed("decode", context).total_ms for context in range(16, 2049, 16)}
    for (prompt, tokens), (_, decode_ms, rate, *_) in published.CASES.items():
        ours = sum(totals[-(-(prompt + i) // 16) * 16] for i in range(1, tokens + 1))
        assert (round(ours, 1), round(1000 * tokens / ours, 1)) == (decode_ms, rate)


def test_rebuilt_masks_have_the_published_counts():
    masks = artifact_masks()
    assert masks.shape == (32, 32, 8, 8)
    assert sum(HEADS.values()) == 1024
    assert masks.sum() == 29_552
    below = masks.reshape(32, 32, 4, 2, 8).any(axis=3)
    assert sum(int(below[:, :, g, : 2 * g].sum()) for g in range(4)) == 9_590
    edges = np.diff(np.pad(masks, ((0, 0), (0, 0), (0, 0), (1, 1))).astype(np.int8), axis=3)
    runs, rows_with_zeros = int((edges == 1).sum()), int((~masks.all(axis=3)).sum())
    assert runs + rows_with_zeros == 19_196
    assert masks[:, :, range(8), range(8)].all()


def test_cycles_on_the_board():
    """Nothing is fitted; the bounds say how far off the model is, and would notice if that changed."""
    ours = {context: float(u280_step(context).total) for context in published.ON_BOARD}
    errors = {context: total / measured_cycles(context) - 1 for context, total in ours.items()}
    assert -0.06 < errors[128] < -0.04
    assert -0.11 < errors[512] < -0.09
    slope, base = line(ours)
    measured_slope, measured_base = line({context: measured_cycles(context) for context in ours})
    assert 0.28 < slope / measured_slope < 0.36
    assert -0.04 < base / measured_base - 1 < -0.02


@pytest.mark.parametrize(("bits", "speedup"), published.EDGE_LLM.items())
def test_speedups_of_the_memory_path_are_those_of_the_bits(bits, speedup):
    dense = edge_llm_us(4.125, issue=False)
    assert round(dense / edge_llm_us(bits, issue=False), 2) == speedup
