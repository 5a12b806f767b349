"""Which formats suit a matrix."""

import numpy as np
import pytest

from mapping.formats import formats_for
from mapping.sparsity import parse_pattern

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2:16", ["N:M 2:16", "EdgeLLM 2:8"]),
        ("1:4", ["N:M 1:4", "EdgeLLM 2:8"]),
        ("2:4:8", ["N:M 4:8", "n:m:g 2:4:8", "EdgeLLM 4:8"]),
        ("bank:64/32", ["bank pairs 64/32"]),
        ("dense", ["N:M dense", "EdgeLLM 8:8"]),
    ],
)
def test_structured_formats_follow_the_pattern(text, expected):
    pattern = parse_pattern(text)
    mask = pattern.project(np.random.default_rng(0).random((96, 128)))
    names = [str(form) for form in formats_for(mask, pattern)]
    assert set(expected) <= set(names)
    for form in formats_for(mask, pattern):
        assert form.size_bits(mask, 4 if "EdgeLLM" in str(form) else 16) > 0


def test_the_fullest_group_decides_without_a_pattern():
    mask = np.zeros((4, 20), bool)
    mask[2, 8:11] = True
    assert {"N:M 3:8", "EdgeLLM 4:8"} <= {str(form) for form in formats_for(mask)}
