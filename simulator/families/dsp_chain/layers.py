"""What the program generators are told of a layer."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from mapping.arrays import IntArray
from simulator.families.dsp_chain.config import BLOCK


@dataclass(frozen=True, slots=True)
class Place:
    """First bytes in HBM of what a layer reads and writes, the same in every core's share."""

    activations: int = 0
    weights: int = 0
    indices: int = 0
    codes: int = 0
    bias: int = 0
    operands: int = 0
    outputs: int = 0


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Activations times weights, out[m, n] = act[m, k] * weight[k, n], and what is fused behind it.

    Attributes:
        name: For messages.
        codes: (k / 16, n / 16) N of N:16 of each block of weights, as one core sees it.
        bits: Bits of a weight in HBM.
        density: Share of the dense work and bytes, where the artifact states it in place of codes.
        bias: Whether a bias is loaded.
        fused: Operations of MISC behind each output block, in order; with two operands one is loaded for each but the
            last of a rotary embedding, which adds the two products before it.
        operands: How many of the fused operations load their second operand.
        load_input: Whether activations come from HBM.
        store_output: Whether results go there.
        shift: Right shift of the sums before they are rounded to int8.
        place: Addresses.
    """

    name: str
    codes: IntArray
    bits: int
    density: Fraction = Fraction(1)
    bias: bool = False
    fused: tuple[int, ...] = ()
    operands: int = 0
    load_input: bool = True
    store_output: bool = True
    shift: int = 0
    place: Place = field(default_factory=Place)

    @property
    def k_blocks(self) -> int:
        """Blocks along the reduction."""
        return len(self.codes)

    @property
    def n_blocks(self) -> int:
        """Blocks along the outputs."""
        return self.codes.shape[1]

    @property
    def sparse(self) -> bool:
        """Whether codes and indices are loaded."""
        return bool((self.codes != BLOCK).any())

    @property
    def moved(self) -> Fraction:
        """Bytes from HBM for each byte of weights in its buffer."""
        return self.density * self.bits / 8


def uniform(k: int, n: int, kept: int = BLOCK) -> IntArray:
    """(k / 16, n / 16) blocks that all keep N = ``kept``."""
    return np.full((k // BLOCK, n // BLOCK), kept, np.int64)


def with_indices(codes: IntArray) -> IntArray:
    """N of the blocks that carry an index for each weight: a dense block needs none, its count is 0."""
    return np.where(codes == BLOCK, 0, codes)
