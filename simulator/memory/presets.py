"""DRAM presets: one channel of a memory standard, read from ``presets.toml``."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.errors import InputError

_FILE = Path(__file__).with_name("presets.toml")

Count = Annotated[int, Field(ge=1)]
Text = Annotated[str, Field(min_length=1)]


class Sources(BaseModel):
    """Where the numbers of a preset come from; "estimate" marks what no standard backs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    organisation: Text
    latency: Text
    refresh: Text


class DramPreset(BaseModel):
    """Organisation and timing of one DRAM channel.

    Attributes:
        description: What one channel is.
        data_rate_mts: Transfers per second and pin, in millions.
        bus_bits: Width of the data bus.
        burst_length: Transfers of one burst, the smallest access.
        banks: Banks that can hold one open row each.
        page_bytes: Size of a row across the whole bus.
        t_rcd_ps: Activation to column command (reads).
        t_rp_ps: Precharge of one bank to its activation.
        t_cl_ps: Column command to first data (reads).
        t_ras_ps: Activation to precharge, minimum.
        t_rfc_ps: Duration of an all-bank refresh.
        t_refi_ps: Average interval of refreshes.
        sources: Of all of these.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    description: Text
    data_rate_mts: Count
    bus_bits: Count
    burst_length: Count
    banks: Count
    page_bytes: Count
    t_rcd_ps: Count
    t_rp_ps: Count
    t_cl_ps: Count
    t_ras_ps: Count
    t_rfc_ps: Count
    t_refi_ps: Count
    sources: Sources

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.bus_bits % 8:
            raise ValueError(f"bus_bits={self.bus_bits}: must be a multiple of 8")
        if self.page_bytes % self.burst_bytes:
            raise ValueError(f"page_bytes={self.page_bytes}: must be a multiple of a burst, {self.burst_bytes} B")
        if self.t_ras_ps < self.t_rcd_ps:
            raise ValueError(f"t_ras_ps={self.t_ras_ps}: must be at least t_rcd_ps={self.t_rcd_ps}")
        if self.t_refi_ps <= self.t_rfc_ps:
            raise ValueError(f"t_refi_ps={self.t_refi_ps}: must be above t_rfc_ps={self.t_rfc_ps}")
        return self

    @property
    def burst_bytes(self) -> int:
        """Bytes of the smallest access."""
        return self.bus_bits // 8 * self.burst_length

    @property
    def bytes_per_s(self) -> int:
        """Peak bandwidth: data rate times width."""
        return self.data_rate_mts * 10**6 * self.bus_bits // 8


@cache
def presets() -> Mapping[str, DramPreset]:
    """All shipped presets by name."""
    tables = tomllib.loads(_FILE.read_text("utf-8"))
    return MappingProxyType({name: DramPreset.model_validate(table) for name, table in tables.items()})


def find_preset(name: str) -> DramPreset:
    """Look up a preset.

    Raises:
        InputError: There is none of that name.
    """
    if name not in presets():
        raise InputError(f"preset={name!r}: must be one of {', '.join(sorted(presets()))}")
    return presets()[name]
