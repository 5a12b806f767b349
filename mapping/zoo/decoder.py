"""Language models that decode: one request as a prefill of its prompt and one decode step."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.graph import Layer, gemm_layer

Count = Annotated[int, Field(ge=1)]


class Decoder(BaseModel):
    """A decoder-only transformer by its sizes.

    ``expand`` lists the prompt at once (prefill), then one more token that attends to the prompt in the KV cache and
    to itself (decode). Both phases use the same weights. Attention scores are counted in full, the masked half too.
    Only the last position of the prompt predicts a token, so ``lm_head`` has one row per sequence. The query heads that
    share a key head (grouped-query attention) are the rows of one product: keys and values are read once for them.

    Attributes:
        blocks: Transformer blocks.
        width: Channels between them.
        heads: Query heads.
        key_heads: Key and value heads; ``heads`` unless queries are grouped.
        head: Channels of a head.
        inner: Channels inside the feed-forward part.
        attention: Whether one product makes queries, keys and values, or one each.
        feed_forward: ``gated`` has gate, up and down projections, ``plain`` up and down.
        vocabulary: Tokens that ``lm_head`` tells apart.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    blocks: Count
    width: Count
    heads: Count
    key_heads: Count
    head: Count
    inner: Count
    attention: Literal["fused", "separate"]
    feed_forward: Literal["gated", "plain"]
    vocabulary: Count

    @model_validator(mode="after")
    def _heads_divide(self) -> "Decoder":
        if self.heads % self.key_heads:
            raise ValueError(f"heads={self.heads} is not a multiple of key_heads={self.key_heads}")
        return self

    def expand(self, batch: int, sequence: int) -> list[Layer]:
        """All layers of both phases, named ``phase.block.layer``."""
        layers = []
        for phase, tokens, cached in (("prefill", sequence, 0), ("decode", 1, sequence)):
            for block in range(self.blocks):
                layers += self._block(f"{phase}.{block}", batch, tokens, tokens + cached)
            layers.append(gemm_layer(f"{phase}.lm_head", batch, self.width, self.vocabulary))
        return layers

    def _block(self, name: str, batch: int, tokens: int, keys: int) -> list[Layer]:
        """One block on ``tokens`` new tokens per sequence that attend to ``keys``."""
        queries, rest = self.heads * self.head, self.key_heads * self.head
        sizes = [("q_proj", queries), ("k_proj", rest), ("v_proj", rest)]
        if self.attention == "fused":
            sizes = [("qkv_proj", queries + 2 * rest)]
        grouped = self.heads // self.key_heads * tokens
        up = ["gate_proj", "up_proj"] if self.feed_forward == "gated" else ["up_proj"]
        rows = batch * tokens
        runs = batch * self.key_heads
        return [
            *(gemm_layer(f"{name}.{title}", rows, self.width, outputs) for title, outputs in sizes),
            _product(f"{name}.scores", grouped, self.head, keys, runs),
            _product(f"{name}.context", grouped, keys, self.head, runs),
            gemm_layer(f"{name}.o_proj", rows, queries, self.width),
            *(gemm_layer(f"{name}.{title}", rows, self.width, self.inner) for title in up),
            gemm_layer(f"{name}.down_proj", rows, self.inner, self.width),
        ]


def _product(name: str, m: int, k: int, n: int, runs: int) -> Layer:
    """Activations times activations."""
    return replace(gemm_layer(name, m, k, n, repeats=runs), op="matmul", dynamic=True)
