"""The two products of attention, which no weight file holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mapping.errors import InputError
from mapping.graph import Layer, gemm_layer

_QUERY = ("num_attention_heads", "n_head", "num_heads")
_KEY = ("num_key_value_heads", "n_head_kv")


@dataclass(frozen=True, slots=True)
class Heads:
    """Query heads, and key heads where they are fewer; None if nobody says them."""

    query: int | None
    key: int | None

    @classmethod
    def read(cls, chosen: int | None, config: Mapping[str, Any]) -> "Heads":
        """The heads that the rules say, or the ``config.json`` of the transformers library."""
        query, key = (next((config[name] for name in names if name in config), None) for names in (_QUERY, _KEY))
        return cls(chosen or _count(query), _count(key))


def products(roles: Mapping[str, Layer], heads: Heads, batch: int, tokens: int) -> list[Layer]:
    """Scores and context of one block, where the heads are known.

    Query heads that share a key head are rows of one product, see ``mapping.zoo.decoder``.

    Args:
        roles: The projections of the block: ``fused``, or ``query``, ``key`` and ``value``.
        heads: How many.
        batch: Sequences that run together.
        tokens: Tokens per sequence, all of which attend to each other.

    Raises:
        InputError: Heads that do not divide the channels.
    """
    if heads.query is None:
        return []
    last = roles.get("fused", roles.get("value"))
    query = roles.get("query", last)
    if last is None or query is None:
        return []
    if "fused" in roles:  # queries, keys and values of all heads side by side
        keys = heads.key or heads.query
        head, rest = divmod(query.n, heads.query + 2 * keys)
    else:
        head, rest = divmod(query.n, heads.query)
        keys, other = divmod(roles.get("key", query).n, max(head, 1))
        rest += other
    if rest or not head or not keys or heads.query % keys:
        raise InputError(f"layer {query.name}: {query.n} channels do not fit {heads.query} query heads of one size")
    prefix, rows, runs = last.name.rpartition(".")[0], heads.query // keys * tokens, batch * keys
    pair = (("scores", head, tokens), ("context", tokens, head))
    made = [gemm_layer(f"{prefix}.{name}".lstrip("."), rows, k, n, repeats=runs) for name, k, n in pair]
    return [replace(layer, op="matmul", dynamic=True) for layer in made]


def _count(value: object) -> int | None:
    """A number of heads, None if it is none."""
    return value if isinstance(value, int) and value > 0 else None
