"""Formats that need a pattern: N:M behind the common interface, n:m:g, bank pairs, EdgeLLM."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.formats.bank_pairs import BankPairs
from mapping.formats.edge_llm import MASK_BITS, EdgeLlm
from mapping.formats.grouped_nm import GroupedNMFormat
from mapping.formats.nm import NMFormat
from mapping.sparsity import Pattern
from mapping.sparsity.patterns import BankBalanced, GroupedNM
from tests.mapping.formats.cases import DTYPES, check_round_trip, matrices, same_bits
from tests.mapping.sparsity.patterns.cases import banks, grouped_nm, nm

pytestmark = pytest.mark.golden


def pruned(matrix, pattern, seed):
    """The matrix where a projection of random scores keeps it."""
    return np.where(pattern.project(np.random.default_rng(seed).random(matrix.shape)), matrix, matrix.dtype.type(0))


@given(matrices(most=(20, 150)), nm(), st.integers(0, 2**32))
def test_nm(matrix, pattern, seed):
    check_round_trip(NMFormat(pattern), pruned(matrix, pattern, seed))


@given(matrices(most=(20, 150)), banks(), st.integers(0, 2**32))
def test_bank_pairs(matrix, pattern, seed):
    check_round_trip(BankPairs(pattern), pruned(matrix, pattern, seed))


@given(matrices(most=(60, 40)), grouped_nm(), st.integers(0, 2**32))
def test_grouped_nm(matrix, pattern, seed):
    check_round_trip(GroupedNMFormat(pattern), pruned(matrix, pattern, seed))


@given(
    matrices(dtypes=[np.int8], most=(20, 300), values=(-8, 8)), st.sampled_from(list(MASK_BITS)), st.integers(0, 2**32)
)
def test_edge_llm(matrix, kept, seed):
    matrix = pruned(matrix, Pattern(kept, 8), seed)
    check_round_trip(EdgeLlm(kept), matrix)
    scales = np.random.default_rng(seed).random((len(matrix), -(-matrix.shape[1] // 128))).astype(np.float16)
    data = EdgeLlm(kept).encode(matrix, scales)
    assert same_bits(EdgeLlm(kept).decode_scales(data, matrix.shape), scales)
    assert same_bits(EdgeLlm(kept).decode(data, matrix.shape), matrix)


def test_edge_llm_bits():
    """One block of each kind after its scale 1.0 (0x3c00): bitmap, two 3-bit addresses, one 4-bit address."""
    matrix = np.array([[0, -1, 0, 0, 0, 7, 0, 0]], np.int8)
    assert EdgeLlm(4).encode(matrix).tobytes() == bytes([0x00, 0x3C, 0b00100010, 0x7F, 0x00])
    assert EdgeLlm(2).encode(matrix).tobytes() == bytes([0x00, 0x3C, 1 | 5 << 3, 0x7F])
    matrix[0, 1] = 0
    assert EdgeLlm(1).encode(matrix).tobytes() == bytes([0x00, 0x3C, 5, 7])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "form", [NMFormat(Pattern(2, 4)), BankPairs(BankBalanced(4, 2)), GroupedNMFormat(GroupedNM(2, 4, 1))], ids=str
)
def test_a_matrix_outside_the_pattern_is_refused(form, dtype):
    full = np.ones((6, 8), dtype)
    for call in (lambda: form.encode(full), lambda: form.size_bits(full != 0, 8 * full.itemsize)):
        with pytest.raises(InputError, match=r"2:4|4/2"):
            call()


@pytest.mark.parametrize(
    "form",
    [NMFormat(Pattern(2, 4)), BankPairs(BankBalanced(4, 2)), GroupedNMFormat(GroupedNM(2, 4, 1)), EdgeLlm(4)],
    ids=str,
)
def test_data_of_the_wrong_length_is_refused(form):
    data = form.encode(np.zeros((6, 8), np.int8))
    for other in (data[:-1], np.append(data, np.uint8(0))):
        with pytest.raises(InputError, match="bytes"):
            form.decode(other, (6, 8), np.int8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EdgeLlm(3), "kept=3 must be one of 8, 4, 2, 1"),
        (lambda: EdgeLlm(8).encode(np.full((1, 8), 8, np.int8)), r"values must be int8 within \[-8, 7\]"),
        (lambda: EdgeLlm(8).encode(np.zeros((1, 8), np.int8), np.ones((2, 2))), r"scales have shape \(2, 2\)"),
        (lambda: EdgeLlm(8).decode(np.zeros(6, np.uint8), (1, 8), np.float16), "values are int8, not float16"),
        (lambda: EdgeLlm(8).size_bits(np.zeros((1, 8), bool), 16), "values have 4 bits, not 16"),
        (lambda: EdgeLlm(1).decode(np.array([0, 60, 12, 1], np.uint8), (1, 8)), "index 12 lies outside a group of 8"),
    ],
)
def test_edge_llm_refuses(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_grouped_nm_refuses_outputs_that_occur_twice():
    form = GroupedNMFormat(GroupedNM(1, 2, 1))
    data = form.encode(np.eye(2, dtype=np.int8))
    data[-2:] = data[-4:-2]
    with pytest.raises(InputError, match="the outputs of a chunk are not numbered 0 to 1"):
        form.decode(data, (2, 2), np.int8)
