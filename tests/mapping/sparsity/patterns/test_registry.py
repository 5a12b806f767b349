"""Patterns by their text."""

import re
from pathlib import Path

import pytest

from mapping.errors import InputError
from mapping.sparsity import DENSE, Pattern
from mapping.sparsity.patterns import BankBalanced, Block, Butterfly, FanIn, GroupedNM, parse_pattern
from mapping.sparsity.patterns.registry import PATTERNS

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("dense", DENSE),
        ("2:8", Pattern(2, 8)),
        ("2:4:16", GroupedNM(2, 4, 16)),
        ("block:16@0.75", Block(16, 16, 0.75)),
        ("block:1x64@0.5", Block(1, 64, 0.5)),
        ("bank:64/16", BankBalanced(64, 16)),
        ("fan-in:32", FanIn(32)),
        ("butterfly:16/8+32", Butterfly(16, 8, 32)),
    ],
)
def test_text(text, pattern):
    assert parse_pattern(text) == pattern
    assert str(pattern) == text


def test_the_patterns_of_the_documentation():
    """docs/sparsity.md: the first column of its first table."""
    table = (Path(__file__).parents[4] / "docs" / "sparsity.md").read_text().split("## Criteria")[0]
    texts = re.findall(r"`([^`]+)`", "".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `")))
    assert len(texts) > len(PATTERNS)
    assert {type(parse_pattern(text)) for text in texts} == set(PATTERNS.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "pattern '': expected one of dense; N:M;"),
        ("2:4@up", "pattern '2:4@up': expected one of"),
        ("block:16", "expected one of"),
        ("9:8@in", r"N=9 outside \[1, M=8\]"),
        ("bank:64/5", "rate=5 does not divide bank=64"),
        ("unstructured@1", "outside"),
        ("unstructured@-0.5", "expected one of"),
        ("unstructured@nan", "expected one of"),
    ],
)
def test_text_that_is_no_pattern(text, message):
    with pytest.raises(InputError, match=message):
        parse_pattern(text)
