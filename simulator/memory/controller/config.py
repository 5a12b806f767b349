"""The ten parameters of a controller, and the DRAM behind it."""

from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.config import build_config, read_toml
from simulator.memory.commands.table import CommandTable, load_table

FOLDER = Path(__file__).parent / "devices"
ADDRESS_FIELDS = ("column", "group", "bank", "row")
COMMANDS = ("ACT", "PRE", "PREA", "RD", "RDA", "WR", "WRA", "REF")


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ControllerConfig(_Checked):
    """A controller; names and choices are those of DRAMSys (Steiner et al., 2022), in Python's spelling.

    Fixed are what ArchGym's space fixes: the oldest ready command goes first, and there is no power-down.
    """

    page_policy: Annotated[
        Literal["open", "open_adaptive", "closed", "closed_adaptive"],
        Field(
            description="whether a column command closes its row: never; if only others wait; always; if no hit waits"
        ),
    ] = "open"
    scheduler: Annotated[
        Literal["fifo", "fr_fcfs_grp", "fr_fcfs"],
        Field(
            description="order within a bank: as they came; row hits first, reads and writes grouped; row hits first"
        ),
    ] = "fifo"
    scheduler_buffer: Annotated[
        Literal["bankwise", "read_write", "shared"],
        Field(description="what request_buffer_size counts: requests of a bank, reads and writes apart, all of them"),
    ] = "bankwise"
    request_buffer_size: Annotated[int, Field(ge=1, le=1024, description="requests that a buffer holds")] = 1
    resp_queue: Annotated[
        Literal["fifo", "reorder"],
        Field(description="responses leave the controller as data come, or as requests came"),
    ] = "fifo"
    refresh_policy: Annotated[
        Literal["no_refresh", "all_bank"], Field(description="whether all banks are refreshed every tREFI")
    ] = "no_refresh"
    refresh_max_postponed: Annotated[int, Field(ge=0, le=8, description="refreshes put off while requests wait")] = 1
    refresh_max_pulledin: Annotated[int, Field(ge=0, le=8, description="refreshes ahead of time while none wait")] = 1
    arbiter: Annotated[
        Literal["simple", "fifo", "reorder"],
        Field(
            description="in front of the controller: one request at a time; many, answered as data or as requests came"
        ),
    ] = "simple"
    max_active_transactions: Annotated[
        int, Field(ge=1, le=1024, description="requests under way; the simple arbiter does not count them")
    ] = 1


class Currents(_Checked):
    """Supply currents of one device in mA, as data sheets name them."""

    idd0: Annotated[float, Field(gt=0, description="activate and precharge, over tRC")]
    idd2n: Annotated[float, Field(gt=0, description="all rows closed")]
    idd3n: Annotated[float, Field(gt=0, description="a row open")]
    idd4r: Annotated[float, Field(gt=0, description="burst reads")]
    idd4w: Annotated[float, Field(gt=0, description="burst writes")]
    idd5: Annotated[float, Field(gt=0, description="refresh")]


class Supply(_Checked):
    """Supply voltages in V."""

    vdd: Annotated[float, Field(gt=0, le=10)]


class Device(_Checked):
    """One rank of DRAM.

    Attributes:
        title: One line.
        table: Its timings and constraints, by name.
        devices: Devices side by side.
        device_bits: Data pins of a device.
        groups: Bank groups.
        group_banks: Banks of a group.
        address: Fields of an address above the byte of the bus, ``NAME:BITS`` from the lowest bit upwards. Fields of
            one name are parts of one number, the lowest first.
        unverified: What of it no source confirms.
        current_ma: Of one device.
        supply: Voltages.
    """

    title: str
    table: str
    devices: Annotated[int, Field(ge=1, le=64)]
    device_bits: Literal[4, 8, 16]
    groups: Annotated[int, Field(ge=1, le=16)]
    group_banks: Annotated[int, Field(ge=1, le=16)]
    address: tuple[str, ...] = Field(strict=False)
    unverified: str
    current_ma: Currents
    supply: Supply

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        missing = [name for name in COMMANDS if name not in self.commands.commands]
        if missing:
            raise InputError(f"table {self.table!r} has no command {missing[0]!r}: it is none of a plain DRAM")
        if self.width_bytes & (self.width_bytes - 1):
            raise InputError(
                f"devices={self.devices}, device_bits={self.device_bits}: a bus of {self.width_bytes} bytes"
            )
        bits = dict.fromkeys(ADDRESS_FIELDS, 0)
        for name, count in self.fields:
            bits[name] += count
        for name, banks in (("group", self.groups), ("bank", self.group_banks)):
            if 1 << bits[name] != banks:
                raise InputError(f"address: {bits[name]} bits of {name} for {banks}")
        if (1 << bits["column"]) * self.width_bytes < self.burst_bytes:
            raise InputError(f"address: a row of {1 << bits['column']} columns holds no burst")
        return self

    @cached_property
    def fields(self) -> tuple[tuple[str, int], ...]:
        """Name and bits of every part of an address.

        Raises:
            InputError: A part that is no ``NAME:BITS``.
        """
        found = []
        for part in self.address:
            name, _, bits = part.partition(":")
            if name not in ADDRESS_FIELDS or not bits.isdigit() or not 1 <= int(bits) <= 32:
                raise InputError(f"address: {part!r} is no NAME:BITS with NAME one of {', '.join(ADDRESS_FIELDS)}")
            found.append((name, int(bits)))
        return tuple(found)

    @cached_property
    def commands(self) -> CommandTable:
        """Timings and constraints."""
        return load_table(self.table)

    @property
    def width_bytes(self) -> int:
        """Width of the data bus."""
        return self.devices * self.device_bits // 8

    @property
    def burst_bytes(self) -> int:
        """Bytes of one column command: two transfers a cycle."""
        return self.width_bytes * 2 * self.commands.timings["nBL"]

    @property
    def banks(self) -> int:
        """Banks of the rank."""
        return self.groups * self.group_banks

    @property
    def capacity_bytes(self) -> int:
        """Bytes behind the controller."""
        return self.width_bytes << sum(bits for _, bits in self.fields)

    def decode(self, addresses: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Bank, row and column of byte addresses, (n,) each; the bank counts through all groups."""
        rest = addresses // self.width_bytes
        values = {name: np.zeros_like(addresses) for name in ADDRESS_FIELDS}
        place = dict.fromkeys(ADDRESS_FIELDS, 0)
        for name, bits in self.fields:
            values[name] = values[name] | (rest & ((1 << bits) - 1)) << place[name]
            place[name] += bits
            rest = rest >> bits
        return values["group"] * self.group_banks + values["bank"], values["row"], values["column"]


@cache
def load_device(name_or_path: str | Path) -> Device:
    """A rank that comes with zeroskip, by its name, or one from a TOML file.

    Raises:
        InputError: No such device, or one that contradicts itself.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = FOLDER / f"{name_or_path}.toml"
        if not path.is_file():
            known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.toml")))
            raise InputError(f"DRAM {str(name_or_path)!r} is not one of {known}, nor a path that ends in .toml")
    return build_config(Device, read_toml(path), f"DRAM {path.stem}")
