"""Does the Verilog of the bank unit give NumPy's bits, and that of the sequencer the model's commands?"""

import re
from pathlib import Path

import pytest

from rtl.bench.build import RTL, BenchError, Design
from rtl.bench.dram_banks import Banks, ViolationError
from rtl.bench.lint import find_verible, lint, lint_style
from simulator.memory.commands.table import load_table
from tests.rtl.dram_pim.mutants import DRAM_PIM_MUTANTS
from tests.rtl.dram_pim.support import SETS, check, design
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl

FILES = sorted((RTL / "dram_pim").glob("*.sv"))
HEADER = ("Golden function", "Timing function", "Latency", "Throughput", "Contract")
LIMITS = [
    ("zs_fp32_to_bf16", {}),
    ("zs_bank_mac", {}),
    ("zs_bank_mac", {"Registers": 1}),
    ("zs_bank_mac", {"Registers": 256}),
    ("zs_dram_sequencer", {}),
    ("zs_dram_sequencer", {"Commands": 5, "Width": 2, "RowWidth": 1}),
    ("zs_dram_sequencer", {"Commands": 22, "Width": 16, "HasMode": 0}),
]
NAMES = [mutant.fault.replace(" ", "-") for mutant in DRAM_PIM_MUTANTS]
# A default run catches a handful, of both modules and of every kind; the slow tests catch all.
QUICK = ("ties-away-from-zero", "every-distance-a-cycle-short", "refresh-in-register-mode")


@pytest.mark.timing
@pytest.mark.parametrize(("module", "name"), SETS, ids=[" ".join(each) for each in SETS])
def test_the_verilog_agrees(module: str, name: str) -> None:
    need("verilator")
    check(module, name)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 22))
@pytest.mark.parametrize(("module", "name"), SETS, ids=[" ".join(each) for each in SETS])
def test_the_verilog_agrees_on_more(module: str, name: str, seed: int) -> None:
    need("verilator")
    check(module, name, seed)


@pytest.mark.parametrize(("module", "parameters"), LIMITS, ids=[f"{m} {p}" for m, p in LIMITS])
def test_verilator_has_nothing_to_say(module, parameters) -> None:
    need("verilator")
    assert not lint(Design(toplevel=module, parameters=parameters))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_house_rules(path: Path) -> None:
    if find_verible() is not None:
        assert not lint_style(path)
    text = path.read_text()
    lines = text.splitlines()
    assert lines[0] == "// SPDX-License-Identifier: Apache-2.0"
    assert re.search(rf"^// {path.stem}: ", text, re.MULTILINE), "the header says what the module is for"
    for entry in HEADER:
        assert re.search(rf"^// {entry}:\s", text, re.MULTILINE), f"the header lacks {entry}"
    assert re.findall(r"^module (\w+)", text, re.MULTILINE) == [path.stem]
    assert "`default_nettype none" in text
    assert lines[-1] == "`default_nettype wire"
    for name in re.findall(r"^  parameter\s+int (\w+)", text, re.MULTILINE):
        assert f'$fatal(1, "{path.stem}: {name}=' in text, f"{name} is not checked"


@pytest.mark.parametrize("mutant", DRAM_PIM_MUTANTS, ids=NAMES)
def test_a_mutant_changes_one_place(mutant) -> None:
    assert (RTL / "dram_pim" / mutant.file).read_text().count(mutant.original) == 1
    assert mutant.mutated != mutant.original


def test_there_are_enough_mutants() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 20
    assert set(QUICK) <= set(NAMES)


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for mutant, name in zip(DRAM_PIM_MUTANTS, NAMES, strict=True)
    ],
)
def test_a_mutant_is_caught(mutant) -> None:
    need("verilator")
    path = RTL / "dram_pim" / mutant.file
    replaced = {path: path.read_text().replace(mutant.original, mutant.mutated)}
    assert path in design(*mutant.bench).sources()
    with pytest.raises(BenchError) as caught:
        check(*mutant.bench, replaced=replaced, limit_s=60)
    assert "build failed" not in str(caught.value)


def test_the_behavioural_dram_objects() -> None:
    """The checker is checked: one command too early, in the wrong mode, with the wrong row."""
    table = load_table("aim")

    def played(*commands: tuple[int, str, int, bool]) -> Banks:
        banks = Banks(table)
        for command in commands:
            banks.take(*command)
        return banks

    assert played((0, "ACT16", 1, False), (56, "MAC16", 1, False), (58, "MAC16", 1, False)).tight
    for commands, reason in (
        (((0, "ACT16", 1, False), (55, "MAC16", 1, False)), "55 after ACT16, at least 56"),
        (((0, "ACT16", 1, False), (56, "MAC16", 2, False)), "needs row 2"),
        (((0, "MAC16", 1, False),), "needs row 1"),
        (((0, "ACT16", 1, False), (100, "REFab", -1, False)), "with row 1 open"),
        (((0, "WRGB", -1, True),), "wrong mode"),
        (((0, "ACT16", 1, False), (0, "PREA", -1, False)), "in the cycle of another"),
    ):
        with pytest.raises(ViolationError, match=reason):
            played(*commands)
