"""A transformer's sizes, how its weights are pruned, and whether a context fits."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.families.dsp_chain.config import BLOCK, CONTEXT_STEP, DspChainConfig


@dataclass(frozen=True, kw_only=True)
class Sparsity:
    """How the weights of a layer are pruned.

    Attributes:
        density: Share of the dense work and bytes, as the artifact states it; its indices cost nothing.
        kept: N of N:16 of every block that is kept.
        blocks: Share of the blocks that are kept; which ones is drawn.
    """

    density: Fraction = Fraction(1)
    kept: int = BLOCK
    blocks: float = 1.0

    def codes(self, k: int, n: int, seed: int) -> IntArray:
        """(k / 16, n / 16) N of each block: of every column of blocks the same number is kept."""
        result = np.full((k // BLOCK, n // BLOCK), self.kept, np.int64)
        if self.blocks < 1:
            order = np.random.default_rng([seed, k, n]).random(result.shape).argsort(axis=0)
            result[order >= round(self.blocks * len(result))] = 0
        return result


DENSE = Sparsity()
ARTIFACT_SPARSITY = {"q": Sparsity(density=Fraction(7, 10)), "k": Sparsity(density=Fraction(7, 10))}


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """A decoder-only transformer with gated MLPs and rotary embeddings.

    Attributes:
        name: For the output.
        layers: Decoder layers.
        width: Of the residual stream.
        heads: Of attention, for queries, keys and values.
        hidden: Of the MLP.
        vocabulary: Rows of the output matrix.
        limit: Longest context [tokens].
        biased: Matrices with a bias: the artifact gives one to q, k, v and o.
        sparsity: Of the matrices q, k, v, o, gate, up, down, head; those that are missing are dense.
    """

    name: str = "llama2-7b"
    layers: int = 32
    width: int = 4096
    heads: int = 32
    hidden: int = 11008
    vocabulary: int = 32000
    limit: int = 2048
    biased: tuple[str, ...] = ("q", "k", "v", "o")
    sparsity: dict[str, Sparsity] = field(default_factory=lambda: dict(ARTIFACT_SPARSITY))

    def __post_init__(self) -> None:
        """Check that blocks divide everything.

        Raises:
            InputError: Heads that do not split the width, or sizes that are no multiple of 16.
        """
        if self.width % self.heads:
            raise InputError(f"heads={self.heads} do not split width={self.width}")
        sizes = {"width": self.width, "width / heads": self.head, "hidden": self.hidden, "vocabulary": self.vocabulary}
        for name, size in sizes.items():
            if size % BLOCK:
                raise InputError(f"{name}={size} is not a multiple of the block of {BLOCK}")

    @property
    def head(self) -> int:
        """Size of a head."""
        return self.width // self.heads

    @property
    def matrices(self) -> dict[str, tuple[int, int]]:
        """(k, n) of the matrices of a decoder layer."""
        square, up = (self.width, self.width), (self.width, self.hidden)
        return {"q": square, "k": square, "v": square, "o": square, "gate": up, "up": up, "down": up[::-1]}

    def weight_bytes(self, bits: int) -> int:
        """Bytes of all matrices in HBM, with indices and codes where blocks are N:16."""
        total = 0
        for name, (k, n) in {**self.matrices, "head": (self.width, self.vocabulary)}.items():
            sparsity = self.sparsity.get(name, DENSE)
            kept = round(k * n * sparsity.density * Fraction(sparsity.kept, BLOCK) * Fraction(sparsity.blocks))
            sparse = sparsity.kept < BLOCK or sparsity.blocks < 1
            indices = kept // 2 if sparsity.kept < BLOCK else 0
            size = kept * bits // 8 + (indices + k * n // BLOCK**2 if sparse else 0)
            total += size * (1 if name == "head" else self.layers)
        return total

    def cache_bytes(self, context: int) -> int:
        """Bytes of the keys and values of a context, int8."""
        return 2 * self.layers * self.width * context


def check_context(model: Transformer, context: int, config: DspChainConfig) -> None:
    """Refuse a context that is no bucket, or too long.

    Raises:
        InputError: It is not a multiple of 16, beyond the model's limit, or weights and cache exceed HBM.
    """
    if context < CONTEXT_STEP or context > model.limit or context % CONTEXT_STEP:
        raise InputError(f"context={context}: not a multiple of {CONTEXT_STEP} in [{CONTEXT_STEP}, {model.limit}]")
    weights, cache = model.weight_bytes(config.weight_bits), model.cache_bytes(context)
    if weights + cache > config.hbm_bytes:
        raise InputError(
            f"context={context}: {cache:,} bytes of keys and values and {weights:,} of weights do not fit "
            f"hbm_gib={config.hbm_gib}"
        )
