"""Does every module elaborate in the subset, refuse parameters out of range, and say so clearly?"""

import subprocess

import pytest

from rtl.bench.build import Design
from rtl.bench.sat.folds import ARRAYS
from tests.rtl.tools import need

pytestmark = [pytest.mark.rtl, pytest.mark.smoke]

MODULES = ["zs_array", "zs_array_out", "zs_delay", "zs_fold_sequencer", "zs_fp16_mul", "zs_fp32_add", "zs_fp32_mul"]
MODULES += ["zs_fp32_to_fp16", "zs_pe_fp16", "zs_pe_int8", "zs_pe_operand", "zs_sore", "zs_sore_lane", "zs_wuve"]
OUT_OF_RANGE = [
    ("zs_array", {"Rows": 0}, "Rows=0 outside [1, 1024]"),
    ("zs_array", {"Fp16": 0, "AddLatency": 2}, "AddLatency=2 outside [1, 1], for Fp16=0"),
    ("zs_array", {"Fp16": 1, "AddLatency": 2, "Interleave": 3}, "Interleave=3 outside [1, AddLatency=2]"),
    ("zs_array", {"Fp16": 1, "AddLatency": 2, "Interleave": 2, "DrainSerial": 0}, "DrainSerial=0 needs Interleave=1"),
    ("zs_array", {"MaxN": 17}, "MaxN=17 outside [1, MaxM=16]"),
    ("zs_fp32_add", {"AddLatency": 0}, "AddLatency=0 outside [1, 64]"),
    ("zs_fp16_mul", {"MulLatency": 65}, "MulLatency=65 outside [0, 64]"),
    ("zs_sore", {"MaxN": 17}, "MaxN=17 outside [1, MaxM=16]"),
    ("zs_wuve", {"Lanes": 0}, "Lanes=0 outside [1, 1024]"),
]


def _elaborate(top, parameters, tmp_path):
    """Exit code and output of Icarus, which runs the `initial` blocks with the checks."""
    need("icarus")
    sources = Design(toplevel=top).sources()
    compiled = tmp_path / "a.vvp"
    command = ["iverilog", "-g2012", "-o", str(compiled), "-s", top]
    command += [f"-P{top}.{name}={value}" for name, value in parameters.items()]
    built = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, check=False)
    if built.returncode:
        return built.returncode, built.stdout + built.stderr
    ran = subprocess.run(["vvp", str(compiled)], capture_output=True, text=True, check=False, input="")
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("module", MODULES)
def test_icarus_elaborates(module, tmp_path):
    code, text = _elaborate(module, {}, tmp_path)
    assert code == 0, text


@pytest.mark.parametrize("name", ARRAYS)
def test_icarus_elaborates_the_arrays(name, tmp_path):
    code, text = _elaborate("zs_array", ARRAYS[name].parameters(), tmp_path)
    assert code == 0, text


@pytest.mark.parametrize(("module", "parameters", "message"), OUT_OF_RANGE, ids=[m for _, _, m in OUT_OF_RANGE])
def test_parameters_out_of_range_are_refused(module, parameters, message, tmp_path):
    code, text = _elaborate(module, parameters, tmp_path)
    assert code != 0
    assert message in text
