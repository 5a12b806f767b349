"""The bench of ``zs_dram_sequencer``: every command of random operations, against the model and a behavioural DRAM."""

import os
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from rtl.bench.coverage import Bins
from rtl.bench.dram_banks import Banks
from simulator.memory.commands.service import serve
from simulator.memory.commands.table import CommandTable, load_table, log, vectors

NAME = os.environ.get("ZEROSKIP_BENCH_TABLE", "aim")
OPERATIONS = int(os.environ.get("ZEROSKIP_BENCH_CASES", "300"))
SEED = int(os.environ.get("COCOTB_RANDOM_SEED", "1"))
TABLE = load_table(NAME)
ROWS = 3
TRAILING = 64  # cycles watched after the last command
BINS = Bins(
    [
        "activate",
        "precharge",
        "row hit",
        "row miss",
        "row closed by the operation",
        "operation waits for nothing",
        "idle channel",
        "run of commands",
        "refresh with rows open",
        "refresh of an idle channel",
        *(
            ["change into registers", "change out of registers", "refresh after registers"]
            if "mode" in TABLE.roles
            else []
        ),
        *(
            f"tight {before} to {after}"
            for before, after in (("ACT16", "MAC16"), ("PREA", "ACT16"), ("MAC16", "MAC16"))
        ),
    ]
)


def commands(table: CommandTable) -> list[str]:
    """Names by the number that the Verilog gives them."""
    roles = table.roles
    first = [roles["act_all"], roles["pre_all"], roles["refresh"], roles.get("mode", "")]
    ordered = [each.command for each in table.operations.values() if each.kind == "ordered" and each.command]
    others = [name for name in ordered if table.commands[name].scope == "channel"]
    return [*first, *dict.fromkeys(others)]


def drawn(table: CommandTable, rng: np.random.Generator) -> list[tuple[int, str, int, int]]:
    """Operations: (cycle of arrival, name, row, count)."""
    names = [
        name
        for name, each in table.operations.items()
        if each.kind == "ordered" and each.command and table.commands[each.command].scope == "channel"
    ]
    found, cycle = [], 0
    for _ in range(OPERATIONS):
        name = names[int(rng.integers(len(names)))]
        steady = table.commands[str(table.operations[name].command)].effect == "none"
        count = int(rng.choice([1, 1, 2, 3, 20])) if steady else 1
        cycle += int(rng.choice([0, 1, 5, 300, 1500, 9000], p=[0.7, 0.1, 0.1, 0.08, 0.01, 0.01]))
        found.append((cycle, name, int(rng.integers(ROWS)), count))
    return found


def expected(table: CommandTable, operations: list[tuple[int, str, int, int]], refresh: bool, end: int) -> np.ndarray:
    """What the model issues, (commands, 5): cycle, channel, command, bank, row."""
    params, state = vectors(
        table, channels=1, groups=4, group_banks=4, refresh=refresh, log_rows=50 * OPERATIONS + 1000
    )
    words, memory = params.tolist(), state.tolist()
    for cycle, name, row, count in operations:
        needs = table.commands[str(table.operations[name].command)].needs != "none"
        request = [table.operation_numbers[name], 1, -1, row if needs else -1, count, 0, 0, 0, 0]
        serve(words, memory, request, cycle)
    found = log(params, np.array(memory, np.int64))
    return found[found[:, 0] < end]


async def start(dut: Any, table: CommandTable, refresh: int) -> None:  # noqa: ANN401  # cocotb's handle
    """Reset, and write every distance of the table."""
    for name in (
        "run",
        "table_valid",
        "table_before",
        "table_after",
        "table_cycles",
        "op_valid",
        "op_command",
        "op_rows",
    ):
        getattr(dut, f"{name}_i").value = 0
    for name in ("op_registers", "op_closes", "op_row"):
        getattr(dut, f"{name}_i").value = 0
    dut.op_count_i.value = 1
    dut.refresh_cycles_i.value = refresh
    dut.rst_ni.value = 0
    cocotb.start_soon(Clock(dut.clk_i, 10, "ns").start())
    for _ in range(2):
        await RisingEdge(dut.clk_i)
    dut.rst_ni.value = 1
    names = commands(table)
    dut.table_valid_i.value = 1
    for before_number, before in enumerate(names):
        for after_number, after in enumerate(names):
            least = table.distance(before, after) if before and after else 0
            dut.table_before_i.value = before_number
            dut.table_after_i.value = after_number
            dut.table_cycles_i.value = least or 0
            await RisingEdge(dut.clk_i)
    dut.table_valid_i.value = 0
    await RisingEdge(dut.clk_i)
    dut.run_i.value = 1


@cocotb.test(timeout_time=50, timeout_unit="ms")
@cocotb.parametrize(refresh=[False, True])
async def test_every_command(dut: Any, refresh: bool) -> None:  # noqa: ANN401  # cocotb's handle
    """Cycle, command and row of every command, and every constraint."""
    table, names = TABLE, commands(TABLE)
    operations = drawn(table, np.random.default_rng([SEED, refresh]))
    await start(dut, table, table.cycles("nREFI") if refresh else 0)
    banks, got, position, idle_since = Banks(table), [], 0, 0
    cycle = 0
    end: int | None = None
    while end is None or cycle < end:
        here = operations[position] if position < len(operations) and cycle >= operations[position][0] else None
        dut.op_valid_i.value = int(here is not None)
        if here is not None:
            _, name, row, count = here
            final = str(table.operations[name].command)
            dut.op_command_i.value = names.index(final)
            dut.op_rows_i.value = int(table.commands[final].needs == "all rows")
            dut.op_closes_i.value = int(table.commands[final].effect == "closes all")
            dut.op_registers_i.value = int(table.operations[name].registers)
            dut.op_row_i.value = row
            dut.op_count_i.value = count
        await ReadOnly()
        if dut.command_valid_o.value:
            command = names[int(dut.command_o.value)]
            row = int(dut.command_row_o.value)
            refreshing = (
                here is None
                or command == table.roles["refresh"]
                or (refresh and command == table.roles["pre_all"] and _refresh_due(got, table, cycle))
            )
            needed = bool(here is not None and not refreshing and table.operations[here[1]].registers)
            cover(banks, got, command, here, needed)
            banks.take(cycle, command, row, needed)
            got.append((cycle, command, row))
            idle_since = cycle
        BINS.hit("idle channel", here is None and cycle > idle_since)
        if dut.op_ready_o.value:
            position += 1
            if position == len(operations):
                end = cycle + TRAILING
        await RisingEdge(dut.clk_i)
        cycle += 1
    assert position == len(operations), f"{position} of {len(operations)} operations done"
    compare(table, operations, refresh, got, cycle)
    for before, after in banks.tight:
        if f"tight {before} to {after}" in BINS._hits:
            BINS.hit(f"tight {before} to {after}")


def _refresh_due(got: list[tuple[int, str, int]], table: CommandTable, cycle: int) -> bool:
    done = sum(command == table.roles["refresh"] for _, command, _ in got)
    return cycle >= (done + 1) * table.cycles("nREFI")


def cover(banks: Banks, got: list[tuple[int, str, int]], command: str, here: Any, needed: bool) -> None:  # noqa: ANN401
    """Fill the bins."""
    roles, before = TABLE.roles, got[-1][1] if got else ""
    row_command = TABLE.commands[command].needs == "all rows"
    BINS.hit("activate", command == roles["act_all"])
    BINS.hit("precharge", command == roles["pre_all"])
    BINS.hit("row hit", row_command and before not in ("", roles["act_all"], roles.get("mode", "")))
    BINS.hit("row miss", row_command and before == roles["act_all"])
    BINS.hit("row closed by the operation", row_command and TABLE.commands[command].effect == "closes all")
    BINS.hit("operation waits for nothing", bool(got) and here is not None and here[0] > got[-1][0] + 200)
    BINS.hit("run of commands", command == before and len(got) > 2 and got[-2][1] == command)
    BINS.hit("refresh with rows open", command == roles["refresh"] and before == roles["pre_all"])
    BINS.hit("refresh of an idle channel", command == roles["refresh"] and here is None)
    if "mode" in roles:
        BINS.hit("change into registers", command == roles["mode"] and not banks.registers)
        BINS.hit("change out of registers", command == roles["mode"] and banks.registers)
        BINS.hit("refresh after registers", command == roles["mode"] and banks.registers and not needed)


def compare(
    table: CommandTable,
    operations: list[tuple[int, str, int, int]],
    refresh: bool,
    got: list[tuple[int, str, int]],
    end: int,
) -> None:
    """Both traces, command by command."""
    names = list(table.commands)
    want = [(int(at), names[number], int(row)) for at, _, number, _, row in expected(table, operations, refresh, end)]
    # The model stops with its last operation; a refresh that the channel does on its own after that is not compared.
    last = want[-1][0]
    got = [line for line in got if line[0] <= last]
    for index, (mine, theirs) in enumerate(zip(got, want, strict=False)):
        with_row = table.commands[mine[1]].needs == "all rows" or mine[1] == table.roles["act_all"]
        same = mine[:2] == theirs[:2] and (not with_row or mine[2] == theirs[2])
        assert same, f"command {index}: the Verilog issues {mine}, expected {theirs}"
    assert len(got) == len(want), f"the Verilog issues {len(got)} commands, expected {len(want)}"


@cocotb.test()
async def test_zz_coverage(dut: Any) -> None:  # noqa: ANN401  # cocotb's handle
    """No bin may be empty; runs last."""
    del dut
    BINS.check()
