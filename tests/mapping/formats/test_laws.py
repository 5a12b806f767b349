"""What holds for every format."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.formats import GENERAL, formats_for
from mapping.formats.edge_llm import EdgeLlm
from tests.mapping.formats.cases import check_round_trip, general, matrices, sixteen_bits

pytestmark = pytest.mark.golden


@given(general, matrices())
def test_round_trip_bit_for_bit_and_exact_size(form, matrix):
    check_round_trip(form, matrix)


@given(sixteen_bits, matrices(dtypes=[np.float16, np.int16], most=(300, 150)))
def test_round_trip_of_formats_for_16_bit_values(form, matrix):
    check_round_trip(form, matrix)


@given(general, matrices(most=(40, 40)), st.integers(0, 2**32))
def test_data_cut_short_or_grown_is_refused(form, matrix, seed):
    data = form.encode(matrix)
    # A blocked ELL tells its width by its length, and run-length words end where they say.
    for other in (data[:-1], np.append(data, np.uint8(seed % 256))):
        if len(other):
            with pytest.raises(InputError):
                form.decode(other, matrix.shape, matrix.dtype)


@given(general, matrices(most=(20, 20)), st.integers(0, 2**32))
def test_damaged_data_is_refused_or_decodes_to_the_shape(form, matrix, seed):
    rng = np.random.default_rng(seed)
    data = form.encode(matrix)
    if not len(data):
        return
    damaged = data.copy()
    damaged[rng.integers(len(data))] ^= np.uint8(1 << rng.integers(8))
    try:
        decoded = form.decode(damaged, matrix.shape, matrix.dtype)
    except InputError:
        return
    assert decoded.shape == matrix.shape


@pytest.mark.parametrize("form", GENERAL, ids=str)
@pytest.mark.parametrize("fill", [0, 1])
def test_nothing_and_everything(form, fill):
    check_round_trip(form, np.full((130, 70), fill, np.float16))


@pytest.mark.parametrize("form", GENERAL, ids=str)
def test_a_negative_zero_counts_as_zero(form):
    matrix = np.array([[-0.0, 1.0], [2.0, -0.0]], np.float16)
    back = form.decode(form.encode(matrix), matrix.shape, matrix.dtype)
    np.testing.assert_array_equal(back, matrix)
    assert 8 * len(form.encode(matrix)) == form.size_bits(matrix != 0, 16)


@pytest.mark.parametrize("form", GENERAL, ids=str)
@pytest.mark.parametrize("order", ["F", "strided"])
def test_memory_layout_does_not_matter(form, order):
    matrix = np.triu(np.random.default_rng(0).standard_normal((40, 60)), 3).astype(np.float16)
    view = np.asfortranarray(matrix) if order == "F" else np.repeat(matrix, 2, axis=1)[:, ::2]
    np.testing.assert_array_equal(form.encode(view), form.encode(matrix))


def test_names_are_distinct():
    names = [str(form) for form in formats_for(np.ones((8, 8), bool))]
    assert len(set(names)) == len(names)
    assert str(EdgeLlm(8)) in names
