"""A job of any length, and the least that finding its times can cost."""

from typing import Any

import numpy as np

from mapping.arrays import IntArray
from simulator.engine.job import MAX_QUEUES, NO_RESOURCE, Job, Machine
from simulator.engine.tokens import senders

LOAD, EXECUTE, STORE = range(3)
BUFFERS = 2
LONGEST_SERVICE = 200  # cycles; long enough that every queue waits for each of the others now and then


def pipeline(instructions: int, seed: int = 0) -> Job:
    """Tiles that are loaded, executed and stored, double-buffered; loads and stores share one DRAM port.

    Of three instructions two ask for the port and all wait for tokens, which makes it harder than real programs.
    """
    shape = (instructions // 3, 3)
    wait, release = np.zeros((2, *shape), np.uint16)
    resource = np.full(shape, NO_RESOURCE, np.int8)
    resource[:, [LOAD, STORE]] = 0
    wait[:, EXECUTE], wait[:, STORE] = 1 << LOAD, 1 << EXECUTE
    wait[BUFFERS:, LOAD] = 1 << EXECUTE
    wait[BUFFERS:, EXECUTE] |= 1 << STORE
    release[:, LOAD] = release[:, STORE] = 1 << EXECUTE
    release[:, EXECUTE] = 1 << LOAD | 1 << STORE
    return Job(
        machine=Machine(queues=("load", "execute", "store"), resources=("dram",)),
        queue=np.tile(np.arange(3, dtype=np.uint8), shape[0]),
        wait=wait.ravel(),
        release=release.ravel(),
        resource=resource.ravel(),
        service=np.random.default_rng(seed).integers(1, LONGEST_SERVICE, shape).ravel(),
    )


def recurrence_arguments(job: Job) -> tuple[Any, ...]:
    """What ``recurrence`` takes."""
    end = np.zeros(len(job), np.int64)
    machine = job.machine
    sent = senders(job.queue, job.wait, job.release, len(machine.queues))
    return (*sent, job.queue, job.resource, job.service, machine.dispatch_latency, machine.token_latency, end)


def recurrence(
    sender: IntArray,
    first_sender: IntArray,
    queue: IntArray,
    resource: IntArray,
    service: IntArray,
    dispatch_latency: int,
    token_latency: int,
    end: IntArray,
) -> None:
    """The maxima and sums of ``docs/time.md`` alone: instructions and grants come in the order of the list.

    No queue is looked at to see whether it can go on and no request is compared with another.
    """
    free = np.zeros(MAX_QUEUES, np.int64)
    held = np.zeros(MAX_QUEUES, np.int64)
    for i in range(len(queue)):
        start = free[queue[i]]
        for k in range(first_sender[i], first_sender[i + 1]):
            start = max(start, end[sender[k]] + token_latency)
        if resource[i] != NO_RESOURCE:
            start = max(start, held[resource[i]])
            held[resource[i]] = start + service[i]
        end[i] = start + service[i]
        free[queue[i]] = end[i] + dispatch_latency
