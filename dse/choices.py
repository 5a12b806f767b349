"""What can be chosen for layers: pattern, criterion, and the fields of a mapping."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from mapping.errors import InputError
from mapping.rule import FREE, TILE_AXES, MappingRule
from mapping.sparsity import CRITERIA, DENSE, Pattern, parse_nm
from mapping.tiling import LOOP_ORDERS, Dataflow

Value = bool | int | float | str
SCHEDULED = "scheduled"
MAGNITUDE = "magnitude"
ACCURACY = "accuracy"
MAPPING = "mapping"  # the name under which choices for all layers stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a group of layers is given.

    Attributes:
        pattern: What their weights are pruned to.
        criterion: Which weights stay.
        rule: What their mapping must be; scheduling chooses the rest.
    """

    pattern: Pattern = DENSE
    criterion: str = MAGNITUDE
    rule: MappingRule = FREE

    @property
    def content(self) -> tuple[str, dict[str, str | int]]:
        """What decides the time of the layers, as plain data."""
        return str(self.pattern), self.rule.fixed


def _one_of(legal: tuple[str, ...]) -> Callable[[str, Value], Value]:
    def check(name: str, value: Value) -> Value:
        if value not in legal:
            raise InputError(f"{name}: {value!r} is not one of {', '.join(legal)}")
        return value

    return check


def _count(name: str, value: Value) -> Value:
    if value != SCHEDULED and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InputError(f"{name}: {value!r} is neither {SCHEDULED} nor a whole number of at least 1")
    return value


def _pattern(name: str, value: Value) -> Value:
    try:
        pattern = parse_nm(str(value))
        return value if str(value).startswith("bank:") else str(pattern)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _buffers(name: str, value: Value) -> Value:
    if value != SCHEDULED and (value not in (1, 2) or isinstance(value, bool)):
        raise InputError(f"{name}: {value!r} is not one of {SCHEDULED}, 1, 2")
    return value


# How a value of each field is checked, and put into its one spelling.
RULES: dict[str, Callable[[str, Value], Value]] = {
    "dataflow": _one_of((SCHEDULED, *get_args(Dataflow))),
    "order": _one_of((SCHEDULED, *LOOP_ORDERS)),
    "buffers": _buffers,
    **{f"tile.{axis}": _count for axis in TILE_AXES},
}
FIELDS: dict[str, Callable[[str, Value], Value]] = {
    "pattern": _pattern,
    "criterion": _one_of(tuple(CRITERIA)),
    **RULES,
}


def choice_of(name: str, values: Mapping[str, Value]) -> Choice:
    """The choice with these fields; what is not named is dense, by magnitude and scheduled.

    Args:
        name: Of the layers, for messages.
        values: By field.

    Raises:
        InputError: A value that is not legal.
    """
    checked = {field: FIELDS[field](f"{name}.{field}", value) for field, value in values.items()}
    fixed = {field.removeprefix("tile."): checked[field] for field in checked.keys() & RULES.keys()}
    return Choice(
        pattern=parse_nm(str(checked.get("pattern", DENSE))),
        criterion=str(checked.get("criterion", MAGNITUDE)),
        rule=MappingRule(**{key: value for key, value in fixed.items() if value != SCHEDULED}),  # type: ignore[arg-type]
    )
