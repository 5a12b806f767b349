"""N:M patterns: what they accept, and what pruning keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mapping.errors import InputError
from mapping.sparsity import DENSE, Pattern

pytestmark = pytest.mark.golden


@st.composite
def patterns(draw):
    m = draw(st.integers(1, 64))
    return Pattern(draw(st.integers(1, m)), m)


# Few distinct values, so that ties are common.
scores = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 4), st.integers(1, 70)), elements=st.integers(-3, 3).map(float)
)


@given(patterns(), scores)
def test_projection_keeps_the_largest_and_among_equals_the_first(pattern, values):
    mask = pattern.project(values)
    for row, kept in zip(values, mask, strict=True):
        for first in range(0, len(row), pattern.m):
            group = row[first : first + pattern.m]
            best = sorted(range(len(group)), key=lambda i: (-group[i], i))[: min(pattern.n, len(group))]
            expected = np.ones(len(group), bool) if pattern.is_dense else np.isin(np.arange(len(group)), best)
            np.testing.assert_array_equal(kept[first : first + pattern.m], expected)


@given(patterns(), scores)
def test_projection_passes_its_own_check_and_keeps_what_it_says(pattern, values):
    mask = pattern.project(values)
    assert pattern.check(mask)
    assert (mask.sum(-1) == pattern.kept(values.shape[-1])).all()


def test_check_refuses_one_weight_too_many():
    mask = np.array([True, True, False, False, True, False])
    assert Pattern(2, 4).check(mask)
    assert not Pattern(1, 4).check(mask)


@pytest.mark.parametrize(
    ("pattern", "bits"), [("dense", 0), ("1:2", 1), ("2:4", 2), ("3:7", 3), ("2:8", 3), ("2:16", 4), ("1:33", 6)]
)
def test_index_bits(pattern, bits):
    assert Pattern.parse(pattern).index_bits == bits


def test_keeping_everything_is_dense():
    assert Pattern(4, 4) == Pattern.parse("8:8") == DENSE
    assert str(Pattern(4, 4)) == "dense"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3:2", r"pattern 3:2: N=3 outside \[1, M=2\]"),
        ("0:4", r"pattern 0:4: N=0 outside \[1, M=4\]"),
        ("1:0", r"pattern 1:0: M=0 outside \[1, 64\]"),
        ("1:65", r"pattern 1:65: M=65 outside \[1, 64\]"),
        ("2-4", r"pattern '2-4': expected 'dense' or 'N:M'"),
        ("-1:4", r"pattern '-1:4': expected"),
        ("", r"pattern '': expected"),
        ("99999999999999999999:4", r"expected 'dense' or 'N:M'"),
    ],
)
def test_text_that_is_no_pattern(text, message):
    with pytest.raises(InputError, match=message):
        Pattern.parse(text)


def test_capacity_and_mask_bits_of_a_ragged_matrix():
    """Rows of 21 = 2 groups of 8 and one of 5: kept 3 + 3 + 3, and room for 9 indices of 3 bits."""
    assert Pattern(3, 8).capacity(4, 21) == 4 * 9
    assert Pattern(3, 8).mask_bits(4, 21) == 4 * 9 * 3
