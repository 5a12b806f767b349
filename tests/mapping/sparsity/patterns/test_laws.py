"""What holds for every pattern."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.sparsity.patterns import parse_pattern
from tests.mapping.sparsity.patterns.cases import along, banks, grouped_nm, nm, optimal, patterns, scores, transposable

pytestmark = pytest.mark.golden


def as_2d(array):
    return array.reshape(len(array), -1)


@given(patterns, scores)
def test_projection_is_valid_and_within_capacity(pattern, values):
    mask = pattern.project(values)
    assert mask.shape == values.shape
    assert mask.dtype == bool
    assert pattern.check(mask)
    if values.ndim == 2:
        assert np.count_nonzero(mask) <= pattern.capacity(*values.shape)


@given(patterns, scores, st.integers(0, 2**32))
def test_a_mask_stays_valid_when_weights_are_taken_out(pattern, values, seed):
    mask = pattern.project(values)
    assert pattern.check(mask & (np.random.default_rng(seed).random(mask.shape) < 0.7))


@given(st.one_of(optimal, transposable), scores, st.integers(0, 2**32))
def test_what_fits_survives_its_own_projection(pattern, values, seed):
    """Scores 1 inside a valid mask and 0 outside keep the whole mask."""
    mask = pattern.project(values) & (np.random.default_rng(seed).random(values.shape) < 0.5)
    assert not (mask & ~pattern.project(mask)).any()


@given(st.one_of(optimal, transposable), scores, st.integers(0, 2**32))
def test_nothing_can_be_added(pattern, values, seed):
    mask = pattern.project(values)
    free = np.flatnonzero(~mask)
    if free.size:
        mask.flat[np.random.default_rng(seed).choice(free)] = True
        assert not pattern.check(mask)


@given(st.one_of(nm(), banks(), along, transposable, grouped_nm()), scores, st.data())
def test_the_last_axis_may_be_cut_at_every_period(pattern, values, data):
    cut = pattern.period * data.draw(st.integers(0, values.shape[-1] // pattern.period))
    parts = [pattern.project(part) for part in (values[..., :cut], values[..., cut:]) if part.size]
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), pattern.project(values))


@given(patterns)
def test_text_round_trip(pattern):
    assert parse_pattern(str(pattern)) == pattern


@given(patterns, scores)
def test_index_bits_are_never_negative_and_none_where_all_is_kept(pattern, values):
    rows, columns = as_2d(values).shape
    assert pattern.mask_bits(rows, columns) >= 0
    assert not (pattern.is_dense and not pattern.project(values).all())
