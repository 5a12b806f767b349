"""Timing tables of command-level memories: TOML in, the vectors of the service function out."""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.config import build_config, read_toml
from simulator.memory.commands import layout as at

FOLDER = Path(__file__).parent / "tables"
_TERM = re.compile(r"([+-]?)\s*(\w+)")
MAX_CYCLES = 10**7

Scope = Literal["channel", "bankgroup", "bank"]
NEEDS = {"none": at.NO_NEED, "row": at.NEED_BANK, "all rows": at.NEED_ALL}
EFFECTS = {
    "none": at.NO_EFFECT,
    "opens bank": at.OPEN_BANK,
    "opens all": at.OPEN_ALL,
    "closes bank": at.CLOSE_BANK,
    "closes all": at.CLOSE_ALL,
}
ROLES = ("act", "pre", "pre_all", "refresh")
OPTIONAL_ROLES = ("act_all", "mode")
MODE = "mode"
KINDS = {"host": at.HOST_ONLY, "ordered": at.ORDERED, "unordered": at.UNORDERED}


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Command(_Row):
    """A command on the bus of a channel: which banks it addresses, which rows it needs and what it does to them."""

    scope: Scope = "channel"
    needs: Literal["none", "row", "all rows"] = "none"
    effect: Literal["none", "opens bank", "opens all", "closes bank", "closes all"] = "none"
    latency: str = "1"


class Operation(_Row):
    """An instruction of the host, and the command that it ends in; none: a barrier, or nothing in the channels."""

    command: str | None = None
    kind: Literal["host", "ordered", "unordered"] = "ordered"
    registers: bool = False
    blocking: bool = False
    reads: bool = False


class Constraint(_Row):
    """No command of ``after`` within ``cycles`` of the ``window``-th last command of ``before``."""

    scope: Scope
    before: tuple[str, ...] = Field(strict=False)
    after: tuple[str, ...] = Field(strict=False)
    cycles: str
    window: Annotated[int, Field(ge=1, le=64)] = 1
    why: str = ""


class CommandTable(_Row):
    """Commands, timings and constraints of one kind of DRAM, in cycles of its command clock.

    Attributes:
        title: One line.
        source: Where the numbers come from.
        cycle_ps: Length of a cycle.
        timings: Every named timing in cycles.
        rules: Relations between timings that hold in any sane table, ``"nRAS + nRP <= nRC"``.
        commands: By name.
        depth: Requests that a buffer of a channel holds; a controller with buffers of its own has no use for it.
        roles: Which commands open and close rows, refresh, open all rows at once and change the mode; the last two are
            optional.
        operations: What the host can ask for, by name; none where a controller decides on the commands.
        constraints: The declared distances.
    """

    title: str
    source: str
    cycle_ps: Annotated[int, Field(ge=1)]
    depth: Annotated[int, Field(ge=1, le=1024)] = 1
    timings: dict[str, int]
    rules: tuple[str, ...] = Field(strict=False)
    roles: dict[str, str]
    commands: dict[str, Command]
    operations: dict[str, Operation] = Field(default_factory=dict)
    constraints: tuple[Constraint, ...] = Field(strict=False)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name, cycles in self.timings.items():
            if not 0 <= cycles <= MAX_CYCLES:
                raise InputError(f"timing {name}={cycles} outside [0, {MAX_CYCLES}]")
        for rule in self.rules:
            self._check_rule(rule)
        self._check_roles()
        for name, operation in self.operations.items():
            if operation.command is not None:
                self._known(operation.command, f"operation {name}")
        for constraint in self.constraints:
            for command in (*constraint.before, *constraint.after):
                self._known(command, f"constraint {constraint.cycles!r}")
            if self.cycles(constraint.cycles) < 0:
                raise InputError(f"constraint {constraint.cycles!r} is negative: {self.cycles(constraint.cycles)}")
        self._check_missing()
        return self

    def cycles(self, expression: str) -> int:
        """The value of sums and differences of timings and numbers, such as ``"nCWL + nBL + 3"``.

        Raises:
            InputError: A timing that the table does not have, or no such expression.
        """
        terms = _TERM.findall(expression)
        if "".join("".join(term) for term in terms) != re.sub(r"\s", "", expression):
            raise InputError(f"{expression!r} is no sum of timings")
        total = 0
        for sign, name in terms:
            if not name.isdigit() and name not in self.timings:
                raise InputError(f"{expression!r}: no timing {name!r}; legal: {', '.join(self.timings)}")
            value = int(name) if name.isdigit() else self.timings[name]
            total += -value if sign == "-" else value
        return total

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Number of each command."""
        return {name: number for number, name in enumerate(self.commands)}

    @cached_property
    def operation_numbers(self) -> dict[str, int]:
        """Number of each operation."""
        return {name: number for number, name in enumerate(self.operations)}

    def distance(self, before: str, after: str) -> int | None:
        """The longest declared distance between two commands in one bank, windows aside; None: none is declared."""
        found = [
            self.cycles(c.cycles) for c in self.constraints if before in c.before and after in c.after and c.window == 1
        ]
        return max(found, default=None)

    def _known(self, command: str, where: str) -> None:
        if command not in self.commands:
            raise InputError(f"{where}: no command {command!r}; legal: {', '.join(self.commands)}")

    def _check_roles(self) -> None:
        for role in ROLES:
            if role not in self.roles:
                raise InputError(f"no command for the role {role!r}")
        for role, command in self.roles.items():
            if role not in (*ROLES, *OPTIONAL_ROLES):
                raise InputError(f"role {role!r} is not one of {', '.join((*ROLES, *OPTIONAL_ROLES))}")
            self._known(command, f"role {role}")

    def _check_rule(self, rule: str) -> None:
        low, _, high = rule.partition("<=")
        if self.cycles(low) > self.cycles(high):
            raise InputError(f"contradictory timings: {rule} does not hold, {self.cycles(low)} > {self.cycles(high)}")

    def _check_missing(self) -> None:
        """Refuse a table that leaves a distance open which every DRAM has.

        Raises:
            InputError: It names both commands.
        """
        roles = self.roles
        pairs = [(roles["pre"], roles["act"]), (roles["act"], roles["pre"]), (roles["pre_all"], roles["refresh"])]
        # Where all rows can be opened at once that comes after a precharge of all, else an activation does.
        opens_after_all = roles.get("act_all", roles["act"])
        pairs += [(roles["pre_all"], opens_after_all), (opens_after_all, roles["pre_all"])]
        pairs += [(roles["refresh"], roles["act"]), (roles["refresh"], opens_after_all)]
        for name, command in self.commands.items():
            if command.needs != "none":
                opening = roles["act"] if command.needs == "row" else opens_after_all
                then = {"closes all": opens_after_all, "closes bank": roles["act"]}.get(
                    command.effect, roles["pre" if command.needs == "row" else "pre_all"]
                )
                pairs += [(opening, name), (name, then)]
            if "mode" in roles and name != roles["mode"]:
                pairs.append((roles["mode"], name))
        for before, after in pairs:
            if self.distance(before, after) is None:
                raise InputError(f"missing constraint: nothing is declared from {before} to {after}")


def load_table(name_or_path: str | Path) -> CommandTable:
    """A table that comes with zeroskip, by its name, or one from a TOML file.

    Raises:
        InputError: No such table, or constraints that are missing or contradict each other.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = FOLDER / f"{name_or_path}.toml"
        if not path.is_file():
            known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.toml")))
            raise InputError(f"timing table {name_or_path!r} is not one of {known}, nor a path that ends in .toml")
    return build_config(CommandTable, _with_base(read_toml(path)), f"timing table {path.stem}")


def _with_base(values: dict[str, Any]) -> dict[str, Any]:
    """A table that names a ``base`` is that one with own keys instead, timings changed, ``without`` commands."""
    if "base" not in values:
        return values
    base = _with_base(read_toml(FOLDER / f"{values['base']}.toml"))
    gone = set(values.get("without", ()))
    merged = base | {name: value for name, value in values.items() if name not in ("base", "without")}
    merged["timings"] = base["timings"] | values.get("timings", {})
    merged["commands"] = {name: each for name, each in merged["commands"].items() if name not in gone}
    merged["roles"] = {role: name for role, name in merged["roles"].items() if name not in gone}
    kept = []
    for constraint in merged["constraints"]:
        sides = {side: [name for name in constraint[side] if name not in gone] for side in ("before", "after")}
        if all(sides.values()):
            kept.append(constraint | sides)
    merged["constraints"] = kept
    return merged


def vectors(
    table: CommandTable, *, channels: int, groups: int, group_banks: int, refresh: bool, log_rows: int = 0
) -> tuple[IntArray, IntArray]:
    """Parameters and first state of a memory, for ``simulator.engine.job.MemoryState``.

    Args:
        table: Its commands and constraints.
        channels: Channels behind one host, at most 62.
        groups: Bank groups of a channel.
        group_banks: Banks of a group.
        refresh: Whether refreshes fall due.
        log_rows: Commands to write down in the state, the first ones.
    """
    operations = list(table.operations.values())
    constraints, first, ring_words = _constraints(table)
    banks, nodes, count = groups * group_banks, 1 + groups + groups * group_banks, len(table.commands)
    params = np.zeros(at.PARAMS_HEAD, np.int64)
    head: dict[int, int] = {
        at.KIND: at.COMMANDS,
        at.N_CHANNELS: channels,
        at.GROUPS: groups,
        at.N_BANKS: banks,
        at.GROUP_BANKS: group_banks,
        at.N_COMMANDS: count,
        at.DEPTH: table.depth,
        at.REFI: table.cycles("nREFI") if refresh else 0,
        at.RING_WORDS: ring_words,
        at.LOG_ROWS: log_rows,
    }
    roles = {at.N_ACT: "act", at.N_PRE: "pre", at.N_ACT_ALL: "act_all", at.N_PRE_ALL: "pre_all"}
    roles |= {at.N_REFRESH: "refresh", at.N_MODE: "mode"}
    head |= {word: table.numbers[table.roles[role]] if role in table.roles else at.NONE for word, role in roles.items()}
    tables = {
        at.O_OPERATION: _operation_words(table, operations),
        at.O_COMMAND: [word for item in table.commands.items() for word in _command_words(table, *item)],
        at.O_FIRST: first,
        at.O_CONSTRAINT: constraints,
    }
    place, body = at.PARAMS_HEAD, []
    for word, values in tables.items():
        head[word] = place
        place += len(values)
        body += values
    sizes = {
        at.O_OPEN: banks,
        at.O_READY: nodes * count,
        at.O_COUNT: count,
        at.O_ORDERED: at.ENTRY_WORDS,
        at.O_ISSUED: table.depth,
        at.O_READS: 2 * table.depth * at.ENTRY_WORDS,
        at.O_ACTIVE: 2 * table.depth * at.ENTRY_WORDS,
        at.O_RING: nodes * ring_words,
    }
    stride = at.CHANNEL_HEAD
    for word, size in sizes.items():
        head[word] = stride
        stride += size
    head[at.STRIDE] = stride
    head[at.O_LOG] = at.STATE_HEAD + channels * stride
    for word, value in head.items():
        params[word] = value
    state = np.zeros(head[at.O_LOG] + log_rows * at.LOG_WORDS, np.int64)
    each = state[at.STATE_HEAD : head[at.O_LOG]].reshape(channels, stride)
    each[:, at.NEXT_REFRESH] = head[at.REFI]
    each[:, at.ALL_ROW] = at.CLOSED
    each[:, head[at.O_OPEN] : head[at.O_OPEN] + banks] = at.CLOSED
    each[:, head[at.O_ISSUED] : head[at.O_ISSUED] + table.depth] = at.NONE
    each[:, head[at.O_RING] :] = at.NONE
    _clear_ring_places(each[:, head[at.O_RING] :], constraints, nodes, ring_words)
    return np.concatenate([params, np.array(body, np.int64)]), state


def _clear_ring_places(rings: IntArray, constraints: list[int], nodes: int, ring_words: int) -> None:
    """The first word of each ring says where the next cycle is written: at first 0."""
    rows = np.array(constraints, np.int64).reshape(-1, at.CONSTRAINT_WORDS)
    for row in rows[rows[:, at.K_WINDOW] > 1]:
        for node in range(nodes):
            rings[:, node * ring_words + row[at.K_RING]] = 0


def _constraints(table: CommandTable) -> tuple[list[int], list[int], int]:
    """Constraint words, the place where those of each level and command begin, and words of all rings of a node."""
    found: dict[tuple[int, int], dict[tuple[int, int], int]] = {}
    for constraint in table.constraints:
        level, cycles = at.LEVELS.index(constraint.scope), table.cycles(constraint.cycles)
        for before in constraint.before:
            rows = found.setdefault((level, table.numbers[before]), {})
            for after in constraint.after:
                key = (table.numbers[after], constraint.window)
                rows[key] = max(rows.get(key, 0), cycles)
    words: list[int] = []
    first: list[int] = []
    ring = 0
    for level in range(len(at.LEVELS)):
        for before_number in range(len(table.commands)):
            first.append(len(words) // at.CONSTRAINT_WORDS)
            for (after_number, window), cycles in sorted(found.get((level, before_number), {}).items()):
                words += [after_number, cycles, window, ring]
                ring += window + 1 if window > 1 else 0
    return words, [*first, len(words) // at.CONSTRAINT_WORDS], ring


def _command_words(table: CommandTable, name: str, command: Command) -> list[int]:
    windowed = any(each.window > 1 and name in each.before for each in table.constraints)
    words = [0] * at.COMMAND_WORDS
    words[at.C_SCOPE] = at.LEVELS.index(command.scope)
    words[at.C_NEED] = NEEDS[command.needs]
    words[at.C_EFFECT] = EFFECTS[command.effect]
    words[at.C_CLOSING] = int(command.effect.startswith("closes"))
    words[at.C_LATENCY] = table.cycles(command.latency)
    words[at.C_ACCESS] = int(command.needs != "none")
    words[at.C_STEADY] = int(command.effect == "none" and not windowed)
    return words


def _operation_words(table: CommandTable, operations: list[Operation]) -> list[int]:
    words = []
    for operation in operations:
        row = [0] * at.OPERATION_WORDS
        row[at.OP_KIND] = KINDS[operation.kind]
        row[at.OP_FINAL] = at.NONE if operation.command is None else table.numbers[operation.command]
        row[at.OP_REGISTERS] = int(operation.registers)
        row[at.OP_BLOCKING] = int(operation.blocking)
        row[at.OP_READER] = int(operation.reads)
        words += row
    return words


def counts(params: IntArray, state: IntArray, table: CommandTable) -> "dict[str, IntArray]":
    """Commands that every channel has issued, by name, (channels,) each, from a state."""
    each = channel_words(params, state)
    first = int(params[at.O_COUNT])
    return {name: each[:, first + number] for name, number in table.numbers.items()}


def channel_words(params: IntArray, state: IntArray) -> IntArray:
    """The state as (channels, words of a channel)."""
    channels, stride = int(params[at.N_CHANNELS]), int(params[at.STRIDE])
    return state[at.STATE_HEAD : at.STATE_HEAD + channels * stride].reshape(channels, stride)


def log(params: IntArray, state: IntArray) -> IntArray:
    """What was written down: (commands, 5) cycle, channel, command, bank, row."""
    first, used = int(params[at.O_LOG]), int(state[at.LOG_USED])
    return state[first : first + used * at.LOG_WORDS].reshape(used, at.LOG_WORDS)
