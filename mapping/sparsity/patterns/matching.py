"""Assigning the outputs of a chunk to choices, each taken equally often (n:m:g)."""

from collections import deque

import numpy as np

from mapping.arrays import AnyArray, BoolArray, IntArray


def greedy(sums: AnyArray, room: int) -> IntArray:
    """Give every output the best choice that has room, best pairs first.

    Args:
        sums: (..., outputs, choices): what an output keeps with each choice; outputs = choices * room.
        room: Outputs that each choice takes.

    Returns:
        (..., outputs) choice numbers, each ``room`` times.
    """
    outputs, choices = sums.shape[-2:]
    flat = sums.reshape(-1, outputs * choices)
    order = np.argsort(-flat, axis=1, kind="stable").T
    chosen = np.full((len(flat), outputs), -1)
    taken = np.zeros((len(flat), choices), np.int64)
    chunk = np.arange(len(flat))
    for pair in np.ascontiguousarray(order):
        output, choice = np.divmod(pair, choices)
        free = (chosen[chunk, output] < 0) & (taken[chunk, choice] < room)
        chosen[chunk[free], output[free]] = choice[free]
        taken[chunk, choice] += free
    return chosen.reshape(sums.shape[:-1])


def complete(masks: BoolArray, members: BoolArray, room: int) -> IntArray | None:
    """Give every output a choice that holds all it keeps.

    Args:
        masks: (chunks, groups, outputs, m); outputs = choices * room.
        members: (choices, m).
        room: Outputs that each choice takes.

    Returns:
        (chunks, groups, outputs) choice numbers, each ``room`` times; None if there is no such assignment.
    """
    outputs, m = masks.shape[-2:]
    flat = masks.reshape(-1, outputs, m)
    # What a choice would lose of an output; in float32 the product is one BLAS call, and counts are exact.
    fits = flat.astype(np.float32) @ (~members).T.astype(np.float32) == 0
    options = np.count_nonzero(fits, axis=-1)
    found = greedy(np.where(fits, -options[..., None].astype(np.float32), -np.inf), room)
    lost = ~np.take_along_axis(fits, found[..., None], -1)[..., 0].all(-1)
    for chunk in np.flatnonzero(lost):
        assigned = _augment(fits[chunk], options[chunk], room)
        if assigned is None:
            return None
        found[chunk] = assigned
    return found.reshape(masks.shape[:-1])


def _augment(fits: BoolArray, options: IntArray, room: int) -> IntArray | None:
    """A perfect assignment by augmenting paths (Kuhn), shortest first; None if there is none.

    Args:
        fits: (outputs, choices).
        options: (outputs,) choices that fit; outputs with the fewest come first.
        room: Outputs that each choice takes.
    """
    assigned = np.full(len(fits), -1)
    taken = np.zeros(fits.shape[1], np.int64)
    for output in np.argsort(options, kind="stable"):
        mover = {int(choice): int(output) for choice in np.flatnonzero(fits[output])}  # who would come to a choice
        queue = deque(mover)
        while queue and taken[queue[0]] == room:
            for held in np.flatnonzero(assigned == queue.popleft()):
                fresh = [int(choice) for choice in np.flatnonzero(fits[held]) if int(choice) not in mover]
                mover |= dict.fromkeys(fresh, int(held))
                queue.extend(fresh)
        if not queue:
            return None
        choice = queue[0]
        taken[choice] += 1
        while choice >= 0:
            moved = mover[choice]
            assigned[moved], choice = choice, int(assigned[moved])
    return assigned
