"""Does every command come at the first cycle that keeps every declared constraint?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.cycle import run_cycle
from simulator.engine.fast import run_fast
from simulator.engine.job import REQUEST_FIELDS, Job, Machine, MemoryState
from simulator.memory.commands import layout as at
from simulator.memory.commands.service import serve
from simulator.memory.commands.table import CommandTable, channel_words, load_table, log, vectors

TABLES = {name: load_table(name) for name in ("aim", "pim-gpt")}
GROUPS = GROUP_BANKS = 2
BANKS = GROUPS * GROUP_BANKS
LOG = 4000


def request(table, operation, mask=1, bank=-1, row=-1, count=1):
    return [table.operation_numbers[operation], mask, bank, row, count, 0, 0, 0, 0]


def play(table, requests, *, channels=1, refresh=False, gaps=()):
    """Cycles after each request, and what was issued: (cycle, channel, command, bank, row)."""
    params, state = vectors(
        table, channels=channels, groups=GROUPS, group_banks=GROUP_BANKS, refresh=refresh, log_rows=LOG
    )
    words, memory, time, ends = params.tolist(), state.tolist(), 0, []
    for index, each in enumerate(requests):
        time += gaps[index] if index < len(gaps) else 0
        time += serve(words, memory, each, time)
        ends.append(time)
    names = list(table.commands)
    lines = [(int(c), int(ch), names[n], int(b), int(r)) for c, ch, n, b, r in log(params, np.array(memory))]
    return ends, lines, (params, np.array(memory, np.int64))


class Checker:
    """The constraints as they are declared, command by command; it shares no code with the service function."""

    def __init__(self, table: CommandTable) -> None:
        self.table, self.past, self.rows, self.last, self.registers = table, [], {}, -1, False

    def earliest(self, command, bank):
        """First legal cycle of a command by the constraints alone."""
        cycle = self.last + 1
        for constraint in self.table.constraints:
            if command not in constraint.after:
                continue
            for before in constraint.before:
                seen = [c for c, name, b in self.past if name == before and self.near(constraint.scope, b, bank)]
                if len(seen) >= constraint.window:
                    cycle = max(cycle, seen[-constraint.window] + self.table.cycles(constraint.cycles))
        return cycle

    @staticmethod
    def near(scope, one, other):
        if scope == "channel":
            return True
        if one < 0 or other < 0:
            return False
        return one == other if scope == "bank" else one // GROUP_BANKS == other // GROUP_BANKS

    def take(self, cycle, command, bank, row):
        meta, roles = self.table.commands[command], self.table.roles
        assert cycle > self.last, f"{command} at {cycle}, another at {self.last}"
        assert cycle >= self.earliest(command, bank), f"{command} at {cycle}, legal from {self.earliest(command, bank)}"
        if meta.needs == "row":
            assert self.rows.get(bank) == row
        if meta.needs == "all rows":
            assert all(self.rows.get(each) == row for each in range(BANKS))
        if command == roles["refresh"]:
            assert not self.rows
        if command == roles["act"]:
            assert bank not in self.rows
        if meta.effect in ("opens all", "closes all"):
            self.rows = dict.fromkeys(range(BANKS), row) if meta.effect == "opens all" else {}
        elif meta.effect == "opens bank":
            self.rows[bank] = row
        elif meta.effect == "closes bank":
            self.rows.pop(bank, None)
        self.past.append((cycle, command, bank))
        self.last = cycle


@st.composite
def requests(draw, table, channels=1, most=25):
    drawn = []
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from([*table.operations]))
        operation = table.operations[name]
        single = operation.command is not None and table.commands[operation.command].scope == "bank"
        plain = operation.command is None or table.commands[operation.command].effect != "none" or operation.blocking
        drawn.append(
            request(
                table,
                name,
                mask=draw(st.integers(1, (1 << channels) - 1)),
                bank=draw(st.integers(0, BANKS - 1)) if single else -1,
                row=draw(st.integers(0, 2)),
                count=1 if plain else draw(st.sampled_from([1, 2, 5, 40])),
            )
        )
    return drawn


@pytest.mark.timing
@pytest.mark.parametrize("name", TABLES)
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_every_constraint_is_kept(name, data):
    table = TABLES[name]
    refresh = data.draw(st.booleans())
    gaps = data.draw(st.lists(st.sampled_from([0, 0, 1, 40, 2000]), max_size=25))
    _, lines, _ = play(table, data.draw(requests(table)), refresh=refresh, gaps=gaps)
    checker = Checker(table)
    for cycle, _, command, bank, row in lines:
        checker.take(cycle, command, bank, row)


@pytest.mark.timing
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_an_ordered_command_never_waits_for_nothing(data):
    """With all requests there from the start, every command comes at the first legal cycle."""
    table = TABLES["aim"]
    ordered = [r for r in data.draw(requests(table)) if table.operations[[*table.operations][r[0]]].kind == "ordered"]
    ordered = [r for r in ordered if not table.operations[[*table.operations][r[0]]].blocking]
    _, lines, _ = play(table, ordered)
    checker, roles = Checker(table), table.roles
    for index, (cycle, _, command, bank, row) in enumerate(lines):
        # A change of mode takes the place of the command that comes after it.
        least = checker.earliest(command, bank)
        if command == roles["mode"]:
            after = lines[index + 1]
            least = checker.earliest(after[2], after[3])
        # The host hands over one instruction a cycle at most: a command may wait for its own.
        assert cycle <= max(least, index + 1), f"{command} at {cycle}, legal from {least}"
        checker.take(cycle, command, bank, row)


@pytest.mark.timing
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_runs_are_what_their_commands_one_by_one_are(data):
    """The short cut for runs of equal commands is taken only without a log: it must not change a cycle."""
    table = TABLES[data.draw(st.sampled_from([*TABLES]))]
    drawn, refresh = data.draw(requests(table, channels=2)), data.draw(st.booleans())
    slow, fast = (
        vectors(table, channels=2, groups=GROUPS, group_banks=GROUP_BANKS, refresh=refresh, log_rows=rows)
        for rows in (20_000, 0)
    )
    ends = []
    for params, state in (slow, fast):
        words, memory, time = params.tolist(), state.tolist(), 0
        ends.append([])
        for each in drawn:
            time += serve(words, memory, each, time)
            ends[-1].append(time)
        state[:] = memory
    assert ends[0] == ends[1]
    assert (channel_words(*slow) == channel_words(*fast)).all()


@pytest.mark.timing
def test_refresh_falls_due_in_time_and_closes_rows():
    table = TABLES["aim"]
    interval = table.timings["nREFI"]
    _, lines, _ = play(table, [request(table, "MAC_ABK", row=row, count=64) for row in range(60)], refresh=True)
    refreshes = [cycle for cycle, _, command, _, _ in lines if command == "REFab"]
    assert len(refreshes) == lines[-1][0] // interval
    for number, cycle in enumerate(refreshes, start=1):
        assert number * interval <= cycle <= number * interval + table.timings["nRC"] + table.timings["nRP"]
    idle, lines, _ = play(table, [request(table, "WR_BIAS")], refresh=True, gaps=[5 * interval])
    assert [command for _, _, command, _, _ in lines].count("REFab") == 5
    assert idle[0] > 5 * interval


@pytest.mark.timing
def test_a_window_of_activates():
    """Not more than four activates in any nFAW, where a table declares it."""
    table = TABLES["aim"]
    constraint = table.constraints[0].model_copy(
        update={"scope": "channel", "before": ("ACT",), "after": ("ACT",), "cycles": "nFAW", "window": 4}
    )
    windowed = table.model_copy(update={"constraints": (*table.constraints, constraint)})
    params, state = vectors(windowed, channels=1, groups=4, group_banks=4, refresh=False, log_rows=LOG)
    words, memory = params.tolist(), state.tolist()
    for bank in range(8):
        serve(words, memory, request(windowed, "WRITE", bank=bank * 4 % 16 + bank // 4, row=0), bank)
    serve(words, memory, request(windowed, "SYNC"), 8)
    cycles = [line[0] for line in log(params, np.array(memory)) if line[2] == windowed.numbers["ACT"]]
    assert len(cycles) == 8
    assert all(cycles[i + 4] - cycles[i] >= windowed.timings["nFAW"] for i in range(4))
    assert any(cycles[i + 1] - cycles[i] < windowed.timings["nFAW"] // 4 for i in range(7))


def job(table, drawn, channels, refresh):
    params, state = vectors(table, channels=channels, groups=GROUPS, group_banks=GROUP_BANKS, refresh=refresh)
    machine = Machine(
        queues=("one", "two"),
        resources=("memory",),
        dispatch_latency=0,
        token_latency=0,
        memories=(MemoryState(params=params, state=state),),
    )
    count = len(drawn)
    return Job(
        machine=machine,
        queue=(np.arange(count) % 2).astype(np.uint8),
        wait=np.zeros(count, np.uint16),
        release=np.zeros(count, np.uint16),
        resource=np.zeros(count, np.int8),
        service=-1 - np.arange(count),
        requests=np.array(drawn, np.int64).reshape(count, len(REQUEST_FIELDS)),
    )


@pytest.mark.timing
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_both_executors_agree_on_times_and_on_the_state_they_leave(data):
    table = TABLES[data.draw(st.sampled_from([*TABLES]))]
    made = job(table, data.draw(requests(table, channels=3, most=12)), 3, data.draw(st.booleans()))
    states = [[], [], []]
    times = [run_cycle(made, final=states[0]), run_fast(made, compiled=True, final=states[1])]
    times.append(run_fast(made, compiled=False, final=states[2]))
    for start, end in times[1:]:
        assert (start == times[0][0]).all()
        assert (end == times[0][1]).all()
    for (state,) in states[1:]:
        assert (state == states[0][0]).all()
    assert made.machine.memories[0].state[at.STATE_HEAD + at.NOW] == 0, "an executor works on a copy"
