"""The way back of the data, and what it admits: part of ``kernel``, under its rules.

A response leaves the controller one cycle after the one before it at the earliest, in the order of the data or of the
requests (``resp_queue``). The arbiter passes it on in the order of arrival, or in the order of the requests
(``arbiter = "reorder"``). The simple arbiter passes on a request at a time: the initiator sends the next one a cycle
after the controller took the last. The others take one a cycle while fewer than ``max_active_transactions`` are under
way.
"""

from typing import Any

from simulator.memory.commands.layout import NEVER, NONE
from simulator.memory.controller.layout import (
    ACTIVE,
    ARBITER,
    ARBITER_AT,
    ARBITER_REORDER,
    ARRIVED,
    DELIVERED,
    DONE_AT,
    IN_ORDER_OF_REQUESTS,
    LEFT_AT,
    NEXT_DONE,
    NEXT_ID,
    R_ARRIVAL,
    R_DONE,
    R_LEFT,
    R_SENT,
    READY_AT,
    RESPONSES,
    SIMPLE,
    TAKEN_AT,
)

Table = Any  # an int64 array


def respond(policy: Table, requests: Table, progress: Table, delivered: Table, request: int, data_end: int) -> None:
    """The data of a request end at a cycle: let every response leave that can."""
    requests[request, R_LEFT] = data_end
    if policy[RESPONSES] != IN_ORDER_OF_REQUESTS:
        _leave(policy, requests, progress, delivered, request)
        return
    while progress[NEXT_ID] < len(requests) and requests[progress[NEXT_ID], R_LEFT] != NONE:
        _leave(policy, requests, progress, delivered, progress[NEXT_ID])
        progress[NEXT_ID] += 1


def _leave(policy: Table, requests: Table, progress: Table, delivered: Table, request: int) -> None:
    """A response leaves the controller as soon as its data are there and the one before has left."""
    progress[LEFT_AT] = max(requests[request, R_LEFT], progress[LEFT_AT] + 1)
    requests[request, R_DONE] = progress[LEFT_AT]
    if policy[ARBITER] != ARBITER_REORDER:
        _deliver(requests, progress, delivered, request)
        return
    while progress[NEXT_DONE] < len(requests) and requests[progress[NEXT_DONE], R_DONE] != NONE:
        _deliver(requests, progress, delivered, progress[NEXT_DONE])
        progress[NEXT_DONE] += 1


def _deliver(requests: Table, progress: Table, delivered: Table, request: int) -> None:
    progress[DONE_AT] = max(requests[request, R_DONE], progress[DONE_AT] + 1)
    requests[request, R_DONE] = progress[DONE_AT]
    delivered[progress[DELIVERED]] = progress[DONE_AT]
    progress[DELIVERED] += 1


def next_offer(policy: Table, requests: Table, progress: Table, delivered: Table) -> int:
    """Cycle from which the controller is offered the next request; NEVER while that is unknown or none is left."""
    request = progress[ARRIVED]
    if request == len(requests):
        return NEVER
    if progress[READY_AT] == NEVER:
        sent = max(requests[request, R_ARRIVAL], progress[ARBITER_AT] + 1)
        if policy[ARBITER] == SIMPLE:
            sent = max(sent, progress[TAKEN_AT] + 1)
        elif request >= policy[ACTIVE]:
            if progress[DELIVERED] <= request - policy[ACTIVE]:
                return NEVER
            sent = max(sent, delivered[request - policy[ACTIVE]])
        progress[ARBITER_AT] = sent
        requests[request, R_SENT] = sent
        progress[READY_AT] = max(sent, progress[TAKEN_AT] + 1)
    return int(progress[READY_AT])


FUNCTIONS = (_deliver, _leave, respond, next_offer)
