"""Decoders by their sizes: what a token costs depends on nothing else."""

from dataclasses import dataclass

from mapping.errors import InputError
from mapping.zoo import zoo_decoders


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
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
    """

    name: str
    dim: int
    blocks: int
    heads: int
    kv_heads: int
    ffn: int
    gated: bool
    vocabulary: int
    context: int

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
    """Every decoder among the shape tables whose heads make up its width, by name."""
    return {
        name: Transformer(
            name=name,
            dim=sizes.width,
            blocks=sizes.blocks,
            heads=sizes.heads,
            kv_heads=sizes.key_heads,
            ffn=sizes.inner,
            gated=sizes.feed_forward == "gated",
            vocabulary=sizes.vocabulary,
            context=positions,
        )
        for name, (sizes, positions) in zoo_decoders().items()
        if sizes.heads * sizes.head == sizes.width
    }


def transformer(name: str) -> Transformer:
    """One of them.

    Raises:
        InputError: There is none of that name.
    """
    known = transformers()
    if name not in known:
        raise InputError(f"decoder {name!r} is not one of {', '.join(known)}")
    return known[name]
