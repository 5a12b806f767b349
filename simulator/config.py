"""Configurations of accelerator families: checked models, read from TOML, overridden key by key."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from mapping.errors import InputError


class FamilyConfig(BaseModel):
    """Base of a family's configuration: frozen, keyword-only, unknown keys refused, types not converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    clock_mhz: int
    dispatch_latency: int
    token_latency: int


_TAGS = ("ideal", "banked", "list", "range")  # of unions: they stand in the path although they are no keys
ConfigType = TypeVar("ConfigType", bound=BaseModel)


def build_config(kind: type[ConfigType], values: Mapping[str, Any], origin: str) -> ConfigType:
    """Check ``values`` and build a configuration.

    Args:
        kind: The configuration class.
        values: Plain values by key, nested where the class nests.
        origin: Where they came from, for the message.

    Raises:
        InputError: Every fault found, with name, value and what is legal.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        faults = [_fault(kind, details) for details in error.errors(include_url=False)]
        raise InputError(f"{origin}: " + "; ".join(dict.fromkeys(faults))) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        InputError: No such file, or not TOML (a key given twice is not).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text: {error}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The message names a line but not what stands there, for example the key that is given twice.
        line = re.search(r"at line (\d+)", str(error))
        quoted = f": {text.splitlines()[int(line[1]) - 1].strip()}" if line else ""
        raise InputError(f"{path}: {error}{quoted}") from error


def override(values: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Apply ``KEY=VALUE`` settings; a dot in the key goes into a table, a value is TOML or else a plain string.

    A setting of ``memory.kind`` drops the other keys of that table: they belong to the other kind.

    Raises:
        InputError: A setting without ``=``, one key set twice, or a path through a value that is no table.
    """
    wanted: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise InputError(f"--set {setting!r}: expected KEY=VALUE, for example rows=16")
        if key in wanted:
            raise InputError(f"--set {key}: given twice")
        wanted[key] = _value(text)
    return assign(values, wanted)


def assign(values: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Give keys values, as ``override`` does with what it has read.

    Raises:
        InputError: A path through a value that is no table.
    """
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in values.items()}
    for key in sorted(wanted, key=lambda key: not key.endswith(".kind")):
        *path, last = key.split(".")
        table = result
        for step in path:
            nested = table.setdefault(step, {})
            if not isinstance(nested, dict):
                raise InputError(f"--set {key}: {step!r} is a value, not a table")
            table = nested
        value = wanted[key]
        if last == "kind" and path and table.get("kind") != value:
            table.clear()
        table[last] = value
    return result


def _value(text: str) -> Any:  # noqa: ANN401  # a TOML value is of any type
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _fault(kind: type[BaseModel], details: ErrorDetails) -> str:
    """One fault as a sentence: name, value, what is legal."""
    path = [str(step) for step in details["loc"]]
    name = ".".join(step for step in path if not (step in _TAGS and len(path) > 1))
    value, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key {name!r}" + (f"; legal keys: {', '.join(kind.model_fields)}" if len(path) == 1 else "")
        case "missing":
            return f"missing key {name!r}"
        case "greater_than_equal" | "less_than_equal":
            field = kind.model_fields.get(path[0])
            bounds = {type(m).__name__: m for m in field.metadata} if field else {}
            low = context.get("ge", getattr(bounds.get("Ge"), "ge", "..."))
            high = context.get("le", getattr(bounds.get("Le"), "le", "..."))
            return f"{name}={value!r} outside [{low}, {high}]"
        case "value_error":
            text = str(context.get("error", details["msg"]))
            table, _, last = name.rpartition(".")
            return text if not table else f"{table if last in text else name}: {text}"
        case _:
            message = details["msg"]
            return f"{name}={value!r}: {message[0].lower()}{message[1:]}"
