"""The Attention operator as two products."""

import re

import pytest
from onnx.helper import make_node

from mapping.errors import InputError
from tests.mapping.importers.support import imported, network

GROUPED = {"q": [2, 8, 5, 16], "k": [2, 4, 7, 16], "v": [2, 4, 7, 12]}
FLAT = {"q": [2, 5, 8 * 16], "k": [2, 7, 4 * 16], "v": [2, 7, 4 * 12]}


def attention(inputs, **attributes):
    names = ["q", "k", "v", *(["", "past", "past_value"] if "past" in inputs else [])]
    outputs = ["y", "present", "present_value"] if "past" in inputs else ["y"]
    return network([make_node("Attention", names, outputs, "a", **attributes)], inputs, opset=23)


@pytest.mark.parametrize(
    ("inputs", "attributes"), [(GROUPED, {}), (FLAT, {"q_num_heads": 8, "kv_num_heads": 4})], ids=["4-D", "3-D"]
)
def test_grouped_queries(inputs, attributes) -> None:
    scores, context = imported(attention(inputs, **attributes)).layers
    # two query heads of five rows share each key head; 2 sequences x 4 key heads
    assert (scores.name, scores.m, scores.k, scores.n, scores.repeats) == ("a.scores", 10, 16, 7, 8)
    assert (context.name, context.m, context.k, context.n, context.repeats) == ("a.context", 10, 7, 12, 8)
    assert scores.dynamic
    assert context.dynamic
    assert scores.macs * scores.repeats == 2 * 8 * 5 * 7 * 16


def test_a_cache_adds_keys() -> None:
    cache = {"past": [2, 4, 30, 16], "past_value": [2, 4, 30, 12]}
    scores, context = imported(attention(GROUPED | cache)).layers
    assert (scores.n, context.k) == (37, 37)


@pytest.mark.parametrize(
    ("inputs", "attributes", "message"),
    [
        (FLAT, {}, "'q' of shape (2, 5, 128) has no q_num_heads=0 heads"),
        (FLAT, {"q_num_heads": 7, "kv_num_heads": 4}, "'q' of shape (2, 5, 128) has no q_num_heads=7 heads"),
        (GROUPED | {"k": [2, 3, 7, 16], "v": [2, 3, 7, 16]}, {}, "queries of (2, 8, 5, 16), keys of (2, 3, 7, 16)"),
        (GROUPED | {"k": [2, 4, 7, 15]}, {}, "(batch, heads, rows, size) do not fit"),
        (GROUPED | {"v": [2, 4, 6, 16]}, {}, "(batch, heads, rows, size) do not fit"),
        (GROUPED | {"q": [2, 8, "L", 16]}, {}, "the shape of 'q' is (2, 8, ?, 16)"),
    ],
)
def test_shapes_that_do_not_fit(inputs, attributes, message) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        imported(attention(inputs, **attributes))
