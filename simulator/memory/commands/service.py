"""How long a command-level DRAM takes for a request of its host: one plain function, called by both executors.

It must compile under Numba as it stands, so it uses integers, indexing and loops only. ``params`` and ``state`` are
flat vectors; ``simulator.memory.commands.layout`` gives their layout, ``simulator.memory.commands.table`` fills them.

A request is one instruction of a host (DMA) that feeds several channels. It becomes one command or more in each of its
channels; every channel has a controller that issues at most one command a cycle, keeps every constraint of the table,
and inserts the commands that a command needs before it. The rules are those of AiM's controller (``docs/dram_pim.md``):

* **Host.** Instructions are taken in order, one a cycle at most. One is done when the buffers of all its channels have
  taken its requests; a blocking one when the data of all channels have come back.
* **Buffers.** A channel holds ``DEPTH`` ordered requests, or as many reads and as many writes. It takes ordered
  requests only while no read or write waits, and the reverse.
* **Order.** Ordered requests issue first come, first served. Reads and writes issue as they become ready, the oldest
  first; one whose row has been opened for it goes before everything else.
* **Prerequisites.** A command that needs a row gets a precharge and an activate first; a command that accesses
  registers, or one that does not after one that does, a change of mode. Each looks at the constraints when it issues.
* **Refresh.** Falls due every nREFI in every channel and goes before all but requests whose row is open for them.
"""

from typing import Any

from simulator.memory.commands.entries import blocked, earliest, fill, needed, ready, remove, waiting
from simulator.memory.commands.issue import change_mode_or_issue, change_rows, constrain, issue
from simulator.memory.commands.layout import (
    ACCESSES,
    ACTIVE_COUNT,
    BANK,
    C_ACCESS,
    C_LATENCY,
    C_STEADY,
    COMMAND_WORDS,
    COUNT,
    DEPTH,
    E_BANK,
    E_FINAL,
    E_MISSED,
    E_READER,
    E_REGISTERS,
    E_ROW,
    ENTRY_WORDS,
    HOST_ONLY,
    ISSUED_PLACE,
    LAST_READ,
    LOG_ROWS,
    MASK,
    MISSES,
    N_ACT,
    N_ACT_ALL,
    N_CHANNELS,
    N_PRE_ALL,
    N_REFRESH,
    NEVER,
    NEXT_REFRESH,
    NONE,
    NOW,
    O_ACTIVE,
    O_COMMAND,
    O_COUNT,
    O_ISSUED,
    O_OPERATION,
    O_ORDERED,
    O_READS,
    O_READY,
    OP_BLOCKING,
    OP_FINAL,
    OP_KIND,
    OP_READER,
    OPEN_COUNT,
    OPERATION,
    OPERATION_WORDS,
    ORDERED,
    ORDERED_HELD,
    READ_COUNT,
    REFI,
    ROW,
    STATE_HEAD,
    STRIDE,
    WRITE_COUNT,
    WRITE_DONE,
)

Vector = Any  # a list of int or an int64 array


def serve(params: Vector, state: Vector, request: Vector, start: int) -> int:
    """Take one instruction of the host and advance the state.

    Args:
        params: The table, ``layout``.
        state: Of all channels, ``layout``; changed. Reads and writes that wait lie in it and issue in later calls.
        request: (9,) columns ``COMMAND_REQUEST``.
        start: Cycle at which the host takes it.

    Returns:
        Cycles until the host can take the next instruction.
    """
    operation = params[O_OPERATION] + request[OPERATION] * OPERATION_WORDS
    kind = params[operation + OP_KIND]
    if kind == HOST_ONLY:
        return int(request[COUNT])
    finish = start
    for channel in range(params[N_CHANNELS]):
        if (request[MASK] >> channel) & 1 == 0:
            continue
        base = STATE_HEAD + channel * params[STRIDE]
        if kind == ORDERED:
            taken = send_ordered(params, state, base, operation, request[BANK], request[ROW], request[COUNT], start)
        else:
            taken = start
            for _ in range(request[COUNT]):
                taken = send_unordered(params, state, base, operation, request[BANK], request[ROW], taken)
        finish = max(finish, taken)
        if params[operation + OP_BLOCKING]:
            finish = max(finish, state[base + LAST_READ])
    return int(finish + 1 - start)


def send_ordered(
    params: Vector, state: Vector, base: int, operation: int, bank: int, row: int, count: int, at: int
) -> int:
    """Put ``count`` equal ordered requests into a channel; return the cycle in which its buffer takes the last.

    Nothing that comes later can change when an ordered request issues, so all of them issue here. The buffer is only a
    ring of their cycles: a request is taken when the one DEPTH places before it has left.
    """
    while step(params, state, base, at) != NONE:
        pass
    while state[base + READ_COUNT] + state[base + WRITE_COUNT] > 0:
        at = max(at, step(params, state, base, NEVER) + 1)
    entry, ring, depth = base + params[O_ORDERED], base + params[O_ISSUED], params[DEPTH]
    final = params[operation + OP_FINAL]
    last, steady = NONE, 0
    while count > 0:
        at = max(at, state[ring + state[base + ISSUED_PLACE]] + 1)
        fill(params, state, entry, operation, bank, row)
        state[base + NOW] = max(state[base + NOW], at)
        state[base + ORDERED_HELD] = 1
        issued = 0
        while state[base + ORDERED_HELD]:
            issued = step(params, state, base, NEVER)
        state[ring + state[base + ISSUED_PLACE]] = issued
        state[base + ISSUED_PLACE] = (state[base + ISSUED_PLACE] + 1) % depth
        count -= 1
        gap = issued - last if last != NONE else 0
        # Two commands after each other at their own distance: from here on the run is regular.
        steady = steady + 1 if state[entry + E_MISSED] == 0 and state[base + ACTIVE_COUNT] == 0 else 0
        last = issued
        if steady > 2 and count > 2 and final != NONE and params[LOG_ROWS] == 0:
            attributes = params[O_COMMAND] + final * COMMAND_WORDS
            if params[attributes + C_STEADY] and params[operation + OP_BLOCKING] == 0:
                more = count
                if params[REFI]:
                    more = min(more, (state[base + NEXT_REFRESH] - 1 - last) // gap)
                if more > 0:
                    at = max(at, run(params, state, base, final, bank, last, gap, more))
                    last += more * gap
                    count -= more
    return at


def run(params: Vector, state: Vector, base: int, command: int, bank: int, last: int, gap: int, more: int) -> int:
    """Issue ``more`` equal commands, each ``gap`` after the one before; return when the buffer takes the last.

    The later a command, the later all that it allows: only the last one has to be looked at.
    """
    ring, depth = base + params[O_ISSUED], params[DEPTH]
    place = state[base + ISSUED_PLACE]
    taken = state[ring + (place + more - 1) % depth] if more <= depth else last + (more - depth) * gap
    for number in range(max(0, more - depth), more):
        state[ring + (place + number) % depth] = last + (number + 1) * gap
    state[base + ISSUED_PLACE] = (place + more) % depth
    attributes = params[O_COMMAND] + command * COMMAND_WORDS
    state[base + params[O_COUNT] + command] += more - 1
    issue(params, state, base, command, bank, NONE, last + more * gap)
    state[base + WRITE_DONE] = max(state[base + WRITE_DONE], last + more * gap + params[attributes + C_LATENCY])
    if params[attributes + C_ACCESS]:
        state[base + ACCESSES] += more
    return int(taken + 1)


def send_unordered(params: Vector, state: Vector, base: int, operation: int, bank: int, row: int, at: int) -> int:
    """Put a read or a write into the buffer of a channel; return the cycle in which the buffer takes it."""
    # All ordered requests must have left.
    place = (state[base + ISSUED_PLACE] + params[DEPTH] - 1) % params[DEPTH]
    at = max(at, state[base + params[O_ISSUED] + place] + 1)
    while step(params, state, base, at) != NONE:
        pass
    counter = READ_COUNT if params[operation + OP_READER] else WRITE_COUNT
    while state[base + counter] == params[DEPTH]:
        at = max(at, step(params, state, base, NEVER) + 1)
    held = state[base + READ_COUNT] + state[base + WRITE_COUNT]
    fill(params, state, base + params[O_READS] + held * ENTRY_WORDS, operation, bank, row)
    state[base + counter] += 1
    state[base + NOW] = max(state[base + NOW], at)
    return at


def step(params: Vector, state: Vector, base: int, until: int) -> int:
    """Issue the next command of a channel if it issues before ``until``; return its cycle, or NONE."""
    while True:
        now = state[base + NOW]
        active = base + params[O_ACTIVE]
        entry = earliest(params, state, base, active, state[base + ACTIVE_COUNT], now)
        cycle = NEVER
        if entry != NONE:
            cycle = ready(params, state, base, entry, now)
        from_active = True

        other, other_cycle = waiting(params, state, base, now)
        due = state[base + NEXT_REFRESH]
        if params[REFI] and min(cycle, other_cycle) >= due and due < until:
            command = params[N_PRE_ALL] if state[base + OPEN_COUNT] else params[N_REFRESH]
            refresh = max(due, now, state[base + params[O_READY] + command])
            if refresh < cycle:
                if refresh >= until:
                    return NONE
                change_mode_or_issue(params, state, base, command, NONE, NONE, 0, refresh)
                return int(refresh)
        elif other_cycle < cycle:
            entry, cycle, from_active = other, other_cycle, False
        if cycle >= until:
            return NONE
        if not from_active and blocked(params, state, base, entry):
            state[base + NOW] = cycle + 1
            continue
        serve_entry(params, state, base, entry, from_active, cycle)
        return int(cycle)


def serve_entry(params: Vector, state: Vector, base: int, entry: int, from_active: bool, cycle: int) -> None:
    """Issue the next command of an entry at ``cycle``; with its own command the entry is done."""
    final = state[entry + E_FINAL]
    if final == NONE:  # a barrier: all data are back, all writes have ended
        state[base + LAST_READ] = max(state[base + LAST_READ], cycle, state[base + WRITE_DONE]) + 1
        state[base + NOW] = cycle + 1
        remove(params, state, base, entry, from_active)
        return
    command = needed(params, state, base, entry)
    bank, row = state[entry + E_BANK], state[entry + E_ROW]
    if change_mode_or_issue(params, state, base, command, bank, row, state[entry + E_REGISTERS], cycle):
        return
    if command == final:
        attributes = params[O_COMMAND] + command * COMMAND_WORDS
        done = cycle + params[attributes + C_LATENCY]
        if state[entry + E_READER]:
            state[base + LAST_READ] = max(state[base + LAST_READ] + 1, done)
        else:
            state[base + WRITE_DONE] = max(state[base + WRITE_DONE], done)
        if params[attributes + C_ACCESS]:
            state[base + ACCESSES] += 1
            state[base + MISSES] += state[entry + E_MISSED]
        remove(params, state, base, entry, from_active)
    elif command == params[N_ACT] or command == params[N_ACT_ALL]:
        state[entry + E_MISSED] = 1
        if not from_active and entry >= base + params[O_READS]:
            target = base + params[O_ACTIVE] + state[base + ACTIVE_COUNT] * ENTRY_WORDS
            for word in range(ENTRY_WORDS):
                state[target + word] = state[entry + word]
            state[base + ACTIVE_COUNT] += 1
            remove(params, state, base, entry, False)


# Everything that has to be compiled together.
FUNCTIONS = (
    change_rows,
    constrain,
    issue,
    change_mode_or_issue,
    fill,
    remove,
    blocked,
    needed,
    ready,
    earliest,
    waiting,
    serve_entry,
    step,
    run,
    send_ordered,
    send_unordered,
    serve,
)
