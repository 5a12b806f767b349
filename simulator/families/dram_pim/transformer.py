"""Decoders by their sizes: what a token costs depends on nothing else."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from mapping.errors import InputError
from simulator.config import build_config, read_toml

_FILE = Path(__file__).parent / "models.toml"


class Transformer(BaseModel):
    """A decoder: blocks of attention and a feed-forward part, with a KV cache.

    Attributes:
        name: What it is called.
        dim: Width.
        blocks: Number of blocks.
        heads: Attention heads; each is ``dim / heads`` wide.
        kv_heads: Heads of keys and values; fewer than ``heads`` share them.
        ffn: Width of the feed-forward part.
        gated: Whether that part has three matrices (SwiGLU) or two (GeLU).
        vocabulary: Tokens.
        context: Longest sequence.
        source: Where the sizes come from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    dim: int = Field(ge=16)
    blocks: int = Field(ge=1)
    heads: int = Field(ge=1)
    kv_heads: int = Field(ge=1)
    ffn: int = Field(ge=16)
    gated: bool
    vocabulary: int = Field(ge=1)
    context: int = Field(ge=1)
    source: str

    @property
    def head_dim(self) -> int:
        """Width of a head."""
        return self.dim // self.heads

    @property
    def sharing(self) -> int:
        """Heads that share keys and values."""
        return self.heads // self.kv_heads

    @property
    def weights(self) -> int:
        """Weights of all blocks; embeddings are not counted."""
        attention = 2 * self.dim * self.dim + 2 * self.dim * self.kv_heads * self.head_dim
        return self.blocks * (attention + (3 if self.gated else 2) * self.dim * self.ffn)


def transformers() -> dict[str, Transformer]:
    """Every decoder that comes with zeroskip, by name."""
    found = {}
    for values in read_toml(_FILE)["model"]:
        model = build_config(Transformer, values, f"model {values.get('name')}")
        if model.dim % model.heads or model.heads % model.kv_heads:
            raise InputError(f"model {model.name}: heads={model.heads} do not divide dim or are not shared evenly")
        found[model.name] = model
    return found


def transformer(name: str) -> Transformer:
    """One of them.

    Raises:
        InputError: There is none of that name.
    """
    known = transformers()
    if name not in known:
        raise InputError(f"decoder {name!r} is not one of {', '.join(known)}")
    return known[name]
