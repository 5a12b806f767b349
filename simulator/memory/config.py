"""Configuration of the off-chip memory: ideal, or banked DRAM."""

from collections.abc import Callable
from math import gcd, inf
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.engine.job import MemoryState
from simulator.memory import service as layout
from simulator.memory.presets import DramPreset, find_preset

# At the lower end GDDR6's tREFI is 19 cycles, at the upper end no product in service() exceeds 2**48.
MIN_CLOCK_HZ, MAX_CLOCK_HZ = 10**7, 10**11
_PS_PER_S = 10**12


def _within(low: int, high: int) -> Callable[[int, ValidationInfo], int]:
    def check(value: int, info: ValidationInfo) -> int:
        if not low <= value <= high:
            raise InputError(f"{info.field_name}={value} outside [{low}, {high}]")
        return value

    return check


class _Memory(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class IdealMemory(_Memory):
    """A memory without state: a burst takes ``latency_cycles + ceil(bytes / bytes_per_cycle)`` cycles.

    Attributes:
        kind: Selects this model.
        bytes_per_cycle: Bandwidth; 0 means unlimited.
        latency_cycles: Added to every burst.
    """

    kind: Literal["ideal"] = "ideal"
    bytes_per_cycle: Annotated[
        int, AfterValidator(_within(0, 2**32)), Field(description="bandwidth [bytes/cycle]; 0 means unlimited")
    ] = 64
    latency_cycles: Annotated[
        int, AfterValidator(_within(0, 2**32)), Field(description="added to every burst [cycles]")
    ] = 0

    def peak_bytes_per_cycle(self, clock_hz: int) -> float:
        """Bandwidth; ``clock_hz`` changes nothing here."""
        return float(self.bytes_per_cycle) if self.bytes_per_cycle else inf

    def state(self, clock_hz: int) -> MemoryState | None:
        """None: service times are known beforehand."""
        return None

    def burst_cycles(self, byte_counts: IntArray) -> IntArray:
        """Service time of bursts.

        Args:
            byte_counts: int64 of any shape, at least 0.

        Returns:
            Cycles, same shape.
        """
        transfer = -(-byte_counts // self.bytes_per_cycle) if self.bytes_per_cycle else np.zeros_like(byte_counts)
        return self.latency_cycles + transfer


class BankedMemory(_Memory):
    """DRAM with banks, open rows and refresh; modelled by ``simulator.memory.service``.

    Attributes:
        kind: Selects this model.
        preset: One channel, by its name in ``presets.toml``.
        channels: How many of them work in lock-step, as one channel with a longer page and more bandwidth.
    """

    kind: Literal["banked"] = "banked"
    preset: Annotated[str, Field(description="one channel, by its name in simulator/memory/presets.toml")] = "ddr4-2400"
    channels: Annotated[
        int, AfterValidator(_within(1, 1024)), Field(description="channels in lock-step, as one with a longer page")
    ] = 1

    @field_validator("preset")
    @classmethod
    def _exists(cls, name: str) -> str:
        find_preset(name)
        return name

    def peak_bytes_per_cycle(self, clock_hz: int) -> float:
        """Data rate times width times channels, per accelerator cycle.

        Raises:
            InputError: The clock is outside the range of the model.
        """
        _check_clock(clock_hz)
        return find_preset(self.preset).bytes_per_s * self.channels / clock_hz

    def state(self, clock_hz: int) -> MemoryState:
        """The memory before the first request: all rows closed, first refresh due after tREFI.

        Raises:
            InputError: The clock is outside the range of the model.
        """
        _check_clock(clock_hz)
        preset = find_preset(self.preset)
        params = _params(preset, self.channels, clock_hz)
        state = np.zeros(layout.FIRST_BANK + layout.BANK_WORDS * preset.banks, np.int64)
        state[layout.NEXT_REFRESH] = params[layout.T_REFI]
        state[layout.FIRST_BANK + layout.OPEN_ROW :: layout.BANK_WORDS] = layout.CLOSED
        return MemoryState(params=params, state=state)


MemoryConfig = Annotated[IdealMemory | BankedMemory, Field(discriminator="kind")]


def _check_clock(clock_hz: int) -> None:
    if not MIN_CLOCK_HZ <= clock_hz <= MAX_CLOCK_HZ:
        raise InputError(f"clock_hz={clock_hz} outside [{MIN_CLOCK_HZ}, {MAX_CLOCK_HZ}]")


def _params(preset: DramPreset, channels: int, clock_hz: int) -> IntArray:
    """Constants of the banked model in accelerator cycles, rounded so that no DRAM beats its data.

    One burst takes ``burst_length / data_rate`` seconds however wide the bus is; the fraction is kept exact.
    """
    burst_num, burst_den = preset.burst_length * clock_hz, preset.data_rate_mts * 10**6
    divisor = gcd(burst_num, burst_den)
    params = np.zeros(layout.PARAMS, np.int64)
    params[layout.KIND] = layout.BANKED
    params[layout.PAGE_BYTES] = preset.page_bytes * channels
    params[layout.BANKS] = preset.banks
    params[layout.BURST_BYTES] = preset.burst_bytes * channels
    params[layout.BURST_NUM] = burst_num // divisor
    params[layout.BURST_DEN] = burst_den // divisor
    params[layout.T_RCD] = -(-preset.t_rcd_ps * clock_hz // _PS_PER_S)
    params[layout.T_RP] = -(-preset.t_rp_ps * clock_hz // _PS_PER_S)
    params[layout.T_CL] = -(-preset.t_cl_ps * clock_hz // _PS_PER_S)
    params[layout.T_RAS] = -(-preset.t_ras_ps * clock_hz // _PS_PER_S)
    params[layout.T_RFC] = -(-preset.t_rfc_ps * clock_hz // _PS_PER_S)
    params[layout.T_REFI] = preset.t_refi_ps * clock_hz // _PS_PER_S  # an interval: down, or too few refreshes
    return params
