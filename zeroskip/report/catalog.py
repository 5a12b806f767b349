"""What there is: models and families."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from mapping.importers.tensors import Described
from simulator.families import Family
from zeroskip.report.screen import plain_table, show


def print_models(models: Mapping[str, str]) -> None:
    """Names and titles."""
    table = plain_table("model", "what it is")
    for name, title in models.items():
        table.add_row(name, title)
    show(table)


def print_tensors(tensors: Sequence[Described]) -> None:
    """Names, types, shapes, and what becomes of each."""
    table = plain_table("tensor", "type", "shape", "becomes")
    for entry in tensors:
        table.add_row(entry.name, entry.tensor.dtype, " x ".join(map(str, entry.tensor.shape)), entry.becomes)
    show(table)


def print_families(families: Mapping[str, Family[Any]]) -> None:
    """Names, summaries and configurations."""
    table: Table = plain_table("family", "what it is", "configurations", "default")
    for family in families.values():
        table.add_row(family.name, family.summary, ", ".join(family.config_names()), family.default)
    show(table)
