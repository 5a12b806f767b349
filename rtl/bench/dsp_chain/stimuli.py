"""Operands for the benches of the DSP chain, and how they lie on the ports."""

import random
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from simulator.families.dsp_chain.chain import BLOCK, KEPT, ROWS, Block

Array = npt.NDArray[np.int64]
KINDS = ("random", "corners", "lowest", "opposite")
CORNERS = (-128, -127, -1, 0, 1, 127)


def generator(rng: random.Random) -> np.random.Generator:
    """NumPy's generator, seeded by a stream of the run."""
    return np.random.default_rng(rng.getrandbits(64))


def draw(kind: str, shape: tuple[int, ...], rng: np.random.Generator, *, weights: bool) -> Array:
    """int8 values as int64.

    "lowest" makes every product -128 x -128, "opposite" every product -128 x 127 where the rows differ in sign.
    """
    if kind == "random":
        return rng.integers(-128, 128, shape)
    if kind == "corners":
        return rng.choice(CORNERS, shape)
    if kind == "lowest" or weights:
        return np.full(shape, -128)
    values = np.full(shape, -128)
    values[..., rng.integers(ROWS), :] = 127
    return values


def lanes(values: Iterable[int], bits: int) -> int:
    """Lanes of a packed port, the first lowest."""
    word = 0
    for place, value in enumerate(values):
        word |= (int(value) & ((1 << bits) - 1)) << bits * place
    return word


def draw_blocks(columns: int, rng: np.random.Generator) -> list[Block]:
    """Blocks for several times 16 columns, each with one to four blocks along the reduction."""
    blocks: list[Block] = []
    for _ in range(columns):
        count = int(rng.integers(1, 5))
        packed = bool(rng.random() < 0.7)
        for place in range(count):
            kept = int(rng.choice(KEPT))
            kind = str(rng.choice(KINDS))
            indices = [np.sort(rng.permutation(BLOCK)[:kept]) for _ in range(BLOCK)]
            blocks.append(
                Block(
                    window=draw(kind, (ROWS, BLOCK), rng, weights=False),
                    weights=draw(kind, (BLOCK * kept,), rng, weights=True),
                    indices=np.concatenate(indices),
                    first=place == 0,
                    last=place == count - 1,
                    packed=packed,
                )
            )
    return blocks
