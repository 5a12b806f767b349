"""Masks that are N:M in both directions."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.sparsity.patterns import Along, Pattern, Transposable
from tests.mapping.sparsity.patterns.cases import scores

pytestmark = pytest.mark.golden


@given(scores, st.integers(1, 4))
def test_both_directions_hold(values, n):
    mask = Transposable(Pattern(n, 5)).project(values)
    assert Along(Pattern(n, 5), "in").check(mask)
    assert Along(Pattern(n, 5), "out").check(mask)


def best_total(block, n):
    """The highest total over all masks of a 3 x 3 block."""
    cells = list(np.ndindex(block.shape))
    return max(
        sum(block[cell] for cell in chosen)
        for size in range(len(cells) + 1)
        for chosen in combinations(cells, size)
        if all(sum(cell[axis] == line for cell in chosen) <= n for axis in (0, 1) for line in range(3))
    )


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_greedy_keeps_at_least_half_of_the_best_total(n, seed):
    block = np.random.default_rng(seed).integers(0, 10, (3, 3))
    kept = block[Transposable(Pattern(n, 3)).project(block.astype(float))].sum()
    assert best_total(block, n) / 2 <= kept <= best_total(block, n)


def test_a_worked_block():
    """9 comes first and closes row 0 and column 0, then 5; the 8s have no room."""
    mask = Transposable(Pattern(1, 2)).project(np.array([[9.0, 8.0], [8.0, 5.0]]))
    np.testing.assert_array_equal(mask, [[1, 0], [0, 1]])


def test_capacity_of_ragged_blocks():
    """5 x 3 at 2:4 is a 4 x 3 block (2 for each of three columns) and a 1 x 3 block (2 in its row)."""
    assert Transposable(Pattern(2, 4)).capacity(5, 3) == 6 + 2
    assert Transposable(Pattern(2, 4)).mask_bits(8, 8) == 8 * 2 * 2 * 2


def test_many_blocks_are_cut_into_batches():
    values = np.random.default_rng(0).random((3000, 400))
    mask = Transposable(Pattern(2, 4)).project(values)
    np.testing.assert_array_equal(mask[2800:], Transposable(Pattern(2, 4)).project(values[2800:]))
