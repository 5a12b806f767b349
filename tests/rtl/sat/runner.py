"""cocotb's runner in a process of its own: it changes the environment and prints to standard output."""

import os
import sys
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from tests.rtl.sat.support import FLAGS


def build(folder: str, top: str, *rest: str) -> None:
    """Build a module; ``rest`` is name=value ..., --, source ..."""
    split = rest.index("--")
    parameters = dict(argument.split("=", 1) for argument in rest[:split])
    get_runner("verilator").build(
        sources=[Path(folder) / "ports.vlt", *(Path(source) for source in rest[split + 1 :])],
        hdl_toplevel=top,
        parameters=parameters,
        build_args=[*FLAGS, "--no-public-flat-rw"],
        build_dir=folder,
        always=True,
        timescale=("1ns", "1ps"),
    )


def test(folder: str, top: str, results: str, module: str) -> None:
    """Run the tests of a cocotb module; exit code 1 unless at least one ran and all passed."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    get_runner("verilator").test(
        test_module=f"tests.rtl.sat.{module}",
        hdl_toplevel=top,
        hdl_toplevel_lang="verilog",
        build_dir=folder,
        results_xml=results,
        timescale=("1ns", "1ps"),
    )
    ran, failed = get_results(Path(results))
    sys.exit(0 if ran and not failed else 1)


if __name__ == "__main__":
    {"build": build, "test": test}[sys.argv[1]](*sys.argv[2:])
