"""Does the page say what was measured, and does the page in the documentation?"""

from pathlib import Path

import pytest

from simulator.families import pages
from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.network import run
from simulator.families.dsp_chain.reproduce import board, page, published, text
from simulator.families.dsp_chain.reproduce.measure import hisparse_gops, hisparse_peak_gops, instruction_storage
from simulator.families.dsp_chain.steps import decode
from simulator.families.dsp_chain.transformer import Transformer

DOCS = (Path(__file__).parents[4] / "docs" / "reproduce_dsp_chain.md").read_text()
CONFIG = FAMILY.load_config("vhk158-artifact")


@pytest.mark.smoke
def test_a_cell_shows_both_numbers_where_they_differ():
    assert page.cell(1.2345674, 1.234567) == "1.234567 ="
    assert page.cell(1.2345676, 1.234567) == "1.234568 / 1.234567"
    assert page.cell(103_765, 103_765, 0) == "103,765 ="


@pytest.mark.smoke
def test_both_names_have_the_page():
    assert pages()["flightllm"] is pages()["dsp_chain"] is FAMILY.reproduce


@pytest.mark.published
def test_the_page_in_the_documentation_is_of_this_model():
    """What takes seconds is computed again; whole conversations and storage are not."""
    assert str(page.layers(run(decode(Transformer(), 512, CONFIG), CONFIG))) in DOCS
    for block in (*board.section(), board.on_chip(), *page.memory_path()):
        assert " ".join(str(block).split()) in " ".join(DOCS.split())
    for words in (*text.INTRO, text.TABLE, text.LAYERS, text.CASES, text.INDICES, text.ON_CHIP):
        assert " ".join(words.split()) in " ".join(DOCS.split())
    for title, table in (("decode", published.DECODE), ("prefill", published.PREFILL)):
        for length, row in table.items():
            cells = [*(f"{value:,.6f} =" for value in row[:-1]), f"{row[-1]:,} ="]
            assert f"| {title} {length} | {' | '.join(cells)} |" in DOCS


@pytest.mark.published
@pytest.mark.parametrize("density", published.HISPARSE)
def test_the_memory_path_bounds_hisparse(density):
    assert published.HISPARSE[density] < hisparse_gops(density) < hisparse_peak_gops()


@pytest.mark.shape
@pytest.mark.slow
def test_storage_shrinks_by_the_buckets():
    contexts, prompts = instruction_storage(lambda _: None)
    assert contexts.every_length == 16 * contexts.adaptive
    assert prompts.every_length == 128 * prompts.adaptive
    assert prompts.shared < prompts.adaptive / 20
