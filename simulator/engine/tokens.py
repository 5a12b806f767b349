"""Which instruction sends the token that another takes: known before anything runs.

Queues are in order, so the k-th wait of a pair of queues takes the k-th token sent, whenever that may be.
"""

import numpy as np

from mapping.arrays import IntArray
from simulator.engine.job import Job

NOBODY = -1


def senders(job: Job) -> tuple[IntArray, IntArray]:
    """Find the sender of every token that is waited for.

    Returns:
        (w,) the senders instruction by instruction, each in the order of the bits of its wait mask, NOBODY where there
        are fewer tokens than waits; and (i + 1,) where those of each instruction begin.
    """
    first = np.zeros(len(job) + 1, np.int64)
    np.cumsum(np.bitwise_count(job.wait), out=first[1:])
    found = np.full(first[-1], NOBODY)
    members = [np.flatnonzero(job.queue == queue) for queue in range(len(job.machine.queues))]
    for target, waiting in enumerate(members):
        wait = job.wait[waiting]
        for source, sending in enumerate(members):
            takes = (wait >> source) & 1 == 1
            if not takes.any():
                continue
            sends = sending[(job.release[sending] >> target) & 1 == 1]
            place = first[waiting[takes]] + np.bitwise_count(wait[takes] & ((1 << source) - 1))
            found[place[: len(sends)]] = sends[: len(place)]
    return found, first
