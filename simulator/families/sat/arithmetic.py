"""The arithmetic of a SAT processing element, bit for bit: NumPy only, no clock.

IEEE 754 leaves open which NaN an operation returns, and machines differ (x86 gives 0xffc00000 for 0 x infinity and
hands on the payload of a NaN operand, Arm does neither). The hardware gives one NaN, positive and quiet without a
payload, and so does every function here.
"""

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray
from mapping.arrays import Float32Array as Single

Half = npt.NDArray[np.float16]

NAN16 = np.uint16(0x7E00).view(np.float16)
NAN32 = np.uint32(0x7FC00000).view(np.float32)


def canonical(values: AnyArray) -> AnyArray:
    """The float16 or float32 values with every NaN replaced by the one that the hardware gives."""
    nan = NAN16 if values.dtype == np.float16 else NAN32
    return np.where(np.isnan(values), nan, values)


def fp16_product(a: Half, b: Half) -> Single:
    """Exact products; fp32 holds any product of two fp16 values."""
    with np.errstate(all="ignore"):
        return canonical(np.asarray(a, np.float32) * np.asarray(b, np.float32))


def fp32_sum(a: Single | np.float32, b: Single | np.float32) -> Single:
    """Sums, rounded to nearest even."""
    with np.errstate(all="ignore"):
        return canonical(np.asarray(a, np.float32) + np.asarray(b, np.float32))


def fp32_product(a: Single | np.float32, b: Single | np.float32) -> Single:
    """Products, rounded to nearest even."""
    with np.errstate(all="ignore"):
        return canonical(np.asarray(a, np.float32) * np.asarray(b, np.float32))


def fp16_rounded(values: Single) -> Half:
    """The nearest fp16 values, ties to even; what is too large becomes infinity."""
    with np.errstate(all="ignore"):
        return canonical(np.asarray(values, np.float32).astype(np.float16))


def fold_sums(
    windows: AnyArray, values: AnyArray, indices: AnyArray, n: int, *, output_stationary: bool
) -> AnyArray:
    """The sums of one fold in the order in which the array takes them, before they reach the accumulators.

    Output-stationary: from slot to slot, starting at zero. Weight-stationary: every row adds the products of its
    group from slot to slot, and the row's sum is then added to the sum that comes from the rows above; the top row
    adds to zero. With n = 1 the two orders are one. int32 sums are exact and wrap, so order does not matter.

    Args:
        windows: (positions, groups, m) int8 or float16: what the activation select of each group sees.
        values: (slots, columns) int8 or float16; slots are group * n + slot.
        indices: (slots, columns) where in its group a weight stood.
        n: Kept weights of a group.
        output_stationary: The dataflow.

    Returns:
        (positions, columns) int32 or float32.
    """
    products = [_products(windows[:, slot // n, :], values[slot], indices[slot]) for slot in range(len(values))]
    shape, kind = (len(windows), values.shape[1]), np.float32 if values.dtype == np.float16 else np.int32
    if output_stationary:
        return _added(products, np.zeros(shape, kind))
    sums = np.zeros(shape, kind)
    for group in range(0, len(products), n):
        sums = _sum(sums, _added(products[group + 1 : group + n], products[group]))
    return sums


def _added(terms: list[AnyArray], first: AnyArray) -> AnyArray:
    for term in terms:
        first = _sum(first, term)
    return first


def _sum(a: AnyArray, b: AnyArray) -> AnyArray:
    return fp32_sum(a, b) if a.dtype == np.float32 else a + b


def _products(window: AnyArray, value: AnyArray, index: AnyArray) -> AnyArray:
    """(positions, m) and (columns,) to (positions, columns)."""
    chosen = window[:, index]
    if value.dtype == np.float16:
        return fp16_product(chosen, value[None, :])
    return chosen.astype(np.int32) * value.astype(np.int32)
