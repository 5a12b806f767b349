"""Energy: counted actions times the energy of an action in a technology.

Leakage, the clock tree, control and the host are not in it, and a technology file says of every constant where it comes
from.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import cache
from math import exp, log
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.errors import InputError
from simulator.config import build_config, read_toml
from simulator.cost.actions import Actions

FOLDER = Path(__file__).parent / "technologies"
DEFAULT = "cmos-45nm"
Entry = TypeVar("Entry")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Cost(_Part):
    """The energy of one action.

    Attributes:
        pj: Picojoules for one operation, or for one bit that is moved.
        status: How well it is known: read in its source, computed from what was, or assumed.
        source: Where it comes from.
    """

    pj: Annotated[float, Field(ge=0, le=1e6)]
    status: Literal["published", "derived", "assumed", "unverified"]
    source: Annotated[str, Field(min_length=1)]


class SramPoint(_Part):
    """Picojoules of a bit read from or written to an SRAM of a size; ``write_pj`` where a write differs."""

    kib: Annotated[int, Field(ge=1)]
    pj: Annotated[float, Field(gt=0)]
    write_pj: Annotated[float, Field(gt=0)] | None = None


class Sram(_Part):
    """SRAM by size, at least one point, in ascending order."""

    points: Annotated[list[SramPoint], Field(min_length=1)]
    status: Literal["published", "derived", "assumed", "unverified"]
    source: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        sizes = [point.kib for point in self.points]
        if sizes != sorted(set(sizes)):
            raise InputError(f"points of {', '.join(map(str, sizes))} KiB must ascend")
        return self

    def pj(self, kib: int, *, write: bool = False) -> float:
        """Picojoules a bit, by a power law between the points.

        A smaller SRAM costs what the smallest of the table does (an upper bound); a larger one is banks of the largest
        (a lower bound: the wires between banks are not in it).
        """
        sizes = [point.kib for point in self.points]
        costs = [(write and point.write_pj) or point.pj for point in self.points]
        place = bisect_left(sizes, kib)
        if place == 0 or place == len(sizes):
            return costs[min(place, len(sizes) - 1)]
        low, high = costs[place - 1 : place + 1]
        share = log(kib / sizes[place - 1]) / log(sizes[place] / sizes[place - 1])
        return exp(log(low) + log(high / low) * share)


class Technology(_Part):
    """Energies of actions.

    Attributes:
        description: What it stands for.
        operation: By name.
        register_bit: A bit written into a register and read from it.
        sram: A bit of an access.
        dram: A bit by the name of the memory preset; ``ideal`` for a memory of no kind.
        link_bit: A bit over a hop of a network on chip; None where it is not known.
        dram_action: What a DRAM does command by command, by its name and the action's: pJ of an action, of a bit at the
            pins, or of a picosecond of a channel in standby.
    """

    description: str
    operation: dict[str, Cost]
    register_bit: Cost
    sram: Sram
    dram: dict[str, Cost]
    link_bit: Cost | None = None
    dram_action: dict[str, dict[str, Cost]] = {}

    def pj(self, actions: Actions) -> float:
        """Picojoules of one of these actions.

        Raises:
            InputError: The technology has no such action.
        """
        if actions.kind == "register":
            return self.register_bit.pj
        if actions.kind in ("sram.read", "sram.write"):
            return self.sram.pj(int(actions.of or 0), write=actions.kind == "sram.write")
        if actions.kind == "link":
            if self.link_bit is None:
                raise InputError("no energy of a hop on chip; link_bit says it")
            return self.link_bit.pj
        if actions.kind == "dram":
            return _known(self.dram, str(actions.of), "memory").pj
        if actions.kind.startswith("dram."):
            of = _known(self.dram_action, str(actions.of), "the commands of memory")
            return _known(of, actions.kind.removeprefix("dram."), f"memory {actions.of!r} for action").pj
        return _known(self.operation, actions.kind, "operation").pj


def _known(table: Mapping[str, Entry], name: str, what: str) -> Entry:
    if name not in table:
        raise InputError(f"no energy of {what} {name!r}; known: {', '.join(table) or 'none'}")
    return table[name]


def technology_names() -> list[str]:
    """The technologies that need no file."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def technology(name: str = DEFAULT) -> Technology:
    """A technology by name, from a TOML file, or at a node of CMOS from hwcomponents (``hwcomponents:22nm``).

    Raises:
        InputError: There is none, or the file is none.
    """
    if name.startswith("hwcomponents:"):
        from simulator.cost.hwcomponents import hwcomponents_technology  # noqa: PLC0415  # optional, and on top of this

        return hwcomponents_technology(name)
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not name.endswith(".toml") and (not re.fullmatch(r"[\w.-]+", name) or not path.is_file()):
        known = ", ".join(technology_names())
        raise InputError(
            f"technology {name!r} is not one of {known}, nor a path that ends in .toml, nor hwcomponents:NODE"
        )
    return build_config(Technology, read_toml(path), f"technology {name}")


def energy_pj(actions: Iterable[Actions], of: Technology) -> dict[str, float]:
    """Picojoules by component, in the order of the actions; without those that cost nothing.

    Raises:
        InputError: The technology lacks an action.
    """
    spent: dict[str, float] = {}
    for some in actions:
        spent[some.component] = spent.get(some.component, 0.0) + some.count * of.pj(some)
    return {component: pj for component, pj in spent.items() if pj}


def add_energy(parts: Iterable[tuple[Mapping[str, float], int]]) -> dict[str, float]:
    """The sum of several accounts, each so many times."""
    total: dict[str, float] = {}
    for spent, times in parts:
        for component, pj in spent.items():
            total[component] = total.get(component, 0.0) + times * pj
    return total
