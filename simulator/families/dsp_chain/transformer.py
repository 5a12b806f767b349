"""A transformer's sizes, how its weights are pruned, and whether a context fits."""

from fractions import Fraction
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.families.dsp_chain.config import BLOCK, CODES, CONTEXT_STEP, DspChainConfig, exact

Size = Annotated[int, Field(ge=1, le=2**20)]
Matrix = Literal["q", "k", "v", "o", "gate", "up", "down", "head"]


class Sparsity(BaseModel):
    """How the weights of a matrix are pruned: by a share that is only stated, or in blocks of 16 x 16."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    density: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="share of the dense work and bytes; as in the artifact, indices cost nothing",
    )
    kept: int = Field(default=BLOCK, description="N of N:16 of every block that is kept: 0, 2, 4, 8 or 16")
    blocks: float = Field(default=1.0, ge=0, le=1, description="share of the blocks that are kept; which ones is drawn")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.kept not in CODES:
            raise InputError(f"kept={self.kept} is not a density code; legal: {', '.join(map(str, CODES))}")
        if self.density < 1 and (self.kept < BLOCK or self.blocks < 1):
            raise InputError(f"density={self.density} stands for kept and blocks: set one or the others")
        return self

    def codes(self, k: int, n: int, seed: int) -> IntArray:
        """(k / 16, n / 16) N of each block: of every column of blocks the same number is kept."""
        result = np.full((k // BLOCK, n // BLOCK), self.kept, np.int64)
        if self.blocks < 1:
            order = np.random.default_rng([seed, k, n]).random(result.shape).argsort(axis=0).argsort(axis=0)
            result[order >= round(self.blocks * len(result))] = 0
        return result

    def weight_bytes(self, k: int, n: int, bits: int) -> int:
        """Bytes of a matrix in HBM: values, indices of N:16 blocks, codes of blocks."""
        kept = round(k * n * exact(self.density) * Fraction(self.kept, BLOCK) * exact(self.blocks))
        indices = kept // 2 if self.kept < BLOCK else 0
        sparse = self.kept < BLOCK or self.blocks < 1
        return kept * bits // 8 + (indices + k * n // BLOCK**2 if sparse else 0)


DENSE = Sparsity()


def _artifact() -> dict[Matrix, Sparsity]:
    """A stated density of 0.7 for q and k; all else is dense."""
    return {"q": Sparsity(density=0.7), "k": Sparsity(density=0.7)}


class Transformer(BaseModel):
    """A decoder-only transformer with gated MLPs and rotary embeddings; by default LLaMA2-7B as in the artifact."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    layers: Size = Field(default=32, description="decoder layers")
    width: Size = Field(default=4096, description="of the residual stream")
    heads: Size = Field(default=32, description="of attention, for queries, keys and values")
    hidden: Size = Field(default=11008, description="of the MLP")
    vocabulary: Size = Field(default=32000, description="columns of the output matrix")
    limit: Size = Field(default=2048, description="longest context [tokens]; artifact")
    biased: tuple[Matrix, ...] = Field(default=("q", "k", "v", "o"), description="matrices with a bias; artifact")
    sparsity: dict[Matrix, Sparsity] = Field(
        default_factory=_artifact,
        description="of the matrices; those that are missing are dense",
    )

    @model_validator(mode="after")
    def _blocks_divide(self) -> Self:
        if self.width % self.heads:
            raise InputError(f"heads={self.heads} do not split width={self.width}")
        sizes = {"width": self.width, "width / heads": self.head, "hidden": self.hidden, "vocabulary": self.vocabulary}
        for name, size in sizes.items():
            if size % BLOCK:
                raise InputError(f"{name}={size} is not a multiple of the block of {BLOCK}")
        return self

    @property
    def head(self) -> int:
        """Size of a head."""
        return self.width // self.heads

    @property
    def matrices(self) -> dict[Matrix, tuple[int, int]]:
        """(k, n) of the matrices of a decoder layer."""
        square, up = (self.width, self.width), (self.width, self.hidden)
        return {"q": square, "k": square, "v": square, "o": square, "gate": up, "up": up, "down": up[::-1]}

    @property
    def all_matrices(self) -> dict[Matrix, tuple[int, int, int]]:
        """(k, n, times) of all matrices."""
        made: dict[Matrix, tuple[int, int, int]] = {
            name: (*shape, self.layers) for name, shape in self.matrices.items()
        }
        return made | {"head": (self.width, self.vocabulary, 1)}

    def weight_bytes(self, bits: int) -> int:
        """Bytes of all matrices in HBM."""
        return sum(
            times * self.sparsity.get(name, DENSE).weight_bytes(k, n, bits)
            for name, (k, n, times) in self.all_matrices.items()
        )

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
