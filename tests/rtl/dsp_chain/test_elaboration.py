"""Does every module elaborate in the subset, and refuse parameters out of range, saying which?"""

import subprocess

import pytest

from rtl.bench.build import RTL, Design
from tests.rtl.tools import need

pytestmark = [pytest.mark.rtl, pytest.mark.smoke]

MODULES = sorted(path.stem for path in (RTL / "dsp_chain").glob("*.sv"))
ILLEGAL = [
    ("zs_sparse_mux", "Inputs", 12),
    ("zs_sparse_mux", "Inputs", 128),
    ("zs_sparse_mux", "Width", 65),
    ("zs_sparse_mux", "Stages", 3),
    ("zs_reduction_node", "Stages", 5),
    ("zs_overflow_adjust", "Stages", 5),
    ("zs_dsp_chain", "Length", 6),
    ("zs_dsp_chain", "MuxStages", 3),
    ("zs_dsp_chain", "ReductionStages", 5),
    ("zs_dsp_chain", "OverflowStages", 5),
    ("zs_dsp_chain", "TagWidth", 65),
    ("zs_block_sequencer", "Length", 6),
    ("zs_column_accumulator", "Length", 6),
]


def elaborate(module, parameters, tmp_path):
    """Exit code and output of Icarus, which runs the `initial` blocks with the checks."""
    need("icarus")
    sources = [str(path) for path in Design(toplevel=module).sources()]
    values = [f"-P{module}.{name}={value}" for name, value in parameters.items()]
    command = ["iverilog", "-g2012", "-s", module, *values, "-o", str(tmp_path / "sim"), *sources]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        return built.returncode, built.stdout + built.stderr
    ran = subprocess.run(["vvp", str(tmp_path / "sim")], capture_output=True, text=True, check=False, input="")
    return ran.returncode, built.stderr + ran.stdout + ran.stderr


@pytest.mark.parametrize("module", MODULES)
def test_icarus_elaborates_without_a_word(module, tmp_path):
    assert elaborate(module, {}, tmp_path) == (0, "")


@pytest.mark.parametrize(("module", "name", "value"), ILLEGAL)
def test_illegal_parameters_are_fatal(module, name, value, tmp_path):
    code, text = elaborate(module, {name: value}, tmp_path)
    assert code
    assert f"{module}: {name}={value}" in text
