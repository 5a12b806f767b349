"""bf16 and the sums of a MAC unit, in the hardware's order."""

import numpy as np
import numpy.typing as npt

from mapping.arrays import Float32Array

Bf16Array = npt.NDArray[np.uint16]


def to_bf16(values: Float32Array) -> Bf16Array:
    """Round float32 to bf16, to nearest even; the bits as uint16, same shape. Any NaN gives 0x7fc0."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16)


def from_bf16(bits: Bf16Array) -> Float32Array:
    """The values of bf16 bits as float32, same shape."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def mac(accumulator: Float32Array, weights: Bf16Array, inputs: Bf16Array) -> Float32Array:
    """One column: 16 products, summed by a tree, added to the accumulator.

    A product of two bf16 is exact in fp32 (unless it leaves fp32's range). The tree adds neighbours, then neighbours of
    these, four times; every addition rounds to nearest even.

    Args:
        accumulator: (...) float32.
        weights: (..., 16) bf16.
        inputs: (..., 16) bf16, or what broadcasts to it.

    Returns:
        (...) float32.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        sums = from_bf16(weights) * from_bf16(np.broadcast_to(inputs, weights.shape))
        while sums.shape[-1] > 1:
            sums = sums[..., 0::2] + sums[..., 1::2]
        return (accumulator + sums[..., 0]).astype(np.float32)
