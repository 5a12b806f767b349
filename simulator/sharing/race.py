"""The fastest mapping of many layers on one machine, in plain Python that Numba compiles as it stands.

The answer is that of ``simulator.scheduling.best_mapping``: of the first ``most`` mappings by ascending bound (then by
place) the one with the fewest cycles, the first of them among equals. Mappings are left out, and runs given up, only
where it is certain that they are not that one, so the order in which they run cannot matter.
"""

from math import ceil
from typing import Any

from simulator.engine.kernel import UNKNOWN, run
from simulator.memory.service import least

Vector = Any  # an integer array
Arrays = Any  # a tuple of arrays and numbers
DEADLOCK = -2
NO_LIMIT = 1 << 62


def attempt(p: int, deadline: int, programs: Arrays, machine: Arrays, scratch: Arrays) -> int:
    """Run a program.

    Args:
        p: Which.
        deadline: Cycles that it has to stay below.
        programs: Columns of all programs, see ``Table``.
        machine: The hardware, with the service time of every kind of instruction, negative for requests.
        scratch: Arrays to work in.

    Returns:
        Its cycles, where they are below the deadline; else UNKNOWN. DEADLOCK where it cannot finish.
    """
    first, _, resource, release, _, _, members, first_sender, sender, head, stop, requests, _, _, _ = programs
    queues, resources, dispatch_latency, token_latency, _, params, initial = machine
    states, heads, _, _, cycles, after, start, end = scratch
    if fails(p, deadline, programs, machine, scratch):
        return UNKNOWN
    low, high = first[p], first[p + 1]
    for i in range(high - low):
        end[i] = UNKNOWN
    for q in range(queues):
        heads[q] = head[p, q]
    states[:] = initial
    done = run(
        queues,
        resources,
        dispatch_latency,
        token_latency,
        sender,
        first_sender[low + p : high + p + 1],
        release[low:high],
        resource[low:high],
        cycles,
        requests,
        members[low:high],
        heads,
        stop[p],
        params,
        states,
        start,
        end,
        deadline,
        after,
    )
    if done < high - low:
        return DEADLOCK if deadline == NO_LIMIT else UNKNOWN
    total = 0
    for i in range(high - low):
        total = max(total, end[i])
    return total if total < deadline else UNKNOWN


def fails(p: int, deadline: int, programs: Arrays, machine: Arrays, scratch: Arrays) -> bool:
    """Whether a program misses its deadline even if every resource is always free; fills ``cycles`` and ``after``.

    From the last instruction to the first it finds the longest path to the end through queues and tokens. What stands
    before an instruction in its queue comes on top, so a program that is too slow is mostly known by its last few.
    ``after`` is the cycles that pass at least from the start of each instruction to the end of the job.
    """
    first, queue, resource, _, kind, request, _, first_sender, sender, head, stop, requests, part, alike, count = (
        programs
    )
    queues, _, dispatch_latency, token_latency, service, params, _ = machine
    _, _, tail, earlier, cycles, after, _, _ = scratch
    for q in range(queues):
        tail[q], earlier[q] = 0, (stop[p, q] - head[p, q]) * dispatch_latency
    for e in range(part[p], part[p + 1]):
        earlier[queue[first[p] + alike[e, 1]]] += count[e] * max(0, service[alike[e, 0]])
    low, high = first[p], first[p + 1]
    for i in range(high - low):
        after[i] = 0
    for i in range(high - low - 1, -1, -1):
        q = queue[low + i]
        floor = service[kind[low + i]]
        if floor >= 0:
            cycles[i] = floor
            earlier[q] -= floor
        else:
            r = request[low + i]
            cycles[i], floor = -1 - r, least(params[resource[low + i]], requests[r])
        earlier[q] -= dispatch_latency
        after[i] = floor + max(after[i], tail[q])
        if after[i] + earlier[q] >= deadline:
            return True
        tail[q] = after[i] + dispatch_latency
        for k in range(first_sender[low + p + i], first_sender[low + p + i + 1]):
            if sender[k] != UNKNOWN:
                after[sender[k]] = max(after[sender[k]], token_latency + after[i])
    return False


def following(bounds: Vector, low: int, high: int, last: int) -> int:
    """The mapping that comes after ``last`` by ascending bound, then by place; UNKNOWN for the first, or for none."""
    found = UNKNOWN
    for c in range(low, high):
        if last != UNKNOWN and (bounds[c] < bounds[last] or (bounds[c] == bounds[last] and c <= last)):
            continue
        if found == UNKNOWN or bounds[c] < bounds[found]:
            found = c
    return found


def race_of(
    low: int,
    high: int,
    most: int,
    guess: int,
    bounds: Vector,
    program_of: Vector,
    programs: Arrays,
    machine: Arrays,
    scratch: Arrays,
) -> tuple[int, int, int]:
    """The fastest of the mappings ``low`` to ``high - 1``.

    Args:
        low: First mapping.
        high: One past the last.
        most: How many are tried at most.
        guess: One of them that is likely to win, or UNKNOWN; it decides about time alone.
        bounds: Cycles that each cannot beat.
        program_of: Program of each, or UNKNOWN.
        programs: See ``attempt``.
        machine: See ``attempt``.
        scratch: See ``attempt``.

    Returns:
        The mapping and its cycles, UNKNOWN; or UNKNOWN, 0 and a mapping whose program is needed first; or DEADLOCK.
    """
    best, cycles = UNKNOWN, NO_LIMIT
    if guess != UNKNOWN and program_of[guess] != UNKNOWN:
        before = 0
        for c in range(low, high):
            if bounds[c] < bounds[guess] or (bounds[c] == bounds[guess] and c < guess):
                before += 1
        if before < most:
            best, cycles = guess, attempt(program_of[guess], NO_LIMIT, programs, machine, scratch)
            if cycles == DEADLOCK:
                return DEADLOCK, 0, UNKNOWN
    option = UNKNOWN
    for _ in range(most):
        option = following(bounds, low, high, option)
        if option == UNKNOWN or bounds[option] > cycles:
            break
        if option == best:
            continue
        # Of two with equal cycles the one that comes first wins.
        earlier = best != UNKNOWN and (
            bounds[option] < bounds[best] or (bounds[option] == bounds[best] and option < best)
        )
        deadline = cycles + 1 if earlier else cycles
        if bounds[option] >= deadline:
            continue
        if program_of[option] == UNKNOWN:
            return UNKNOWN, 0, option
        total = attempt(program_of[option], deadline, programs, machine, scratch)
        if total == DEADLOCK:
            return DEADLOCK, 0, UNKNOWN
        if total != UNKNOWN:
            best, cycles = option, total
    return best, cycles, UNKNOWN


def race(
    chosen: Vector,
    most: int,
    item_first: Vector,
    entry_first: Vector,
    entry_kind: Vector,
    entry_count: Vector,
    gaps: Vector,
    around: Vector,
    moved: Vector,
    peak_bytes: float,
    program_of: Vector,
    guesses: Vector,
    programs: Arrays,
    machine: Arrays,
    scratch: Arrays,
    bounds: Vector,
    best: Vector,
    cycles: Vector,
    needed: Vector,
) -> None:
    """The fastest mapping of each chosen layer; its bounds are those of ``Offers.bounds``.

    Args:
        chosen: (n,) layers to run.
        most: How many mappings are tried at most.
        item_first: (l + 1,) where the mappings of each layer begin.
        entry_first: (t + 1,) where the entries of each mapping begin.
        entry_kind: (e,).
        entry_count: (e,).
        gaps: (t,).
        around: (t,).
        moved: (t,).
        peak_bytes: Bytes per cycle that memory cannot exceed.
        program_of: (t,) program of each mapping, or UNKNOWN.
        guesses: (l,) what won last, or UNKNOWN; changed.
        programs: See ``attempt``.
        machine: See ``attempt``.
        scratch: See ``attempt``.
        bounds: (t,) scratch.
        best: (n,) filled: mapping, UNKNOWN where a program is needed first, or DEADLOCK.
        cycles: (n,) filled.
        needed: (n,) filled: the mapping whose program is needed, or UNKNOWN.
    """
    dispatch_latency, service = machine[2], machine[4]
    for n in range(len(chosen)):
        low, high = item_first[chosen[n]], item_first[chosen[n] + 1]
        for c in range(low, high):
            busy = gaps[c] * dispatch_latency
            for e in range(entry_first[c], entry_first[c + 1]):
                busy += entry_count[e] * service[entry_kind[e]]
            bounds[c] = max(busy + ceil(around[c] / peak_bytes), ceil(moved[c] / peak_bytes))
        guess = guesses[chosen[n]]
        best[n], cycles[n], needed[n] = race_of(low, high, most, guess, bounds, program_of, programs, machine, scratch)
        if best[n] >= 0:
            guesses[chosen[n]] = best[n]
