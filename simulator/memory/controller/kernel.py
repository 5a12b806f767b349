"""The time of a trace on a controller: plain functions that compile under Numba as they stand.

They use integers, indexing and loops only, on int64 arrays whose words ``layout`` names. Open rows, first legal cycles
and counts of commands are those of ``simulator.memory.commands``, whose ``issue`` keeps the constraints of a table.

In every cycle the controller first takes a request, if one is offered and its buffer has space, and then issues at most
one command: of those that keep every constraint the one for the oldest request; the refresh logic goes before all. A
request whose column command is issued leaves its buffer, and the next is taken in the same cycle.
"""

from typing import Any

from simulator.memory.commands.issue import change_rows, constrain, issue
from simulator.memory.commands.layout import (
    GROUP_BANKS,
    GROUPS,
    N_ACT,
    N_BANKS,
    N_COMMANDS,
    N_PRE,
    N_PRE_ALL,
    NEVER,
    NONE,
    NOW,
    O_READY,
    OPEN_COUNT,
    STATE_HEAD,
)
from simulator.memory.controller import queues, refresh, responses
from simulator.memory.controller.layout import (
    ACTIVATED,
    ARRIVED,
    CHOSEN,
    CLOSED_BY_ALL,
    COMMAND,
    DONE_AT,
    FORCED,
    FRESH,
    HITS,
    N_RDA,
    N_WRA,
    PRECHARGED_AT,
    R_COLUMN_AT,
    R_ROW,
    R_TAKEN,
    R_WRITE,
    READY_AT,
    REFRESH_COMMAND,
    SERVED,
    STALE,
    T_RAS,
    T_READ,
    T_READ_PRE,
    T_RP,
    T_WRITE,
    T_WRITE_PRE,
    TAKEN_AT,
)
from simulator.memory.controller.queues import choose, has_space, push, remove
from simulator.memory.controller.refresh import next_refresh, refreshed
from simulator.memory.controller.responses import next_offer, respond

Table = Any  # an int64 array


def serve_trace(
    params: Table, state: Table, policy: Table, banks: Table, requests: Table, progress: Table, delivered: Table
) -> int:
    """Serve all requests.

    Args:
        params: The device's table, ``simulator.memory.commands.layout``.
        state: Of one channel; changed.
        policy: (POLICY_WORDS,) the controller.
        banks: (banks, BANK_WORDS); changed.
        requests: (n, REQUEST_WORDS); changed.
        progress: (PROGRESS_WORDS,); changed.
        delivered: (n,) becomes the cycles at which responses reach the initiator, in that order.

    Returns:
        The cycle at which the last response reaches the initiator; NONE if the controller cannot go on.
    """
    now, total = 0, len(requests)
    while True:
        offer = NEVER
        if has_space(policy, banks, progress):
            offer = next_offer(policy, requests, progress, delivered)
        if offer <= now:
            take(banks, requests, progress, now)
            continue
        blocked = progress[FORCED]
        refresh_at = next_refresh(params, state, policy, progress, now)
        bank, ready = NONE, NEVER
        if not blocked:
            bank, ready = oldest_ready(params, state, policy, banks, requests, progress, now)
            if progress[FORCED] and ready > now:  # in the cycle in which a refresh is forced commands may still issue
                ready = NEVER
        if ready < refresh_at and ready < offer:
            now = ready
            issue_next(params, state, policy, banks, requests, progress, delivered, bank, now)
            continue
        soonest = min(offer, refresh_at)
        if soonest > now:
            if progress[SERVED] == total and soonest >= progress[DONE_AT]:
                return int(progress[DONE_AT])
            if soonest == NEVER:
                return NONE
            now = soonest
        elif progress[REFRESH_COMMAND] != NONE:
            issue_refresh(params, state, policy, banks, progress, now)


def take(banks: Table, requests: Table, progress: Table, now: int) -> None:
    """The controller takes the request that it is offered."""
    request = progress[ARRIVED]
    requests[request, R_TAKEN] = now
    push(banks, requests, progress, request)
    progress[ARRIVED] += 1
    progress[TAKEN_AT] = now
    progress[READY_AT] = NEVER


def oldest_ready(
    params: Table, state: Table, policy: Table, banks: Table, requests: Table, progress: Table, now: int
) -> tuple[int, int]:
    """The bank whose next command can issue first, of these the one for the oldest request, and the cycle."""
    best, cycle, oldest = NONE, NEVER, NEVER
    bus, table = max(now, state[STATE_HEAD + NOW]), STATE_HEAD + params[O_READY]
    for bank in range(params[N_BANKS]):
        if banks[bank, STALE]:
            choose(params, state, policy, banks, requests, progress, bank)
        request = banks[bank, CHOSEN]
        if request == NONE:
            continue
        command, group = banks[bank, COMMAND], 1 + bank // params[GROUP_BANKS]
        ready = max(bus, state[table + command])
        ready = max(ready, state[table + group * params[N_COMMANDS] + command])
        ready = max(ready, state[table + (1 + params[GROUPS] + bank) * params[N_COMMANDS] + command])
        if ready < cycle or (ready == cycle and request < oldest):
            best, cycle, oldest = bank, ready, request
    return best, cycle


def issue_refresh(params: Table, state: Table, policy: Table, banks: Table, progress: Table, now: int) -> None:
    """Precharge all banks, or refresh them."""
    command = progress[REFRESH_COMMAND]
    if command == params[N_PRE_ALL]:
        progress[CLOSED_BY_ALL] += state[STATE_HEAD + OPEN_COUNT]
    issue(params, state, STATE_HEAD, command, NONE, NONE, now)
    for bank in range(params[N_BANKS]):
        banks[bank, STALE] = 1
    if command != params[N_PRE_ALL]:
        refreshed(policy, progress)


def issue_next(
    params: Table,
    state: Table,
    policy: Table,
    banks: Table,
    requests: Table,
    progress: Table,
    delivered: Table,
    bank: int,
    now: int,
) -> None:
    """Issue the next command of a bank; with its column command a request is served."""
    command, request = banks[bank, COMMAND], banks[bank, CHOSEN]
    issue(params, state, STATE_HEAD, command, bank, requests[request, R_ROW], now)
    banks[bank, STALE] = 1
    if command == params[N_ACT]:
        banks[bank, ACTIVATED], banks[bank, FRESH] = now, 1
        return
    if command == params[N_PRE]:
        return
    write = requests[request, R_WRITE]
    if command == policy[N_RDA] or command == policy[N_WRA]:
        precharge = max(now + policy[T_WRITE_PRE if write else T_READ_PRE], banks[bank, ACTIVATED] + policy[T_RAS])
        progress[PRECHARGED_AT] = max(progress[PRECHARGED_AT], precharge + policy[T_RP])
    progress[HITS] += 1 - banks[bank, FRESH]
    banks[bank, FRESH] = 0
    progress[SERVED] += 1
    requests[request, R_COLUMN_AT] = now
    remove(banks, requests, progress, request)
    respond(policy, requests, progress, delivered, request, now + policy[T_WRITE if write else T_READ])


# Everything that has to be compiled together, what is called before what calls it.
FUNCTIONS = (
    change_rows,
    constrain,
    issue,
    *queues.FUNCTIONS,
    *refresh.FUNCTIONS,
    *responses.FUNCTIONS,
    take,
    oldest_ready,
    issue_refresh,
    issue_next,
)
