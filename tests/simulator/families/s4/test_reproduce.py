"""Does the page say what was measured, and does the page in the documentation?"""

from dataclasses import replace
from pathlib import Path

import pytest

from mapping.sparsity import DENSE
from mapping.zoo import load_zoo
from simulator.families.s4.reproduce import page, text
from simulator.families.s4.reproduce.measure import MACHINES, RATES, SEQUENCE, Outcome, Task, tasks
from simulator.families.s4.reproduce.published import ROWS, V21, Row

DOCS = Path(__file__).parents[4] / "docs" / "reproduce_s4.md"


def outcome(task: Task) -> Outcome:
    """A chip that takes 100 cycles, and 3200 more that sparsity divides."""
    cycles = 100 + 3200 // task.rate
    return Outcome(task.samples, 10**9, cycles, 3200 / task.rate, 150.0, 10.0, (("MAC", cycles - 50), ("VPU", 50)))


@pytest.fixture
def results() -> page.Results:
    return {task: outcome(task) for task in tasks()}


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("cycles", "implied"),
    [(900, "4.0x"), (700, "5.3x"), (500, "8.0x"), (200, "32.0x"), (199, "more than 32x"), (4000, "less than 1x")],
)
def test_the_implied_rate_is_where_the_simulated_chip_is_as_fast(results, cycles, implied):
    row = Row(V21, "S10", 2, "resnet50", 2 * 16 * 10**9 / cycles)
    assert page.implied_rate(results, row) == implied


@pytest.mark.smoke
def test_the_page_names_bounds_and_deviations(results):
    written = str(page.write(results))
    assert all(len(line) <= 120 for line in written.splitlines() if not line.startswith("|"))
    faster = replace(outcome(Task("resnet50", 16)), cycles=1)
    assert faster.samples_per_s == 16e9
    byte = next(line for line in written.splitlines() if line.startswith("| ByteMLPerf | S30 | ResNet-50 | **52,424**"))
    # 300 cycles for 16 images at 1 GHz on three chips: 160 million a second.
    assert byte.endswith(f"| 160,000,000 | 240,000,000 | {160e6 / 52_423.97 - 1:+.0%} |")
    assert outcome(Task("resnet50", 16)).holds == "MAC"
    assert outcome(Task("resnet50", 32)).holds == "VPU"
    assert "![S4, simulated: speedup over dense](reproduce_s4_speedup.svg)" in written
    assert "| BERT-base, dense |" in written


@pytest.mark.smoke
def test_the_picture_shows_both_networks_against_linear(results):
    picture = page.speedups(results)
    assert set(picture.lines) == {"ResNet-50", "BERT-large", "BERT-base", "linear"}
    assert picture.lines["ResNet-50"][0] == (1, 1.0)
    assert picture.lines["ResNet-50"][-1] == (32, pytest.approx(3300 / 200))


@pytest.mark.smoke
def test_every_machine_is_legal_and_keeps_the_published_rate():
    from simulator.families.s4 import FAMILY  # noqa: PLC0415

    for settings in MACHINES.values():
        config = FAMILY.load_config("s4", settings)
        assert FAMILY.peak_macs(config) * config.clock_mhz == 32 * 460_800


@pytest.mark.published
@pytest.mark.parametrize(("rate", "bound"), [(8, 678), (16, 1017), (32, 1356)])
def test_mac_bounds_of_bert_large_are_those_of_the_derived_model(rate, bound):
    """116.0 GMACs of weights and 7.25 of attention, at 384 tokens, on 32 SPUs of 460.8 GMAC/s."""
    layers = load_zoo("bert-large", sequence=SEQUENCE).layers
    linear = sum(layer.macs for layer in layers if not layer.dynamic)
    attention = sum(layer.macs * layer.repeats for layer in layers if layer.dynamic)
    assert (linear / 1e9, attention / 1e9) == (pytest.approx(116.0, rel=1e-3), pytest.approx(7.25, rel=1e-3))
    assert 32 * 460.8e9 / (linear / rate + attention) == pytest.approx(bound, abs=0.5)


@pytest.mark.published
def test_the_measured_bound_is_the_algebraic_one():
    measured = Task("bert-large", 16, batch=1).run()
    assert measured.bounds["MAC"] == pytest.approx(1017, abs=0.5)
    assert measured.samples_per_s < measured.bounds["MAC"]
    assert sum(measured.share(unit) for unit in page.UNITS) == pytest.approx(1)


@pytest.mark.published
def test_the_page_in_the_documentation_is_of_this_model():
    """One cell of it is simulated again, the page itself takes a minute; its words and published numbers are these."""
    written = DOCS.read_text()
    flat = " ".join(written.split())
    for block in (*text.INTRO, text.RULES, text.IMPLIED, text.BOUNDS, text.SPEEDUP, text.ABLATIONS, text.NOT_FITTED):
        assert " ".join(block.split()) in flat
    for row in ROWS:
        assert f"| {row.source} | {row.card} | {page.TITLES[row.network]} | **{row.samples_per_s:,.0f}** |" in written
    fresh = Task("bert-base", RATES[-1]).run()
    assert f"| {RATES[-1]}x | **{fresh.samples_per_s:,.0f}** |" in written
    assert page._configuration().split()[:3] == ["Configuration", "`s4`:", "clock_mhz"]
    assert " ".join(page._configuration().split()) in flat


@pytest.mark.smoke
def test_what_follows_a_product_is_in_the_tables():
    then = {layer.name.rpartition(".")[2]: layer.then for layer in load_zoo("bert-large").layers}
    assert then["scores"] == ("softmax",)
    assert then["ffn_in"] == ("gelu",)
    assert then["output"] == then["ffn_out"] == ("add", "layernorm")
    assert [layer.then for layer in load_zoo("resnet50").layers[:4]] == [
        ("relu",),
        ("relu",),
        ("relu",),
        ("add", "relu"),
    ]
    assert DENSE.is_dense
