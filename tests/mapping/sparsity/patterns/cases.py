"""Strategies: any pattern, and scores with many ties."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mapping.sparsity.patterns import (
    Along,
    BankBalanced,
    Block,
    Butterfly,
    FanIn,
    GroupedNM,
    Monarch,
    Pattern,
    Transposable,
    Unstructured,
)

sparsities = st.integers(0, 99).map(lambda percent: percent / 100)
sides = st.integers(1, 9)


@st.composite
def nm(draw, most=64):
    m = draw(st.integers(1, most))
    return Pattern(draw(st.integers(1, m)), m)


@st.composite
def grouped_nm(draw):
    m = draw(st.integers(2, 5))
    return GroupedNM(draw(st.integers(1, m - 1)), m, draw(st.integers(1, 3)))


@st.composite
def banks(draw):
    rate = draw(st.integers(1, 8))
    return BankBalanced(rate * draw(st.integers(1, 20)), rate)


along = st.builds(Along, nm(), st.sampled_from(["in", "out"]))
transposable = st.builds(Transposable, nm(9))
blocks = st.builds(Block, sides, sides, sparsities)
fan_ins = st.builds(FanIn, st.integers(1, 40))
butterflies = st.builds(Butterfly, sides, st.integers(0, 5).map(lambda power: 1 << power), st.integers(0, 3))
monarchs = st.builds(Monarch, sides, st.sampled_from(["left", "right"]))
unstructured = st.builds(Unstructured, sparsities)

# Patterns whose projection keeps the most weights that fit, and among valid masks the one with the highest total.
optimal = st.one_of(nm(), along, banks(), blocks, fan_ins, butterflies, monarchs, unstructured)
patterns = st.one_of(optimal, transposable, grouped_nm())

shapes = st.one_of(
    st.tuples(st.integers(1, 30), st.integers(1, 70)),
    st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 17)),
)
scores = arrays.arrays(np.float32, shapes, elements=st.integers(0, 4).map(float))
