"""Does Yosys read and elaborate every module of the design, for several parameter sets?"""

import time

import pytest

from mapping.errors import InputError
from rtl.bench import yosys
from rtl.bench.build import RTL, Design
from rtl.bench.yosys import YosysError, run_yosys
from tests.rtl.tools import need_yosys

pytestmark = pytest.mark.rtl

MODULES = sorted(path.stem for room in ("common", "sat") for path in (RTL / room).glob("*.sv"))
INT8 = {"Rows": 3, "Cols": 5, "MaxN": 4, "MaxM": 8}
FP16 = {"Rows": 2, "Cols": 3, "MaxN": 2, "MaxM": 4, "Fp16": 1, "AddLatency": 3, "MulLatency": 2, "Interleave": 2}
HIDDEN = {"Rows": 2, "Cols": 2, "MaxN": 1, "MaxM": 1, "DrainSerial": 0}
SETS = [(module, {}) for module in MODULES] + [
    ("zs_fifo", {"Width": 512, "Depth": 5}),
    ("zs_scratchpad", {"Bytes": 4096, "Lanes": 16, "ReadPorts": 3, "WritePorts": 2}),
    ("zs_dma", {"Lanes": 64}),
    ("zs_delay", {"Width": 7, "Stages": 5, "HasReset": 1}),
    ("zs_delay", {"Width": 7, "Stages": 5}),
    ("zs_delay", {"Stages": 0}),
    ("zs_array", INT8),
    ("zs_array", FP16),
    ("zs_array", HIDDEN),
    ("zs_sat_core", INT8),
    ("zs_sat_core", FP16),
    ("zs_sat_core", HIDDEN),
    ("zs_sore", {"Lanes": 3, "MaxN": 8, "MaxM": 32}),
    ("zs_wuve", {"Lanes": 3, "MulLatency": 0, "AddLatency": 1}),
]


@pytest.mark.parametrize(("module", "parameters"), SETS, ids=[f"{m}-{'-'.join(map(str, p.values()))}" for m, p in SETS])
def test_yosys_elaborates(module, parameters, tmp_path):
    need_yosys()
    later = " -defer" if parameters else ""  # not elaborated with the defaults first
    commands = [f"read_verilog -sv{later} {p}" for p in Design(toplevel=module).sources()]
    values = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    log = run_yosys([*commands, f"hierarchy -check -top {module} {values}", "proc", "check -assert"], tmp_path)
    assert "Found and reported 0 problems" in log


def test_yosys_reads_all_for_proofs(tmp_path):
    need_yosys()
    files = [path for room in ("common", "sat") for path in sorted((RTL / room).glob("*.sv"))]
    commands = [f"read_verilog -sv -formal -DFORMAL -I{RTL / 'formal'} {path}" for path in files]
    log = run_yosys([*commands, "hierarchy -check -top zs_sat_core", "proc", "check -assert"], tmp_path)
    assert "Found and reported 0 problems" in log


def test_an_error_of_yosys_is_told_in_its_words(tmp_path):
    need_yosys()
    with pytest.raises(YosysError, match="nowhere"):
        run_yosys(["read_verilog -sv nowhere.sv"], tmp_path)


def test_a_script_that_does_not_end_is_stopped(tmp_path):
    need_yosys()
    with pytest.raises(YosysError, match=r"stopped after 0\.5 s"):
        run_yosys(["exec -- sleep 60"], tmp_path, limit_s=0.5)


def test_an_interrupt_is_heard_at_once(tmp_path):
    need_yosys()
    begun = time.monotonic()

    def check():
        if time.monotonic() - begun > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_yosys(["exec -- sleep 60"], tmp_path, check=check)
    assert time.monotonic() - begun < 30


def test_a_missing_yosys_is_told_with_the_mend(monkeypatch):
    monkeypatch.setattr(yosys, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install"):
        yosys.need_yosys()
