"""Which instruction sends the token that another takes: known before anything runs.

Queues are in order, so the k-th wait of a pair of queues takes the k-th token sent, whenever that may be.
"""

import numpy as np
import numpy.typing as npt

from mapping.arrays import IntArray

NOBODY = -1


def senders(
    queue: npt.NDArray[np.uint8], wait: npt.NDArray[np.uint16], release: npt.NDArray[np.uint16], queues: int
) -> tuple[IntArray, IntArray]:
    """Find the sender of every token that is waited for.

    Args:
        queue: (i,) as in a job or a program.
        wait: (i,).
        release: (i,).
        queues: How many queues there are.

    Returns:
        (w,) the senders instruction by instruction, each in the order of the bits of its wait mask, NOBODY where there
        are fewer tokens than waits; and (i + 1,) where those of each instruction begin.
    """
    first = np.zeros(len(queue) + 1, np.int64)
    np.cumsum(np.bitwise_count(wait), out=first[1:])
    found = np.full(first[-1], NOBODY)
    members = [np.flatnonzero(queue == index) for index in range(queues)]
    for target, waiting in enumerate(members):
        masks = wait[waiting]
        for source, sending in enumerate(members):
            takes = (masks >> source) & 1 == 1
            if not takes.any():
                continue
            sends = sending[(release[sending] >> target) & 1 == 1]
            place = first[waiting[takes]] + np.bitwise_count(masks[takes] & ((1 << source) - 1))
            found[place[: len(sends)]] = sends[: len(place)]
    return found, first
