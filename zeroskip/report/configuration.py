"""A configuration, for reading and as TOML."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from zeroskip.report.screen import plain_table, show


def print_config(config: BaseModel, title: str) -> None:
    """Every field with its value and what it means."""
    table = plain_table("key", "value", "meaning", title=title)
    for key, value, meaning in _fields(config):
        table.add_row(key, _scalar(value), meaning)
    show(table)


def to_toml(config: BaseModel) -> str:
    """TOML that gives the same configuration when it is loaded."""
    return "\n".join(_lines(config.model_dump(), _meanings(config))) + "\n"


def _fields(config: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Key, value and meaning of every field; tables are flattened as ``--set`` takes them."""
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, field.description or ""


def _meanings(config: BaseModel) -> dict[str, str]:
    return {key: meaning for key, _, meaning in _fields(config)}


def _lines(values: Mapping[str, Any], meanings: Mapping[str, str], table: str = "") -> Iterator[str]:
    """Plain keys first: in TOML everything below a table's head belongs to it."""
    for key, value in values.items():
        if not isinstance(value, Mapping):
            meaning = meanings.get(f"{table}{key}")
            yield f"{key} = {_scalar(value)}" + (f"  # {meaning}" if meaning else "")
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f"\n[{table}{key}]"
            yield from _lines(value, meanings, f"{table}{key}.")


def _scalar(value: Any) -> str:  # noqa: ANN401  # str, int, float, bool or a list of them
    """JSON's notation of these is TOML's too."""
    return json.dumps(value, ensure_ascii=False)
