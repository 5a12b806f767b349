"""Do the pages say what comes out, and are the saved ones the ones that come out?"""

from pathlib import Path

import pytest

from simulator.families import pages
from simulator.families.dram_pim import FAMILY
from simulator.families.dram_pim.reproduce import cent_page, micro, pim_gpt_page, sparse
from simulator.families.dram_pim.reproduce.cent_table import published, simulate
from simulator.families.dram_pim.reproduce.pim_gpt_table import simulate as simulate_pim_gpt
from tests.simulator.families.dram_pim.cases import config

DOCS = Path(__file__).parents[4] / "docs"
CENT = FAMILY.load_config("cent")


@pytest.mark.published
def test_the_saved_page_of_cent_is_what_comes_out():
    rows = [row for row in published() if row.model == "llama2-7b" and row.tensor == 8]
    assert len(rows) == 1
    counts = [micro.count("micro_wrbias_1024_16banks", CENT), micro.all_isr(CENT)]
    written = str(cent_page.write([(row, simulate(row, CENT)) for row in rows], counts, CENT))
    saved = (DOCS / "reproduce_cent.md").read_text()
    mine = [line for line in written.splitlines() if line.startswith("|") and "---" not in line]
    assert len(mine) == 3 * 2 + 1 + 2 + 2
    assert [line for line in mine if line not in saved] == []
    assert "1 of 1 DRAM times agree to the cycle" in written
    assert "11 of 11 DRAM times agree to the cycle" in saved


@pytest.mark.published
def test_the_saved_page_of_pim_gpt_is_what_comes_out():
    machine = FAMILY.load_config("pim-gpt")
    results = [simulate_pim_gpt("gpt2-small", machine)]
    lines = {"N:16": [sparse.Point(kept=1.0, cycles=100, activations=4, columns=9)] * 5}
    written = str(pim_gpt_page.write(results, lines, machine))
    saved = (DOCS / "reproduce_pim_gpt.md").read_text()
    mine = [line for line in written.splitlines() if line.startswith("| gpt2-small")]
    assert len(mine) == 3
    assert [line for line in mine if line not in saved] == []
    assert "![Speedup of pruned weights in the banks](dram_pim_sparsity.svg)" in saved
    assert (DOCS / "dram_pim_sparsity.svg").is_file()
    # What is not confirmed is said, in every page that is written.
    assert written.count("**Unverified**") == 1
    assert "So nothing here is a reproduction." in written.replace("\n", " ")
    # About 98 % of the columns find their row open, and no machine beats its bound.
    assert results[0].row_hit_rate == pytest.approx(0.98, abs=0.01)
    assert results[0].block_ms > results[0].mac_bound_ms


@pytest.mark.shape
def test_pruned_weights_never_cost_cycles_and_never_gain_more_than_they_drop():
    lines = sparse.sweep(config(channels=2, bank_groups=4, group_banks=4, registers=16), 256)
    assert len(lines) == 8
    for name, points in lines.items():
        assert [point.kept for point in points] == [n / 16 for n in sparse.KEPT]
        for point in points:
            assert points[0].cycles * point.kept <= point.cycles, name
            assert point.cycles <= points[0].cycles * 1.01, name


@pytest.mark.smoke
def test_pages_are_found_by_name():
    assert {"cent", "pim-gpt", "sat"} <= pages().keys()
    assert "dram_pim" not in pages()
