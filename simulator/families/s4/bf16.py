"""bfloat16 in NumPy, which has no such type: its 16 bits as uint16, its values as float32."""

import numpy as np

from mapping.arrays import AnyArray, Float32Array


def to_bf16(values: Float32Array) -> AnyArray:
    """The bits of float32 values rounded to nearest, ties to even; finite values only. uint16, same shape."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def from_bf16(bits: AnyArray) -> Float32Array:
    """The float32 values of bits."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
