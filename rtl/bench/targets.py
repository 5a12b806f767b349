"""What Yosys can synthesise for: the passes of each target, and what its cells count as."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mapping.errors import InputError
from simulator.cost.resources import Resources

# Of Xilinx' libraries guide (UG974): LUTs that a cell takes.
XILINX_LUTS = {
    "SRL16E": 1,
    "SRLC32E": 1,
    "RAM32X1S": 1,
    "RAM64X1S": 1,
    "RAM32X1D": 2,
    "RAM64X1D": 2,
    "RAM128X1S": 2,
    "RAM128X1D": 4,
    "RAM256X1S": 4,
    "RAM256X1D": 8,
    "RAM512X1S": 8,
    "RAM32M": 4,
    "RAM64M": 4,
    "RAM32M16": 8,
    "RAM64M8": 8,
    "RAM64X8SW": 8,
    "INV": 1,
}
LIBERTY = "cells.lib"  # abc takes no path with a space
XILINX_FLOPS = re.compile(r"FD[RSCP]E(_1)?|LDCE|LDPE")
XILINX_IGNORED = re.compile(r"CARRY[48]|MUXF[789]|BUFG|GND|VCC|IBUF|OBUF")
MEMORY_PORTS = ("$memrd_v2", "$memwr_v2", "$meminit_v2")  # their bits are counted
LOGIC_FLOPS = re.compile(r"\$_(S?DFF|ALDFF|DLATCH|SR)\w*_|\$s?dff\w*")
LIBRARY_FLOPS = re.compile(r"(?i)(sky130_\w+__)?(s?df|dlat|latch)")  # as libraries name them
GENERIC = (  # `synth` without its memory_map: memories stay what they are
    "synth -flatten -run begin:fine -top {top}",
    "opt -fast -full",
    "opt -undriven -fine",
    "techmap",
    "opt -fast",
    "abc",
    "opt -fast",
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something to synthesise for.

    Attributes:
        passes: Yosys commands; ``{top}`` stands for the module.
        shown: Fields of ``Resources`` that it has.
        count: Resources of one cell of a type; None: it is not known.
        liberty: Cells that the passes find in the file ``LIBERTY`` beside the design.
    """

    name: str
    passes: tuple[str, ...]
    shown: tuple[str, ...]
    count: Callable[[str], Resources | None]
    liberty: Path | None = None

    @property
    def digest(self) -> str:
        """Of the cells that logic is mapped to."""
        return hashlib.sha256(self.liberty.read_bytes()).hexdigest() if self.liberty else ""

    def resources(self, cells: Mapping[str, int]) -> Resources:
        """Of cells by type.

        Raises:
            AssertionError: A cell of a type that nobody knows: something was not mapped.
        """
        parts = []
        for name, number in cells.items():
            one = self.count(name)
            assert one is not None, f"target {self.name}: cell {name} is not mapped"
            parts.append(one.times(number))
        return Resources.total(parts)


def _xilinx(cell: str) -> Resources | None:
    if re.fullmatch(r"LUT[1-6]", cell):
        return Resources(lut=1)
    if cell in XILINX_LUTS:
        return Resources(lut=XILINX_LUTS[cell])
    if XILINX_FLOPS.fullmatch(cell):
        return Resources(ff=1)
    known = {"DSP48E2": "dsp", "RAMB36E2": "bram", "URAM288": "uram"}
    if cell in known:
        return Resources(**{known[cell]: 1})
    if cell == "RAMB18E2":
        return Resources(bram=0.5)
    return Resources() if XILINX_IGNORED.fullmatch(cell) else None


def _ice40(cell: str) -> Resources | None:
    if cell == "SB_LUT4":
        return Resources(lut=1)
    if cell.startswith("SB_DFF"):
        return Resources(ff=1)
    if cell.startswith("SB_RAM40_4K"):
        return Resources(bram=1)
    known = {"SB_MAC16": "dsp", "SB_SPRAM256KA": "uram"}
    if cell in known:
        return Resources(**{known[cell]: 1})
    return Resources() if cell in ("SB_CARRY", "SB_GB") else None


def _cells(cell: str) -> Resources | None:
    if cell in MEMORY_PORTS:
        return Resources()
    if LOGIC_FLOPS.fullmatch(cell) or LIBRARY_FLOPS.match(cell):
        return Resources(ff=1)
    return Resources(cells=1)


TARGETS = {
    "generic": Target(name="generic", passes=GENERIC, shown=("cells", "ff", "memory_bits"), count=_cells),
    "xcup": Target(
        name="xcup",
        passes=("synth_xilinx -family xcup -flatten -noiopad -noclkbuf -top {top}",),
        shown=("lut", "ff", "dsp", "bram", "uram"),
        count=_xilinx,
    ),
    "ice40": Target(
        name="ice40",
        passes=("synth_ice40 -dsp -spram -device u -flatten -top {top}",),
        shown=("lut", "ff", "dsp", "bram", "uram"),
        count=_ice40,
    ),
}


def find_target(name: str, liberty: Path | None = None) -> Target:
    """The target called ``name``.

    Args:
        name: One of ``TARGETS``.
        liberty: Cells to map generic logic to.

    Raises:
        InputError: There is none, or it has cells of its own.
    """
    if name not in TARGETS:
        raise InputError(f"target={name!r}: must be one of {', '.join(TARGETS)}")
    target = TARGETS[name]
    if liberty is None:
        return target
    if name != "generic":
        raise InputError(f"--liberty maps target generic; {name} has cells of its own")
    passes = (*target.passes, f"dfflibmap -liberty {LIBERTY}", f"abc -liberty {LIBERTY}", "opt_clean")
    shown = ("cells", "ff", "memory_bits", "area_um2")
    return Target(name="cells", passes=passes, shown=shown, count=_cells, liberty=liberty)


def find_liberty(given: Path | None) -> Path | None:
    """The liberty file to use: the one given, or one where Debian puts it, or None.

    Raises:
        InputError: The one given cannot be read.
    """
    if given is None:
        return next((path for path in LIBERTY_FILES if path.is_file()), None)
    try:
        text = given.read_text("utf-8", "replace")
    except OSError as error:
        raise InputError(f"--liberty {given}: {error.strerror or error}") from error
    if not re.search(r"^\s*library\s*\(", text, re.MULTILINE):
        raise InputError(f"--liberty {given}: it is no liberty file, which begins with library(...)")
    return given.resolve()


LIBERTY_FILES = (Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib"),)
LIBERTY_HINT = "apt-get install qflow-tech-osu018, or --liberty FILE"
