"""When all banks are refreshed: part of ``kernel``, under its rules.

A refresh falls due every tREFI. While requests wait it is postponed, at most ``refresh_max_postponed`` times; after
that the banks are blocked for it. While none wait refreshes follow each other, those that were postponed and then at
most ``refresh_max_pulledin`` ahead of time.
"""

from typing import Any

from simulator.memory.commands.layout import (
    N_PRE_ALL,
    N_REFRESH,
    NEVER,
    NONE,
    NOW,
    O_READY,
    OPEN_COUNT,
    STATE_HEAD,
)
from simulator.memory.controller.layout import (
    AHEAD,
    ALL_BANK,
    DEBT,
    FORCED,
    LEAST_DEBT,
    MOST_DEBT,
    POSTPONED,
    PULLED_IN,
    REFRESH,
    REFRESH_COMMAND,
    T_REFI,
    TRIGGER,
    WAITING_READS,
    WAITING_WRITES,
)

Table = Any  # an int64 array


def next_refresh(params: Table, state: Table, policy: Table, progress: Table, now: int) -> int:
    """Cycle at which the refresh logic issues ``progress[REFRESH_COMMAND]``, or acts again if that is NONE."""
    progress[REFRESH_COMMAND] = NONE
    if policy[REFRESH] != ALL_BANK:
        return NEVER
    interval = policy[T_REFI]
    if now >= progress[TRIGGER]:
        if now >= progress[TRIGGER] + interval:
            progress[TRIGGER] += interval
            progress[AHEAD] = 0
        if progress[AHEAD] == 0:
            progress[MOST_DEBT] = max(progress[MOST_DEBT], progress[DEBT])
        forced = progress[AHEAD] == 0 and progress[DEBT] == policy[POSTPONED]
        if forced or progress[WAITING_READS] + progress[WAITING_WRITES] == 0:
            progress[FORCED] = 1 if forced else progress[FORCED]
            command = params[N_PRE_ALL] if state[STATE_HEAD + OPEN_COUNT] else params[N_REFRESH]
            progress[REFRESH_COMMAND] = command
            return int(max(now, state[STATE_HEAD + NOW], state[STATE_HEAD + params[O_READY] + command]))
        if progress[AHEAD] == 0:
            progress[DEBT] += 1
        progress[AHEAD] = 0
        progress[TRIGGER] += interval
    return int(progress[TRIGGER])


def refreshed(policy: Table, progress: Table) -> None:
    """What follows from a refresh command."""
    progress[FORCED] = 0
    if progress[AHEAD]:
        progress[DEBT] -= 1
    else:
        progress[AHEAD] = 1
    progress[LEAST_DEBT] = min(progress[LEAST_DEBT], progress[DEBT])
    if progress[DEBT] == -policy[PULLED_IN]:
        progress[AHEAD] = 0
        progress[TRIGGER] += policy[T_REFI]


FUNCTIONS = (next_refresh, refreshed)
