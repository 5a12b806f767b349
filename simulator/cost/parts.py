"""FPGA parts, as data."""

from functools import cache
from math import inf
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mapping.errors import InputError
from simulator.config import build_config, read_toml
from simulator.cost.resources import Resources

FILE = Path(__file__).parent / "parts.toml"
FIELDS = ("lut", "ff", "dsp", "bram", "uram")
Number = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """An FPGA part.

    Attributes:
        device: What it is.
        target: Of the synthesis.
        status: How well the numbers are known.
        source: Where they come from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    device: str
    target: Literal["xcup", "ice40"]
    lut: Number
    ff: Number
    dsp: Number
    bram: Number
    uram: Number
    status: Literal["published", "unverified"]
    source: Annotated[str, Field(min_length=1)]

    def shares(self, resources: Resources) -> dict[str, float]:
        """What share of the part some resources take; infinity of those that it lacks."""
        return {field: _share(getattr(resources, field), getattr(self, field)) for field in FIELDS}

    def fits(self, resources: Resources) -> bool:
        """Whether no share is above 1. Routing may fail well before."""
        return all(share <= 1 for share in self.shares(resources).values())


def _share(taken: float, there: int) -> float:
    if taken == 0:
        return 0.0
    return taken / there if there else inf


@cache
def parts() -> dict[str, Part]:
    """All parts by name."""
    return {
        name: build_config(Part, {"name": name, **values}, f"part {name}") for name, values in read_toml(FILE).items()
    }


def find_part(name: str) -> Part:
    """The part called ``name``, in any case.

    Raises:
        InputError: There is none.
    """
    found = {key.upper(): part for key, part in parts().items()}
    if name.upper() not in found:
        raise InputError(f"part {name!r} is not one of {', '.join(parts())}")
    return found[name.upper()]
