"""The fast executor's inner loop, in plain Python that Numba compiles as it stands.

Time is advanced by grants, not by cycles. Between grants everything is a maximum of known times, so whatever
does not need a shared resource is settled at once, however far ahead; then the earliest grant of all is made.
No request made later can overtake it, because every event that a grant causes lies at or after that grant.

Arguments are arrays or lists: lists where the function runs as plain Python, which indexes them faster.
"""

from typing import Any

from simulator.memory.service import service

Vector = Any  # a list of int or an integer array
UNKNOWN = -1


def zeros(count: int) -> Vector:
    """``count`` zeros: a list here, an array where compiled."""
    return [0] * count


def ready_from(i: int, free: int, token_latency: int, sender: Vector, first_sender: Vector, end: Vector) -> int:
    """When ``free`` has passed and all tokens of instruction ``i`` can be seen; UNKNOWN while one has not been sent."""
    ready = free
    for k in range(first_sender[i], first_sender[i + 1]):
        if sender[k] == UNKNOWN or end[sender[k]] == UNKNOWN:
            return UNKNOWN
        ready = max(ready, end[sender[k]] + token_latency)
    return ready


def earliest_grants(queues: int, resources: int, asked: Vector, asks: Vector, held: Vector, winner: Vector) -> int:
    """Find for each resource the request it grants next; return the cycle of the earliest grant, or UNKNOWN.

    ``winner[r]`` becomes the queue that wins resource ``r`` in that cycle, or UNKNOWN.
    """
    cycle = UNKNOWN
    for resource in range(resources):
        winner[resource] = UNKNOWN
    for queue in range(queues):
        resource = asks[queue]
        if resource != UNKNOWN and (winner[resource] == UNKNOWN or asked[queue] < asked[winner[resource]]):
            winner[resource] = queue
    for resource in range(resources):
        if winner[resource] != UNKNOWN:
            grant = max(held[resource], asked[winner[resource]])
            if cycle == UNKNOWN or grant < cycle:
                cycle = grant
    for resource in range(resources):
        if winner[resource] != UNKNOWN and max(held[resource], asked[winner[resource]]) > cycle:
            winner[resource] = UNKNOWN
    return cycle


def run(
    queues: int,
    resources: int,
    dispatch_latency: int,
    token_latency: int,
    sender: Vector,
    first_sender: Vector,
    release: Vector,
    resource: Vector,
    cycles: Vector,
    requests: Vector,
    members: Vector,
    head: Vector,
    stop: Vector,
    params: Vector,
    states: Vector,
    start: Vector,
    end: Vector,
    deadline: int,
    after: Vector,
) -> int:
    """Execute a job; see ``docs/time.md``.

    Args:
        queues: Number of queues, q.
        resources: Number of shared resources, s.
        dispatch_latency: Cycles between two instructions of one queue.
        token_latency: Cycles until a token is seen.
        sender: (w,) who sends each token waited for, see ``simulator.engine.tokens``.
        first_sender: (i + 1,) where the senders of each instruction begin.
        release: (i,) masks of queues.
        resource: (i,) resource or -1.
        cycles: (i,) service times, or -1 - r for request r.
        requests: (r, 9) memory requests.
        members: (i,) instruction indices, queue after queue, in order.
        head: (q,) position in ``members`` of the next instruction of each queue; advanced.
        stop: (q,) position after the last one.
        params: (s, p) parameters of the memory behind each resource.
        states: (s, t) its state; changed.
        start: (i,) filled.
        end: (i,) all UNKNOWN; filled.
        deadline: The run is given up once it is certain to end in this cycle or later; UNKNOWN: never.
        after: (i,) cycles that pass at least from the start of an instruction to the end of the job; for a deadline.

    Returns:
        Number of instructions that ran; fewer than i means deadlock, or that the run was given up.
    """
    free, asked, asks = zeros(queues), zeros(queues), zeros(queues)
    held, winner = zeros(resources), zeros(resources)
    for queue in range(queues):
        asks[queue] = UNKNOWN

    done = 0
    everyone = (1 << queues) - 1
    stirred = everyone  # queues whose head may have become ready
    while True:
        while stirred:
            queue = 0
            while not (stirred >> queue) & 1:
                queue += 1
            stirred &= ~(1 << queue)
            while head[queue] < stop[queue] and asks[queue] == UNKNOWN:
                i = members[head[queue]]
                ready = ready_from(i, free[queue], token_latency, sender, first_sender, end)
                if ready == UNKNOWN:
                    break
                if resource[i] != UNKNOWN:
                    asked[queue] = ready
                    asks[queue] = resource[i]
                    break
                start[i] = ready
                end[i] = ready + cycles[i]
                free[queue] = end[i] + dispatch_latency
                head[queue] += 1
                done += 1
                stirred |= int(release[i]) & everyone

        cycle = earliest_grants(queues, resources, asked, asks, held, winner)
        if cycle == UNKNOWN:
            return done
        for granted in range(resources):
            queue = winner[granted]
            if queue == UNKNOWN:
                continue
            i = members[head[queue]]
            if deadline != UNKNOWN and cycle + after[i] >= deadline:
                return done
            duration = cycles[i]
            if duration < 0:
                duration = service(params[granted], states[granted], requests[-1 - duration], cycle)
            start[i] = cycle
            end[i] = cycle + duration
            held[granted] = end[i]
            free[queue] = end[i] + dispatch_latency
            asks[queue] = UNKNOWN
            head[queue] += 1
            done += 1
            stirred |= (1 << queue) | (int(release[i]) & everyone)
