"""Shape tables of known networks: layers without weights, one TOML file each."""

import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources

from mapping.errors import InputError
from mapping.graph import ModelGraph, chain
from mapping.zoo.decoder import Decoder
from mapping.zoo.table import Table


def zoo_names() -> list[str]:
    """Names of the shape tables, sorted."""
    files = (file.name for file in resources.files("mapping.zoo").iterdir())
    return sorted(file.removesuffix(".toml") for file in files if file.endswith(".toml"))


def zoo_titles() -> dict[str, str]:
    """The one-line description of every table, by name."""
    return {name: _table(name).title for name in zoo_names()}


def load_zoo(name: str, *, batch: int = 1, sequence: int | None = None, seed: int = 0) -> ModelGraph:
    """A network from its shape table, its layers one after another in the order in which they run.

    Args:
        name: One of ``zoo_names``.
        batch: Images or sequences that run together.
        sequence: Tokens per sequence; the table's default if None.
        seed: Seed of the weights, which no table holds.

    Raises:
        InputError: An unknown name, a batch below 1, or a sequence outside the table's range.
    """
    if name not in zoo_names():
        raise InputError(f"unknown shape table {name!r}; known: {', '.join(zoo_names())}")
    if batch < 1:
        raise InputError(f"batch={batch}: must be at least 1")
    table = _table(name)
    tokens = _tokens(name, table, sequence)
    return chain(
        name,
        [replace(layer, seed=seed) for layer in table.expand(batch, tokens)],
        source=f"shape table: {table.source}",
        weights_note=f"no weights in the table: values are drawn from N(0,1), seed {seed}, when asked for",
    )


def zoo_decoders() -> dict[str, tuple[Decoder, int]]:
    """The sizes of every decoder among the tables, and the positions it has, by name."""
    tables = {name: _table(name) for name in zoo_names()}
    return {
        name: (table.decoder, table.sequence.limit + 1)
        for name, table in tables.items()
        if table.decoder is not None and table.sequence is not None
    }


def _tokens(name: str, table: Table, sequence: int | None) -> int:
    """The sequence length to use; 1, which nothing reads, for a network without sequences."""
    if table.sequence is None:
        if sequence is not None:
            raise InputError(f"sequence={sequence}: {name} does not run on sequences")
        return 1
    if sequence is None:
        return table.sequence.default
    if not 1 <= sequence <= table.sequence.limit:
        raise InputError(f"sequence={sequence} outside [1, {table.sequence.limit}] for {name}")
    return sequence


@cache
def _table(name: str) -> Table:
    """Read one table, refusing keys that the schema does not know."""
    text = resources.files("mapping.zoo").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return Table.model_validate(tomllib.loads(text))
