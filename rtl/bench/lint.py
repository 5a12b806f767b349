"""Lint: Verilator with all warnings, and Verible where it is installed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from rtl.bench.build import RTL, Design
from rtl.bench.toolchain import find_toolchain

WAIVERS = RTL / "lint" / "waivers.vlt"
VERIBLE = "verible-verilog-lint"


def lint(design: Design) -> str:
    """What Verilator complains about; nothing if all is well.

    Raises:
        InputError: The tool chain is not complete.
    """
    with find_toolchain("verilator").activated():
        command = ["verilator", "--quiet", "--lint-only", "-Wall", "--timing", "--top-module", design.toplevel]
        command += [f"-G{name}={value}" for name, value in design.parameters.items()]
        command += [str(WAIVERS), *map(str, design.sources())]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    return text or (f"verilator ended with {done.returncode}" if done.returncode else "")


def find_verible() -> str | None:
    """The Verible linter, or None."""
    beside = Path(sys.executable).with_name(VERIBLE)
    return str(beside) if beside.exists() else shutil.which(VERIBLE)


def lint_style(path: Path) -> str:
    """What Verible complains about in a file; nothing if all is well."""
    verible = find_verible()
    assert verible is not None, "ask find_verible() first"
    done = subprocess.run([verible, str(path)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def waivers() -> list[str]:
    """Lines of the waiver file that waive something."""
    lines = WAIVERS.read_text("utf-8").splitlines()
    return [line for line in lines if re.match(r"\s*lint_off", line)]
