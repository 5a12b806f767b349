"""What an SPU computes from index-value pairs, in the order in which it walks them."""

import numpy as np

from mapping.arrays import AnyArray, IntArray
from simulator.families.s4.bf16 import from_bf16


def gather_sums(activations: AnyArray, values: AnyArray, indices: IntArray, start: AnyArray | None) -> AnyArray:
    """Every filter's sum of values times the activations that its indices pick.

    Integer sums are exact and wrap at 32 bits. bf16 products are exact in float32; each is added to the sum in the
    order of the pairs, rounded to nearest even, beginning with the stored partial sum or 0.

    Args:
        activations: (positions, words) int8, or uint16 bits of bf16.
        values: (filters, pairs) of the same type.
        indices: (filters, pairs) index of the activation of each pair.
        start: (positions, filters) int32 or float32 partial sums, or None.

    Returns:
        (positions, filters) int32 or float32.
    """
    if activations.dtype == np.int8:
        shape = (len(activations), len(values))
        sums = np.zeros(shape, np.int64) if start is None else start.astype(np.int64)
        for own, (value, index) in enumerate(zip(values, indices, strict=True)):
            sums[:, own] += activations[:, index].astype(np.int64) @ value.astype(np.int64)
        return sums.astype(np.int32)
    left, right = from_bf16(activations), from_bf16(values)
    total = np.zeros((len(left), len(right)), np.float32) if start is None else start.copy()
    for pair in range(values.shape[1]):
        total += left[:, indices[:, pair]] * right[:, pair]
    return total


def scaled_down(sums: AnyArray, shift: int) -> AnyArray:
    """int32 sums / 2**shift to the nearest int8, halves up, saturated."""
    rounded = (sums.astype(np.int64) + (1 << shift >> 1)) >> shift
    return np.clip(rounded, -128, 127).astype(np.int8)
