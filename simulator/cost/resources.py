"""What a piece of hardware takes."""

from dataclasses import dataclass, fields
from typing import Self

HEADINGS = {
    "lut": "LUT",
    "ff": "FF",
    "dsp": "DSP",
    "bram": "BRAM",
    "uram": "URAM",
    "cells": "cells",
    "memory_bits": "memory [bit]",
    "area_um2": "area [um2]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Resources of an FPGA, or of standard cells; those that a target does not have are 0.

    Attributes:
        lut: Look-up tables, those used as memory or shift register included.
        ff: Flip-flops.
        dsp: DSP blocks.
        bram: Block RAMs; on Xilinx parts in units of RAMB36, a RAMB18 being half of one.
        uram: Large RAMs: URAM288 on Xilinx parts, SPRAM256 on iCE40.
        cells: Cells that are neither flip-flops nor memories.
        memory_bits: Bits of memory that is not mapped to cells.
        area_um2: Area of all mapped cells [um2].
    """

    lut: float = 0
    ff: float = 0
    dsp: float = 0
    bram: float = 0
    uram: float = 0
    cells: float = 0
    memory_bits: float = 0
    area_um2: float = 0

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def times(self, count: float) -> "Resources":
        """As many of it."""
        return Resources(**{f.name: getattr(self, f.name) * count for f in fields(self)})

    @classmethod
    def total(cls, parts: list[Self]) -> "Resources":
        """All parts together."""
        return sum(parts, Resources())
