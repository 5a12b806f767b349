"""What the DSP chain takes on UltraScale+, by Yosys: ``python -m rtl.bench.dsp_chain.area`` prints the table.

Yosys maps the multiplier of a slice to a DSP48E2 and leaves its registers and adders outside, so they are counted as
LUTs and flip-flops here. Nothing is placed or timed.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mapping.errors import InputError
from rtl.bench.build import Design
from rtl.bench.toolchain import EXTRA
from simulator.families.dsp_chain.chain import LENGTHS

LIMIT_S = 900
PASSES = "synth_xilinx -family xcup -noiopad -noclkbuf -flatten"
LINES = (
    ("sparse MUX, 16:1 x 8 bit, one stage", "zs_sparse_mux", {"Stages": 1}),
    ("sparse MUX, 16:1 x 8 bit, two stages", "zs_sparse_mux", {"Stages": 2}),
    ("DSP slice", "zs_dsp_slice", {}),
    ("reduction node", "zs_reduction_node", {}),
    ("overflow adjust unit", "zs_overflow_adjust", {}),
    ("block sequencer, L = 16", "zs_block_sequencer", {"Length": 16}),
    ("column accumulator, L = 16", "zs_column_accumulator", {"Length": 16}),
    *((f"chain, L = {length}", "zs_dsp_chain", {"Length": length}) for length in LENGTHS),
)


@dataclass(frozen=True, slots=True)
class Area:
    """Cells of UltraScale+: DSP48E2, LUTs (those used as shift registers among them), flip-flops, carry chains."""

    dsp: int
    lut: int
    shift: int
    ff: int
    carry: int


def synthesise(module: str, parameters: Mapping[str, int]) -> Area:
    """Synthesise a module for UltraScale+.

    In a process of its own, because Yosys ends the process on an error.

    Raises:
        InputError: Yosys is not installed.
        AssertionError: It fails; the message is its last words.
    """
    if find_spec("pyosys") is None:
        raise InputError(f"Yosys (pyosys) is not installed: {EXTRA}")
    values = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    with tempfile.TemporaryDirectory() as name:
        found = Path(name) / "cells.json"
        commands = [f"read_verilog -sv -defer {path}" for path in Design(toplevel=module).sources()]
        commands += [f"hierarchy -check -top {module} {values}", PASSES, f"tee -q -o {found} stat -json"]
        code = "import sys\nfrom pyosys import libyosys\ndesign = libyosys.Design()\n"
        code += "for command in sys.argv[1:]:\n    libyosys.run_pass(command, design)\n"
        done = subprocess.run(
            [sys.executable, "-c", code, *commands], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        assert done.returncode == 0, f"{module} {dict(parameters)}: {(done.stdout + done.stderr)[-2000:]}"
        cells = json.loads(found.read_text("utf-8"))["design"]["num_cells_by_type"]
    return counted(cells)


def counted(cells: Mapping[str, int]) -> Area:
    """Cells by type as an area; a type that is not known is an error."""
    kinds = {
        "DSP48E2": "dsp",
        "INV": "lut",
        "SRL16E": "shift",
        "SRLC32E": "shift",
        "CARRY4": "carry",
        "CARRY8": "carry",
    }
    total = dict.fromkeys(("dsp", "lut", "shift", "ff", "carry"), 0)
    for cell, number in cells.items():
        if cell.startswith(("MUXF", "$scopeinfo")):
            continue
        kind = kinds.get(cell) or ("lut" if cell.startswith("LUT") else "ff" if cell.startswith("FD") else "")
        assert kind, f"cell {cell} is not mapped"
        total[kind] += number
    total["lut"] += total["shift"]
    return Area(**total)


def table() -> Iterator[str]:
    """The table in Markdown, line by line as they come."""
    yield "| module | DSP48E2 | LUT | of them shift registers | FF |"
    yield "|---|---|---|---|---|"
    for name, module, parameters in LINES:
        area = synthesise(module, parameters)
        yield f"| {name} | {area.dsp} | {area.lut} | {area.shift} | {area.ff} |"


if __name__ == "__main__":
    for line in table():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
