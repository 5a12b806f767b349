"""Is every module free of warnings, for every named parameter set, and written as the house writes?"""

import re

import pytest

from rtl.bench.benches import COMMON, DSP_CHAIN, S4, SAT, Bench
from rtl.bench.build import FOLDERS, RTL, Design
from rtl.bench.lint import WAIVERS, find_verible, lint, lint_style, waivers
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl

FILES = [path for folder in FOLDERS for path in sorted(folder.glob("*.sv"))]
DESIGN = [path for path in FILES if RTL / "bench" not in path.parents]
HEADER = ("Golden function", "Timing function", "Latency", "Throughput", "Contract")
MORE_SETS = [  # beside those of the benches: smallest, defaults, large
    ("zs_spill_register", {"Width": 1}),
    ("zs_fifo", {"Width": 512, "Depth": 5}),
    ("zs_token_counter", {"Width": 1}),
    ("zs_token_counter", {"Width": 32}),
    ("zs_arbiter", {"NumQueues": 1}),
    ("zs_arbiter", {"NumQueues": 16}),
    ("zs_dispatch", {"NumQueues": 1, "QueueIndex": 0, "WordWidth": 48, "Depth": 2}),
    ("zs_dispatch", {"NumQueues": 16, "QueueIndex": 15, "NumResources": 16, "WordWidth": 512, "Depth": 8}),
    ("zs_control", {"NumQueues": 1, "WordWidth": 48}),
    ("zs_control", {"NumQueues": 3, "NumResources": 1, "WordWidth": 576}),
    ("zs_queue_machine", {"NumQueues": 1}),
    ("zs_service_timer", {"Width": 1}),
    ("zs_service_timer", {"Width": 64}),
    ("zs_scratchpad", {"Bytes": 1, "Lanes": 1}),
    ("zs_scratchpad", {"Bytes": 65536, "Lanes": 64, "ReadPorts": 3, "WritePorts": 2}),
    ("zs_dma", {"Lanes": 16, "LatencyWidth": 2}),
    ("zs_dma", {"Lanes": 64, "LatencyWidth": 32}),
    ("zs_delay", {"Width": 3, "Stages": 0}),
    ("zs_delay", {"Width": 3, "Stages": 4, "HasReset": 1}),
    ("zs_sparse_mux", {"Inputs": 4, "Stages": 2}),
    ("zs_sparse_mux", {"Inputs": 64, "Width": 64}),
]
SETS = [(path.stem, {}) for path in FILES] + MORE_SETS
BENCHES = [bench for bench in COMMON + SAT + DSP_CHAIN + S4 if isinstance(bench, Bench)]
SETS += [(bench.toplevel, dict(values)) for bench in BENCHES for values in bench.parameters.values()]


@pytest.mark.parametrize(("module", "parameters"), SETS, ids=[f"{m}-{'-'.join(map(str, p.values()))}" for m, p in SETS])
def test_verilator_has_nothing_to_say(module, parameters):
    need("verilator")
    assert not lint(Design(toplevel=module, parameters=parameters))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_verible_has_nothing_to_say(path):
    if find_verible() is None:
        pytest.skip("Verible is not installed")
    assert not lint_style(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_house_rules(path):
    text = path.read_text()
    lines = text.splitlines()
    assert lines[0] == "// SPDX-License-Identifier: Apache-2.0"
    assert re.search(rf"^// {path.stem}: ", text, re.MULTILINE), "the header says what the module is for"
    for entry in HEADER:
        assert re.search(rf"^// {entry}:\s", text, re.MULTILINE), f"the header lacks {entry}"
    assert re.findall(r"^module (\w+)", text, re.MULTILINE) == [path.stem]
    assert "`default_nettype none" in text
    assert lines[-1] == "`default_nettype wire"
    assert "lint_off" not in text, "waivers stand in rtl/lint/waivers.vlt"
    assert len(lines) <= 400
    ports = re.findall(r"^  (?:input  wire logic|output      logic)\s.*?(\w+),?(?:\s*//.*)?$", text, re.MULTILINE)
    assert ports
    assert [name for name in ports if not name.endswith(("_i", "_o", "_ni"))] == []


@pytest.mark.parametrize("path", DESIGN, ids=lambda path: path.stem)
def test_every_parameter_has_a_range_check(path):
    text = path.read_text()
    checked = set(re.findall(r'\$fatal\(1, "\w+: (\w+)=', text))
    for name in re.findall(r"^  parameter\s+int (\w+)", text, re.MULTILINE):
        handed_on = re.findall(rf"\.\w+\s*\({name}\)", text)
        assert name in checked or handed_on, f"{name} is neither checked nor handed to a module that checks it"


def test_waivers_have_reasons():
    assert WAIVERS.read_text().startswith("`verilator_config")
    assert all("//" in line for line in waivers())
