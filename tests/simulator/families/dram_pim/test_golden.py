"""Are the values right? A program against a product without banks, in the same order of sums, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.graph import gemm_layer
from mapping.sparsity import DENSE, Pattern, prune_layer
from mapping.sparsity.patterns.block import Block
from simulator.families.dram_pim import FAMILY
from simulator.families.dram_pim.arithmetic import from_bf16, mac, to_bf16
from simulator.families.dram_pim.golden import operands
from tests.simulator.families.dram_pim.cases import config, mapping

pytestmark = pytest.mark.golden


def bf16(values):
    return from_bf16(to_bf16(np.asarray(values, np.float32)))


def reference(activations, weights, pieces):
    """(m, n): sums of 16 products by a tree, added up; rounded to bf16 after every piece of the inputs."""
    out = np.zeros((len(activations), len(weights)), np.float32)
    for columns in pieces:
        for column in columns:
            a = np.broadcast_to(activations[:, None, column], (*out.shape, 16))
            out = mac(out, np.broadcast_to(weights[None, :, column], a.shape), a)
        out = bf16(out)
    return out


def dense_columns(k, row):
    """Input elements of each column, in pieces of a row; a ragged end repeats an element that padding makes zero."""
    return [[np.arange(c, c + 16) for c in range(p, min(p + row, k), 16)] for p in range(0, k, row)]


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 3), st.integers(1, 300), st.integers(1, 40), st.sampled_from(["row", "packed"]))
def test_dense_products(m, k, n, packing):
    machine = config(packing=packing)
    layer = gemm_layer("product", m, k, n)
    chosen = mapping(layer, DENSE, machine)
    program = FAMILY.lower(layer, DENSE, chosen, machine)
    FAMILY.check(program, machine)
    memory = FAMILY.golden.image(layer, DENSE, chosen, machine)
    got = FAMILY.golden.output(layer, chosen, machine, FAMILY.golden.execute(program, memory, machine, None))
    activations, weights = operands(layer, DENSE)
    pad = -k % 16
    padded = [np.pad(each, ((0, 0), (0, pad))) for each in (activations, weights)]
    want = reference(*padded, dense_columns(k, machine.row_elements))
    assert got.shape == (1, m, 1, n)
    assert (got.reshape(m, n).view(np.uint32) == want.view(np.uint32)).all()


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(["2:8", "1:4", "3:7", "1:16", "5:9"]), st.integers(1, 300), st.integers(1, 30), st.data())
def test_compressed_products(text, k, n, data):
    """What is stored compressed gives the sums of the kept weights, in the order in which they are stored."""
    machine = config(
        buffer_columns=data.draw(st.sampled_from([1, 4])), packing=data.draw(st.sampled_from(["row", "packed"]))
    )
    pattern = Pattern.parse(text)
    layer = gemm_layer("product", 2, k, n)
    chosen = mapping(layer, pattern, machine, pattern)
    if chosen.pattern != pattern:
        return  # short or ragged: the compressed output is longer than the dense one and not offered
    program = FAMILY.lower(layer, pattern, chosen, machine)
    FAMILY.check(program, machine)
    memory = FAMILY.golden.image(layer, pattern, chosen, machine)
    got = FAMILY.golden.output(layer, chosen, machine, FAMILY.golden.execute(program, memory, machine, None))
    activations, weights = operands(layer, pattern)
    size = machine.row_elements // pattern.m * pattern.m
    want = np.zeros((2, n), np.float32)
    for row in range(n):
        for first in range(0, k, size):
            kept = []
            for group in range(first, min(first + size, k), pattern.m):
                members = [i for i in range(group, min(group + pattern.m, k)) if weights[row, i] & 0x7FFF]
                kept += members + [None] * (pattern.n - len(members))
            while len(kept) % 16:
                kept.append(None)
            sums = want[:, row].copy()
            for at in range(0, len(kept), 16):
                w = np.array([0 if i is None else weights[row, i] for i in kept[at : at + 16]], np.uint16)
                a = np.array(
                    [[0 if i is None else line[i] for i in kept[at : at + 16]] for line in activations], np.uint16
                )
                sums = mac(sums, np.broadcast_to(w, a.shape), a)
            want[:, row] = bf16(sums)
    assert (got.reshape(2, n) == want).all()


def test_skipped_columns_change_nothing():
    """Pruned blocks: fewer columns, the same bits."""
    machine, dense = config(storage="dense"), config()
    layer = gemm_layer("product", 2, 256, 24)
    pruned = prune_layer(layer.with_weights(layer.values()), Block(4, 16, 0.75))
    outputs, columns = [], []
    for each in (machine, dense):
        chosen = mapping(pruned, DENSE, each)
        program = FAMILY.lower(pruned, DENSE, chosen, each)
        FAMILY.check(program, each)
        memory = FAMILY.golden.image(pruned, DENSE, chosen, each)
        outputs.append(FAMILY.golden.output(pruned, chosen, each, FAMILY.golden.execute(program, memory, each, None)))
        rows = program.of("MAC_ABK")
        channels = np.bitwise_count(program.operand("MAC_ABK", "mask", rows))
        columns.append(int((program.operand("MAC_ABK", "count", rows) * channels).sum()))
    assert (outputs[0] == outputs[1]).all()
    assert columns[0] <= columns[1] // 3


def test_rounding_to_bf16():
    values = np.array([1.0, 1.00390625, 1.01171875, 3.4e38, -0.0, np.inf, 1e-45], np.float32)
    assert to_bf16(values).tolist() == [0x3F80, 0x3F80, 0x3F82, 0x7F80, 0x8000, 0x7F80, 0x0000]
    assert to_bf16(np.array([np.nan], np.float32)).tolist() == [0x7FC0]
    every = np.arange(2**16, dtype=np.uint16)
    numbers = every[~np.isnan(from_bf16(every))]
    assert (to_bf16(from_bf16(numbers)) == numbers).all()


def test_sums_go_by_the_tree():
    """Neighbours first: an order that loses the small terms in any other way."""
    weights = to_bf16(np.array([2.0**30, -(2.0**30), 1, 1] + [0] * 12, np.float32))
    ones = to_bf16(np.ones(16, np.float32))
    assert mac(np.float32(0), weights, ones) == 2
    crossed = to_bf16(np.array([2.0**30, 1, -(2.0**30), 1] + [0] * 12, np.float32))
    assert mac(np.float32(0), crossed, ones) == 0
