"""Requests that wait in the buffers of a channel: part of ``simulator.memory.commands.service``, under its rules."""

from typing import Any

from simulator.memory.commands.layout import (
    ACTIVE_COUNT,
    ALL_ROW,
    C_CLOSING,
    C_NEED,
    C_SCOPE,
    CLOSED,
    COMMAND_WORDS,
    E_BANK,
    E_FINAL,
    E_MISSED,
    E_READER,
    E_REGISTERS,
    E_ROW,
    ENTRY_WORDS,
    GROUP_BANKS,
    GROUPS,
    N_ACT,
    N_ACT_ALL,
    N_BANKS,
    N_COMMANDS,
    N_PRE,
    N_PRE_ALL,
    NEED_ALL,
    NEED_BANK,
    NEVER,
    NONE,
    O_ACTIVE,
    O_COMMAND,
    O_OPEN,
    O_ORDERED,
    O_READS,
    O_READY,
    OP_FINAL,
    OP_READER,
    OP_REGISTERS,
    OPEN_COUNT,
    ORDERED_HELD,
    READ_COUNT,
    WRITE_COUNT,
    WRITE_MODE,
)

Vector = Any  # a list of int or an int64 array


def fill(params: Vector, state: Vector, entry: int, operation: int, bank: int, row: int) -> None:
    """Write a request into an entry of a buffer."""
    state[entry + E_FINAL] = params[operation + OP_FINAL]
    state[entry + E_REGISTERS] = params[operation + OP_REGISTERS]
    state[entry + E_BANK] = bank
    state[entry + E_ROW] = row
    state[entry + E_MISSED] = 0
    state[entry + E_READER] = params[operation + OP_READER]


def earliest(params: Vector, state: Vector, base: int, first: int, count: int, now: int) -> int:
    """Of ``count`` entries the one that can issue first, the oldest among equals; NONE if there is none."""
    best, cycle = NONE, NEVER
    for place in range(count):
        entry = first + place * ENTRY_WORDS
        candidate = ready(params, state, base, entry, now)
        if candidate < cycle:
            best, cycle = entry, candidate
    return best


def ready(params: Vector, state: Vector, base: int, entry: int, now: int) -> int:
    """First cycle from ``now`` at which the next command of an entry keeps every constraint."""
    if state[entry + E_FINAL] == NONE:
        return now
    command = needed(params, state, base, entry)
    table = base + params[O_READY]
    cycle = max(now, state[table + command])
    bank = state[entry + E_BANK]
    if bank >= 0 and params[params[O_COMMAND] + command * COMMAND_WORDS + C_SCOPE]:
        group = 1 + bank // params[GROUP_BANKS]
        cycle = max(cycle, state[table + group * params[N_COMMANDS] + command])
        cycle = max(cycle, state[table + (1 + params[GROUPS] + bank) * params[N_COMMANDS] + command])
    return cycle


def needed(params: Vector, state: Vector, base: int, entry: int) -> int:
    """The command that an entry needs next: a precharge, an activate, or its own."""
    final, row = state[entry + E_FINAL], state[entry + E_ROW]
    need = params[params[O_COMMAND] + final * COMMAND_WORDS + C_NEED]
    rows = base + params[O_OPEN]
    if need == NEED_BANK:
        opened = state[rows + state[entry + E_BANK]]
        if opened == row:
            return final
        return params[N_ACT] if opened == CLOSED else params[N_PRE]
    if need == NEED_ALL:
        if state[base + ALL_ROW] == row:
            return final
        if state[base + OPEN_COUNT]:
            for bank in range(params[N_BANKS]):
                if state[rows + bank] != CLOSED and state[rows + bank] != row:
                    return params[N_PRE_ALL]
        return params[N_ACT_ALL]
    return final


def blocked(params: Vector, state: Vector, base: int, entry: int) -> bool:
    """Whether the next command of an entry would close a row that has been opened for another."""
    if state[entry + E_FINAL] == NONE:
        return False
    command = needed(params, state, base, entry)
    if not params[params[O_COMMAND] + command * COMMAND_WORDS + C_CLOSING]:
        return False
    active = base + params[O_ACTIVE]
    for place in range(state[base + ACTIVE_COUNT]):
        if state[active + place * ENTRY_WORDS + E_BANK] == state[entry + E_BANK]:
            return True
    return False


def waiting(params: Vector, state: Vector, base: int, now: int) -> tuple[int, int]:
    """The entry that issues next where no row is open for anything, and its cycle."""
    if state[base + ORDERED_HELD]:
        entry = base + params[O_ORDERED]
        return entry, ready(params, state, base, entry, now)
    reads, writes = state[base + READ_COUNT], state[base + WRITE_COUNT]
    if state[base + WRITE_MODE] == 0:
        if writes * 5 > 32 * 4 or reads == 0:
            state[base + WRITE_MODE] = 1
    elif writes * 5 < 32 and reads != 0:
        state[base + WRITE_MODE] = 0
    first = base + params[O_READS]
    best, cycle = NONE, NEVER
    for place in range(reads + writes):
        entry = first + place * ENTRY_WORDS
        if state[entry + E_READER] == state[base + WRITE_MODE]:
            continue
        candidate = ready(params, state, base, entry, now)
        if candidate < cycle:
            best, cycle = entry, candidate
            if cycle == now:
                break
    return best, cycle


def remove(params: Vector, state: Vector, base: int, entry: int, from_active: bool) -> None:
    """Take an entry out of its buffer."""
    if from_active:
        first, counter = base + params[O_ACTIVE], ACTIVE_COUNT
        count = state[base + ACTIVE_COUNT]
    elif entry < base + params[O_READS]:
        state[base + ORDERED_HELD] = 0
        return
    else:
        first = base + params[O_READS]
        counter = READ_COUNT if state[entry + E_READER] else WRITE_COUNT
        count = state[base + READ_COUNT] + state[base + WRITE_COUNT]
    state[base + counter] -= 1
    for word in range(entry, first + (count - 1) * ENTRY_WORDS):
        state[word] = state[word + ENTRY_WORDS]
