"""Operands on which floating-point units tend to be wrong, and random ones, with the results that NumPy gives."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from simulator.families.sat import arithmetic

Words = npt.NDArray[np.uint32]

CORNERS = np.array(
    [
        0,
        1,
        2,
        3,
        0x7FFFFE,
        0x7FFFFF,
        0x800000,
        0x800001,
        0x800002,
        0xFFFFFF,
        0x1000000,
        0x1000001,
        0x3F7FFFFF,
        0x3F800000,
        0x3F800001,
        0x3F800002,
        0x3FFFFFFF,
        0x40000000,
        0x40400000,
        0x33800000,
        0x33800001,
        0x34000000,
        0x4B000000,
        0x4B800000,
        0x4B7FFFFF,
        0x7E800000,
        0x7F000000,
        0x7F7FFFFE,
        0x7F7FFFFF,
        0x7F800000,
        0x7F800001,
        0x7FC00000,
        0x7FFFFFFF,
        # fp16 bounds as fp32: 65504, 65519.996, 65520, smallest normal and subnormal, half of it, just more, ties
        0x477FE000,
        0x477FEFFF,
        0x477FF000,
        0x38800000,
        0x387FFFFF,
        0x387FE000,
        0x387FF000,
        0x33800000,
        0x33000000,
        0x33000001,
        0x32FFFFFF,
        0x3F801000,
        0x3F803000,
        0x3F801001,
        0x3F800FFF,
        0x33C00000,
    ],
    np.uint32,
)
HALF_CORNERS = np.array(
    [
        0,
        1,
        2,
        3,
        0x1FF,
        0x200,
        0x3FE,
        0x3FF,
        0x400,
        0x401,
        0x7FF,
        0x800,
        0x3BFF,
        0x3C00,
        0x3C01,
        0x4000,
        0x7BFE,
        0x7BFF,
        0x7C00,
        0x7C01,
        0x7E00,
        0x7FFF,
    ],
    np.uint32,
)


def _signed_pairs(corners: Words, sign: int) -> tuple[Words, Words]:
    both = np.concatenate([corners, corners | np.uint32(sign)])
    a, b = np.meshgrid(both, both)
    return a.ravel(), b.ravel()


def directed() -> tuple[Words, Words]:
    """All pairs of corner values with both signs."""
    return _signed_pairs(CORNERS, 0x8000_0000)


def random_pairs(count: int, rng: np.random.Generator) -> tuple[Words, Words]:
    """Random bits; near exponents; near cancellation; ties; subnormals; products near underflow; a fifth or so each."""
    a = rng.integers(0, 2**32, count, np.uint32)
    b = rng.integers(0, 2**32, count, np.uint32)
    kind = rng.integers(0, 7, count)
    exponent = a >> 23 & 0xFF
    near = np.clip(exponent.astype(np.int64) + rng.integers(-27, 28, count), 0, 254).astype(np.uint32)
    b = np.where(kind == 1, b & 0x807F_FFFF | near << 23, b)
    close = (a ^ 0x8000_0000) + rng.integers(-4, 5, count).astype(np.uint32)
    b = np.where(kind == 2, close, b)
    # A tie: the smaller operand is exactly half a unit in the last place of the larger, or one bit off.
    half = np.clip(exponent.astype(np.int64) - 24, 0, 254).astype(np.uint32) << 23
    off = rng.integers(-1, 2, count).astype(np.uint32) & np.where(half > 0, 0xFFFF_FFFF, 0).astype(np.uint32)
    b = np.where(kind == 3, (half + off) | (b & 0x8000_0000), b)
    a = np.where(kind == 4, a & 0x80FF_FFFF, a)
    b = np.where(kind == 4, b & 0x80FF_FFFF, b)
    # Exponents that multiply to about the smallest normal; few set bits, so that ties come up.
    partner = np.clip(127 - exponent.astype(np.int64) + rng.integers(-26, 3, count), 0, 254).astype(np.uint32)
    few = rng.integers(0, 2**12, count, np.uint32) << 11
    a = np.where(kind == 5, a & 0xFF80_0000 | few, a)
    b = np.where(kind == 5, b & 0x807F_F800 | partner << 23, b)
    # The range of fp16, with ties of the narrowing.
    narrow = rng.integers(98, 145, count).astype(np.uint32) << 23
    a = np.where(kind == 6, a & 0x807F_F000 | narrow, a)
    return a, b


def records(a: Words, b: Words, rng: np.random.Generator) -> Words:
    """(vectors, 7) words as fp_harness.cpp reads them."""
    count = len(a)
    half_a, half_b = rng.integers(0, 2**16, (2, count), np.uint32)
    first, second = _signed_pairs(HALF_CORNERS, 0x8000)
    short = min(count, len(first))
    half_a[:short], half_b[:short] = first[:short], second[:short]
    small = rng.random(count) < 0.2
    half_a = np.where(small & (np.arange(count) >= short), half_a & 0x83FF, half_a)
    x, y = a.view(np.float32), b.view(np.float32)
    u, v = half_a.astype(np.uint16).view(np.float16), half_b.astype(np.uint16).view(np.float16)
    columns = [
        a,
        b,
        half_a | half_b << np.uint32(16),
        arithmetic.fp32_sum(x, y).view(np.uint32),
        arithmetic.fp32_product(x, y).view(np.uint32),
        arithmetic.fp16_product(u, v).view(np.uint32),
        arithmetic.fp16_rounded(x).view(np.uint16).astype(np.uint32),
    ]
    return np.ascontiguousarray(np.stack(columns, axis=1).astype("<u4"))


def batches(total: int, seed: int, size: int = 1_000_000) -> Iterator[Words]:
    """Directed vectors, then random ones, ``total`` in all."""
    rng = np.random.default_rng([seed, 0x5A7])
    a, b = directed()
    yield records(a, b, rng)
    left = total - len(a)
    while left > 0:
        count = min(left, size)
        yield records(*random_pairs(count, rng), rng)
        left -= count
