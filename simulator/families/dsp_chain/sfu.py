"""Values of the special function unit: int8 in, int8 out, in a fixed arithmetic.

The paper says that softmax and norms run in fp16 and two passes; it does not give the scales of operands. Here an int8
operand v stands for v / 16, a probability p is round(127 p), a normalised value y is round(32 y), a product is
round(a b / 128). Real values are computed in float64 and rounded once, halves to even, so that they do not depend on
the order of a sum.
"""

import numpy as np

from mapping.arrays import AnyArray
from simulator.families.dsp_chain.isa import ADD, LAYERNORM, MUL, RMSNORM, SILU, SOFTMAX

POINT = 16  # an operand v stands for v / POINT
NORM_POINT = 32
PROBABILITY = 127
EPSILON = 1e-5


def special(operation: int, a: AnyArray, b: AnyArray) -> AnyArray:
    """One row, int8.

    Args:
        operation: As in a MISC instruction.
        a: (k,) int8.
        b: (k,) int8, the second operand of sums and products.
    """
    wide = a.astype(np.int64)
    if operation == ADD:
        return saturated(wide + b)
    if operation == MUL:
        return saturated((wide * b + 64) >> 7)
    x = a / POINT
    if operation == SOFTMAX:
        grown = np.exp(x - x.max())
        return saturated(np.rint(grown / grown.sum() * PROBABILITY))
    if operation == SILU:
        return saturated(np.rint(x / (1 + np.exp(-x)) * POINT))
    assert operation in (LAYERNORM, RMSNORM)
    centred = x - x.mean() if operation == LAYERNORM else x
    return saturated(np.rint(centred / np.sqrt(np.mean(centred**2) + EPSILON) * NORM_POINT))


def saturated(values: AnyArray) -> AnyArray:
    """Clipped to int8."""
    return np.clip(values, -128, 127).astype(np.int8)
