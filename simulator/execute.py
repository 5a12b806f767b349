"""Run a program's job on the executors that give times."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from mapping.arrays import IntArray
from simulator.engine.fast import run_fast
from simulator.engine.job import Job
from simulator.engine.timeline import Timeline

Executor = Literal["fast", "cycle", "both"]
EXECUTORS: tuple[Executor, ...] = ("fast", "cycle", "both")


class DisagreementError(AssertionError):
    """The two executors gave different times: a fault of this project."""


def run(job: Job, executor: Executor = "fast", progress: Callable[[int], None] | None = None) -> Timeline:
    """The timeline of a job.

    Args:
        job: What to run.
        executor: ``fast`` (compiled), ``cycle`` (SimPy), or ``both``, which compares every instruction.
        progress: Called now and then by the cycle executor with the number of instructions done.

    Raises:
        DeadlockError: The job cannot finish.
        DisagreementError: With ``both``, the executors disagree.
    """
    memories: list[IntArray | None] = []
    if executor == "fast":
        start, end = run_fast(job, final=memories)
        return Timeline(job=job, start=start, end=end, memories=tuple(memories))
    from simulator.engine.cycle import run_cycle  # noqa: PLC0415  # SimPy is only needed here

    start, end = run_cycle(job, progress=progress, final=memories)
    if executor == "both":
        fast_memories: list[IntArray | None] = []
        fast_start, fast_end = run_fast(job, final=fast_memories)
        different = np.flatnonzero((start != fast_start) | (end != fast_end))
        if len(different):
            i = int(different[0])
            raise DisagreementError(
                f"instruction {i} of queue {job.machine.queues[job.queue[i]]}: cycle says {start[i]} to {end[i]}, "
                f"fast says {fast_start[i]} to {fast_end[i]} ({len(different)} instructions differ)"
            )
        for name, one, other in zip(job.machine.resources, memories, fast_memories, strict=False):
            if one is not None and (other is None or not np.array_equal(one, other)):
                raise DisagreementError(f"the executors leave the memory behind {name} in different states")
    return Timeline(job=job, start=start, end=end, memories=tuple(memories))
