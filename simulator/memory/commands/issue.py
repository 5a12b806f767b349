"""One command on the bus of a channel: part of ``simulator.memory.commands.service``, under the same rules."""

from typing import Any

from simulator.memory.commands.layout import (
    ACTIVE_CYCLES,
    ALL_ROW,
    C_EFFECT,
    CLOSE_ALL,
    CLOSED,
    COMMAND_WORDS,
    CONSTRAINT_WORDS,
    GROUP_BANKS,
    GROUPS,
    K_AFTER,
    K_CYCLES,
    K_RING,
    K_WINDOW,
    LOG_ROWS,
    LOG_USED,
    LOG_WORDS,
    MODE,
    N_BANKS,
    N_COMMANDS,
    N_MODE,
    N_REFRESH,
    NEXT_REFRESH,
    NONE,
    NOW,
    O_COMMAND,
    O_CONSTRAINT,
    O_COUNT,
    O_FIRST,
    O_LOG,
    O_OPEN,
    O_READY,
    O_RING,
    OPEN_ALL,
    OPEN_BANK,
    OPEN_COUNT,
    REFI,
    RING_WORDS,
    SINCE,
    STATE_HEAD,
    STRIDE,
)

Vector = Any  # a list of int or an int64 array


def change_mode_or_issue(
    params: Vector, state: Vector, base: int, command: int, bank: int, row: int, registers: int, cycle: int
) -> bool:
    """Issue a command, or in its place a change of mode; return whether it was the change."""
    if params[N_MODE] != NONE and state[base + MODE] != registers:
        state[base + MODE] = registers
        issue(params, state, base, params[N_MODE], NONE, NONE, cycle)
        return True
    issue(params, state, base, command, bank, row, cycle)
    return False


def issue(params: Vector, state: Vector, base: int, command: int, bank: int, row: int, cycle: int) -> None:
    """One command on the bus of a channel: what it forbids from now on, and what it does to the rows."""
    state[base + NOW] = cycle + 1
    state[base + params[O_COUNT] + command] += 1
    constrain(params, state, base, 0, 0, command, cycle)
    if bank >= 0:
        constrain(params, state, base, 1, 1 + bank // params[GROUP_BANKS], command, cycle)
        constrain(params, state, base, 2, 1 + params[GROUPS] + bank, command, cycle)
    effect = params[params[O_COMMAND] + command * COMMAND_WORDS + C_EFFECT]
    if effect:
        change_rows(params, state, base, effect, bank, row, cycle)
    if command == params[N_REFRESH]:
        state[base + NEXT_REFRESH] += params[REFI]
    if state[LOG_USED] < params[LOG_ROWS]:
        line = params[O_LOG] + state[LOG_USED] * LOG_WORDS
        state[line] = cycle
        state[line + 1] = (base - STATE_HEAD) // params[STRIDE]
        state[line + 2] = command
        state[line + 3] = bank
        state[line + 4] = row
        state[LOG_USED] += 1


def constrain(params: Vector, state: Vector, base: int, level: int, node: int, command: int, cycle: int) -> None:
    """Move the first legal cycle of every command that a constraint of this level names."""
    first = params[O_FIRST] + level * params[N_COMMANDS] + command
    table = base + params[O_READY] + node * params[N_COMMANDS]
    for number in range(params[first], params[first + 1]):
        constraint = params[O_CONSTRAINT] + number * CONSTRAINT_WORDS
        window, past = params[constraint + K_WINDOW], cycle
        if window > 1:
            # The ring holds the last `window` cycles, the oldest where the next is written.
            ring = base + params[O_RING] + node * params[RING_WORDS] + params[constraint + K_RING]
            place = state[ring]
            state[ring + 1 + place] = cycle
            state[ring] = (place + 1) % window
            past = state[ring + 1 + state[ring]]
            if past < 0:
                continue
        slot = table + params[constraint + K_AFTER]
        state[slot] = max(state[slot], past + params[constraint + K_CYCLES])


def change_rows(params: Vector, state: Vector, base: int, effect: int, bank: int, row: int, cycle: int) -> None:
    """Open or close a row in one bank or in all of them."""
    rows, before = base + params[O_OPEN], state[base + OPEN_COUNT]
    if effect in (OPEN_ALL, CLOSE_ALL):
        value = row if effect == OPEN_ALL else CLOSED
        for each in range(params[N_BANKS]):
            state[rows + each] = value
        state[base + OPEN_COUNT] = params[N_BANKS] if effect == OPEN_ALL else 0
        state[base + ALL_ROW] = value
    else:
        value = row if effect == OPEN_BANK else CLOSED
        was_open = state[rows + bank] != CLOSED
        state[rows + bank] = value
        state[base + OPEN_COUNT] += int(value != CLOSED) - int(was_open)
        state[base + ALL_ROW] = CLOSED
        if state[base + OPEN_COUNT] == params[N_BANKS]:
            same = True
            for each in range(params[N_BANKS]):
                same = same and state[rows + each] == row
            if same:
                state[base + ALL_ROW] = row
    if before == 0 and state[base + OPEN_COUNT] > 0:
        state[base + SINCE] = cycle
    elif before > 0 and state[base + OPEN_COUNT] == 0:
        state[base + ACTIVE_CYCLES] += cycle - state[base + SINCE]
