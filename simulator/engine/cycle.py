"""The reference executor: the rules of ``docs/time.md`` as SimPy processes, one per queue and one arbiter.

SimPy orders the events of one cycle by priority. The arbiter's bell comes after all ordinary ones, so a round
of grants begins when nothing more can happen in the cycle without a grant.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from heapq import heappop, heappush

import numpy as np
import simpy
from simpy.events import NORMAL, EventPriority, ProcessGenerator

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.engine.errors import Blocked, DeadlockError
from simulator.engine.job import MAX_QUEUES, NO_RESOURCE, Job
from simulator.memory.service import service as memory_service

_AFTER_ALL = EventPriority(NORMAL + 1)
_PROGRESS_STEP = 4096  # instructions
_NEVER = -1


@cache
def _queues_in(mask: int) -> tuple[int, ...]:
    return tuple(queue for queue in range(MAX_QUEUES) if mask >> queue & 1)


class _Clock(simpy.Environment):
    """Time in whole cycles."""

    @property
    def cycle(self) -> int:
        return int(self.now)


class _Bell(simpy.Event):
    """Happens in the cycle in which it is rung, after everything else."""

    def ring(self) -> None:
        if not self.triggered:
            self._ok, self._value = True, None  # as succeed() does, which takes no priority
            self.env.schedule(self, priority=_AFTER_ALL)


class _Arbiter:
    """Grants the shared resources, in rounds."""

    def __init__(self, clock: _Clock, resources: int) -> None:
        self._clock = clock
        self._bell = _Bell(clock)
        self._free = [True] * resources
        self._requests: list[list[tuple[int, int, simpy.Event]]] = [[] for _ in range(resources)]
        clock.process(self._run())

    def request(self, resource: int, queue: int) -> simpy.Event:
        """Ask for a resource; the event is the grant."""
        grant = self._clock.event()
        heappush(self._requests[resource], (self._clock.cycle, queue, grant))
        self._bell.ring()
        return grant

    def give_back(self, resource: int) -> None:
        self._free[resource] = True
        self._bell.ring()

    def _run(self) -> ProcessGenerator:
        while True:
            yield self._bell
            self._bell = _Bell(self._clock)
            for resource, requests in enumerate(self._requests):
                if requests and self._free[resource]:
                    _ready, _queue, grant = heappop(requests)
                    self._free[resource] = False
                    grant.succeed()


class _Machine:
    """The hardware with a job loaded."""

    def __init__(self, job: Job, progress: Callable[[int], None] | None) -> None:
        self.start = [_NEVER] * len(job)
        self.end = [_NEVER] * len(job)
        self._job = job
        self._progress = progress
        self._finished = 0
        self._clock = _Clock()
        self._arbiter = _Arbiter(self._clock, len(job.machine.resources))
        # By pair of queues (from, to); a token is the cycle from which it is visible.
        self._tokens = defaultdict[tuple[int, int], simpy.Store](lambda: simpy.Store(self._clock))
        # Lists, because reading one element of an array is several times slower.
        self._programs = [np.flatnonzero(job.queue == q).tolist() for q in range(len(job.machine.queues))]
        self._wait, self._release = job.wait.tolist(), job.release.tolist()
        self._resource, self._service = job.resource.tolist(), job.service.tolist()
        self._requests = job.requests.tolist()
        self._memories: list[tuple[list[int], list[int]] | None] = [
            None if m is None else (m.params.tolist(), m.state.tolist()) for m in job.machine.memories
        ]

    def run(self, order: Sequence[int]) -> None:
        for queue in order:
            self._clock.process(self._block(queue))
        self._clock.run()
        if self._finished < len(self._job):
            raise DeadlockError(self._job, self._blocked())

    def memory_states(self) -> list[IntArray | None]:
        return [None if memory is None else np.array(memory[1], np.int64) for memory in self._memories]

    def _block(self, queue: int) -> ProcessGenerator:
        """One hardware block: runs the instructions of its queue in order."""
        clock, machine = self._clock, self._job.machine
        free = 0
        for index in self._programs[queue]:
            ready = free
            needed = [self._tokens[source, queue].get() for source in _queues_in(self._wait[index])]
            for token in needed:
                ready = max(ready, (yield token))
            yield clock.timeout(ready - clock.cycle)

            resource = self._resource[index]
            if resource != NO_RESOURCE:
                yield self._arbiter.request(resource, queue)
            self.start[index] = clock.cycle
            yield clock.timeout(self._service_of(index))

            self.end[index] = clock.cycle
            if resource != NO_RESOURCE:
                self._arbiter.give_back(resource)
            for target in _queues_in(self._release[index]):
                self._tokens[queue, target].put(clock.cycle + machine.token_latency)
            free = clock.cycle + machine.dispatch_latency
            self._count()

    def _service_of(self, index: int) -> int:
        """Cycles that an instruction takes when it starts now."""
        service: int = self._service[index]
        if service >= 0:
            return service
        memory = self._memories[self._resource[index]]
        assert memory is not None, "Job has checked it"
        params, state = memory
        return memory_service(params, state, self._requests[-1 - service], self._clock.cycle)

    def _count(self) -> None:
        self._finished += 1
        if self._progress and self._finished % _PROGRESS_STEP == 0:
            self._progress(self._finished)

    def _blocked(self) -> list[Blocked]:
        blocked = []
        for queue, program in enumerate(self._programs):
            left = [index for index in program if self.end[index] == _NEVER]
            if left:
                # The head has asked for all its tokens; where it still stands in line there was none.
                sources = _queues_in(self._wait[left[0]])
                lacks = tuple(source for source in sources if self._tokens[source, queue].get_queue)
                blocked.append(Blocked(queue, left[0], lacks))
        return blocked


def run_cycle(
    job: Job,
    *,
    order: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
    final: list[IntArray | None] | None = None,
) -> tuple[IntArray, IntArray]:
    """Find when every instruction starts and ends.

    Args:
        job: What to run.
        order: The order in which the processes of the queues are started; the result does not depend on it.
        progress: Called now and then with the number of instructions that have ended.
        final: If given, receives for each resource the state of its memory after the last request.

    Returns:
        Start and end of every instruction in cycles, (i,) each.

    Raises:
        DeadlockError: The program cannot finish.
        InputError: ``order`` is not a permutation of the queues.
    """
    queues = range(len(job.machine.queues))
    order = queues if order is None else order
    if sorted(order) != list(queues):
        raise InputError(f"order={list(order)}: not a permutation of the {len(queues)} queues")
    machine = _Machine(job, progress)
    machine.run(order)
    if final is not None:
        final += machine.memory_states()
    return np.array(machine.start, np.int64), np.array(machine.end, np.int64)
