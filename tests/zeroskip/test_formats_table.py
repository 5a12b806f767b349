"""The table of storage formats."""

import re

import numpy as np
import pytest
from click.testing import CliRunner

from mapping.formats.mustafar import Mustafar
from mapping.sparsity import parse_pattern
from mapping.sparsity.criteria import random_mask
from zeroskip import cli


def table(*arguments, code=0):
    """The rows of the table by format, or what went to stderr."""
    result = CliRunner().invoke(cli.main, ["formats", *arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    if code:
        return result.stderr
    rows = [re.split(r"\s{2,}", line.strip()) for line in result.stdout.splitlines() if re.search(r"(\d|-)$", line)]
    return {row[0]: row[1:] for row in rows if len(row) == 5}


@pytest.mark.smoke
def test_help_names_every_option():
    text = CliRunner().invoke(cli.main, ["formats", "--help"]).stdout
    assert all(option in text for option in ("--rows", "--cols", "--sparsity", "--pattern", "--bits", "--seed"))


@pytest.mark.published
def test_published_ratios_are_on_the_screen():
    rows = table("--rows", "512", "--cols", "2048", "--sparsity", "0.7")
    assert rows["bitmap"][2:] == ["0.3625", "19.33"]
    assert float(rows["Mustafar"][2]) == pytest.approx(0.449, abs=0.001)
    assert float(rows["Tiled-CSL"][2]) == pytest.approx(0.6, abs=0.001)
    assert rows["EdgeLLM 8:8"][0] == "4"


@pytest.mark.golden
def test_numbers_are_those_of_the_formats():
    pattern = parse_pattern("block:16@0.75")
    mask = random_mask(np.empty((64, 320), np.float32), pattern, seed=5)
    rows = table("--rows", "64", "--cols", "320", "--pattern", "block:16@0.75", "--bits", "8", "--seed", "5")
    size = Mustafar().size_bits(mask, 8)
    assert rows["Mustafar"] == ["8", f"{size:,}", f"{size / (64 * 320 * 8):.4f}", f"{size / mask.sum():.2f}"]
    assert rows["Tiled-CSL"] == ["8", "-", "-", "-"]


@pytest.mark.golden
def test_structured_formats_appear_with_their_pattern():
    assert "n:m:g 2:4:4" in table("--rows", "48", "--cols", "64", "--pattern", "2:4:4")
    assert "bank pairs 64/16" in table("--rows", "16", "--cols", "128", "--pattern", "bank:64/16")


@pytest.mark.golden
def test_a_matrix_without_non_zeros_has_no_bits_per_non_zero():
    assert table("--rows", "2", "--cols", "3", "--sparsity", "0.99")["bitmap"] == ["16", "8", "0.0833", "-"]


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either --sparsity or --pattern"),
        (("--sparsity", "0.5", "--pattern", "2:4"), "give either --sparsity or --pattern"),
        (("--sparsity", "1"), "sparsity=1 outside [0, 1)"),
        (("--sparsity", "nan"), "sparsity=nan outside [0, 1)"),
        (("--pattern", "5:4"), "N=5 outside [1, M=4]"),
        (("--rows", "100000", "--cols", "100000", "--sparsity", "0.5"), "10000000000 weights outside [1, 268435456]"),
        (("--rows", "0", "--sparsity", "0.5"), "0 is not in the range x>=1"),
    ],
)
def test_bad_input_is_one_line(arguments, message):
    assert message in table(*arguments, code=2)
