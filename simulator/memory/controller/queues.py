"""Requests that wait in the queues of the banks, and what each bank does next: part of ``kernel``, under its rules."""

from typing import Any

from simulator.memory.commands.layout import CLOSED, N_ACT, N_PRE, NONE, O_OPEN, STATE_HEAD
from simulator.memory.controller.layout import (
    BANKWISE,
    BUFFER,
    BUFFER_SIZE,
    CHOSEN,
    CLOSED_ADAPTIVE,
    CLOSED_PAGE,
    COMMAND,
    FIFO,
    FR_FCFS_GRP,
    HEAD,
    LAST_BANK,
    LAST_WRITE,
    LENGTH,
    N_RD,
    N_RDA,
    N_WR,
    N_WRA,
    OPEN_ADAPTIVE,
    PAGE,
    R_BANK,
    R_BEFORE,
    R_COLUMN,
    R_NEXT,
    R_ROW,
    R_WRITE,
    READ_WRITE,
    SCHEDULER,
    STALE,
    TAIL,
    WAITING_READS,
    WAITING_WRITES,
)

Table = Any  # an int64 array


def has_space(policy: Table, banks: Table, progress: Table) -> bool:
    """Whether the buffer takes another request. Bankwise looks at the bank of the request before, as the reference."""
    size = policy[BUFFER_SIZE]
    if policy[BUFFER] == BANKWISE:
        return bool(banks[progress[LAST_BANK], LENGTH] < size)
    if policy[BUFFER] == READ_WRITE:
        return bool(progress[WAITING_READS] < size and progress[WAITING_WRITES] < size)
    return bool(progress[WAITING_READS] + progress[WAITING_WRITES] < size)


def push(banks: Table, requests: Table, progress: Table, request: int) -> None:
    """Put a request at the end of the queue of its bank."""
    bank = requests[request, R_BANK]
    last = banks[bank, TAIL]
    requests[request, R_BEFORE], requests[request, R_NEXT] = last, NONE
    if last == NONE:
        banks[bank, HEAD] = request
    else:
        requests[last, R_NEXT] = request
    banks[bank, TAIL] = request
    banks[bank, LENGTH] += 1
    banks[bank, STALE] = 1
    progress[LAST_BANK] = bank
    progress[WAITING_WRITES if requests[request, R_WRITE] else WAITING_READS] += 1


def remove(banks: Table, requests: Table, progress: Table, request: int) -> None:
    """Take a request out of the queue of its bank."""
    bank, before, after = requests[request, R_BANK], requests[request, R_BEFORE], requests[request, R_NEXT]
    if before == NONE:
        banks[bank, HEAD] = after
    else:
        requests[before, R_NEXT] = after
    if after == NONE:
        banks[bank, TAIL] = before
    else:
        requests[after, R_BEFORE] = before
    banks[bank, LENGTH] -= 1
    banks[bank, STALE] = 1
    progress[WAITING_WRITES if requests[request, R_WRITE] else WAITING_READS] -= 1
    if progress[LAST_WRITE] != requests[request, R_WRITE]:
        progress[LAST_WRITE] = requests[request, R_WRITE]
        for each in range(len(banks)):  # which hit goes first may have changed
            banks[each, STALE] = 1


def choose(
    params: Table, state: Table, policy: Table, banks: Table, requests: Table, progress: Table, bank: int
) -> None:
    """Find the request that a bank works on, and the command that it needs next."""
    banks[bank, STALE] = 0
    request = banks[bank, HEAD]
    if request == NONE:
        banks[bank, CHOSEN] = NONE
        return
    opened = state[STATE_HEAD + params[O_OPEN] + bank]
    if opened != CLOSED and policy[SCHEDULER] != FIFO:
        hit = _first_hit(requests, request, opened)
        if hit != NONE and policy[SCHEDULER] == FR_FCFS_GRP:
            hit = _grouped_hit(requests, hit, opened, progress[LAST_WRITE])
        if hit != NONE:
            request = hit
    banks[bank, CHOSEN] = request
    if opened == CLOSED:
        banks[bank, COMMAND] = params[N_ACT]
    elif opened != requests[request, R_ROW]:
        banks[bank, COMMAND] = params[N_PRE]
    elif _closes(policy, banks, requests, bank, opened):
        banks[bank, COMMAND] = policy[N_WRA if requests[request, R_WRITE] else N_RDA]
    else:
        banks[bank, COMMAND] = policy[N_WR if requests[request, R_WRITE] else N_RD]


def _closes(policy: Table, banks: Table, requests: Table, bank: int, row: int) -> bool:
    """Whether the next column command of a bank closes its row."""
    page = policy[PAGE]
    if page == CLOSED_PAGE:
        return True
    if page not in (OPEN_ADAPTIVE, CLOSED_ADAPTIVE) or (page == OPEN_ADAPTIVE and banks[bank, LENGTH] < 2):
        return False
    head = banks[bank, HEAD]
    if policy[SCHEDULER] == FIFO:
        second = requests[head, R_NEXT]
        return bool(second == NONE or requests[second, R_ROW] != row)
    return bool(_first_hit(requests, requests[_first_hit(requests, head, row), R_NEXT], row) == NONE)


def _first_hit(requests: Table, request: int, row: int) -> int:
    """The first request from here on that wants a row, or NONE."""
    while request != NONE and requests[request, R_ROW] != row:
        request = requests[request, R_NEXT]
    return request


def _grouped_hit(requests: Table, first: int, row: int, write: int) -> int:
    """The first hit of a kind whose column no earlier hit wants; the first of any kind if there is none."""
    hit = first
    while hit != NONE:
        if requests[hit, R_WRITE] == write:
            earlier = first
            while earlier != hit and requests[earlier, R_COLUMN] != requests[hit, R_COLUMN]:
                earlier = _first_hit(requests, requests[earlier, R_NEXT], row)
            if earlier == hit:
                return hit
        hit = _first_hit(requests, requests[hit, R_NEXT], row)
    return first


FUNCTIONS = (has_space, push, remove, _first_hit, _grouped_hit, _closes, choose)
