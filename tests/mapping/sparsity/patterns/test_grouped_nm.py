"""Grouped n:m:g: order of the choices, assignment of outputs, STen's greedy projection."""

from itertools import combinations, pairwise, product
from math import comb

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity.patterns import GroupedNM
from mapping.sparsity.patterns.grouped_nm import choices

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(("n", "m"), [(n, m) for m in range(1, 10) for n in range(1, m + 1)])
def test_neighbouring_choices_differ_in_one_entry(n, m):
    order = choices(n, m)
    assert set(order) == set(combinations(range(m), n))
    assert len(order) == comb(m, n)
    assert all(sum(a != b for a, b in zip(one, other, strict=True)) == 1 for one, other in pairwise(order))


def test_every_choice_occurs_g_times():
    pattern = GroupedNM(2, 4, 3)
    scores = np.random.default_rng(0).random((36, 8)) + 1
    mask = pattern.project(scores)
    slots = pattern.slots(mask)
    assert slots.shape == (2, 2, 18)
    for chunk, group in product(range(2), range(2)):
        assert (np.bincount(slots[chunk, group]) == 3).all()
    assert (mask.reshape(36, 2, 4).sum(-1) == 2).all()


def test_greedy_takes_the_best_pairs_first():
    """1:2:1: both outputs want input 0; the one with the larger score gets it."""
    np.testing.assert_array_equal(GroupedNM(1, 2, 1).project(np.array([[5.0, 4.0], [9.0, 1.0]])), [[0, 1], [1, 0]])


def test_check_counts_choices():
    one = GroupedNM(1, 2, 1)
    assert one.check(np.array([[1, 0], [0, 1]], bool))
    assert not one.check(np.array([[1, 0], [1, 0]], bool))
    assert not one.check(np.array([[1, 1], [0, 0]], bool))


def brute_force(mask, pattern):
    members = pattern.members()
    sets = [[c for c in range(len(members)) if not (row & ~members[c]).any()] for row in mask]
    full = range(len(members))
    return any(all(pick.count(c) == pattern.g for c in full) for pick in product(*sets))


@pytest.mark.parametrize("seed", range(60))
def test_masks_with_holes_are_assigned_if_any_assignment_exists(seed):
    rng = np.random.default_rng(seed)
    pattern = GroupedNM(*[(1, 3, 2), (2, 3, 2), (1, 2, 3)][seed % 3])
    mask = rng.random((pattern.chunk, pattern.m)) < 0.35
    assert pattern.check(mask) == brute_force(mask, pattern)


def test_ragged_outputs_and_inputs():
    pattern = GroupedNM(2, 4, 2)
    mask = pattern.project(np.ones((5, 6)))
    assert pattern.check(mask)
    assert (mask[:, :4].sum(1) == 2).all()
    assert mask.sum() <= pattern.capacity(5, 6)
    assert pattern.mask_bits(5, 6) == 12 * 2 * 4


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((2, 2, 1), r"n=2 outside \[1, 1\]"),
        ((1, 65, 1), r"m=65 outside"),
        ((8, 16, 4), "a chunk of 51480 outputs exceeds 32767"),
    ],
)
def test_out_of_range(numbers, message):
    with pytest.raises(InputError, match=message):
        GroupedNM(*numbers)
