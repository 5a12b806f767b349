"""Where every cycle of every queue went: the last section of ``docs/time.md``."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mapping.arrays import IntArray
from simulator.engine.job import MAX_QUEUES, NO_RESOURCE, Job

NOBODY = -1


class TimelineError(AssertionError):
    """An executor returned times that break the rules of ``docs/time.md``: a fault of this project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTime:
    """The cycles of one queue; ``total`` of them, each in one state."""

    queue: str
    busy: int
    dispatch: int
    waiting_for_token: dict[str, int]
    waiting_for_resource: dict[str, int]
    idle: int

    @property
    def total(self) -> int:
        """Sum over all states."""
        waiting = sum(self.waiting_for_token.values()) + sum(self.waiting_for_resource.values())
        return self.busy + self.dispatch + waiting + self.idle


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Start and end of every instruction of a job, and what each queue did in between.

    Attributes:
        job: What ran.
        start: (i,) int64 cycle at which each instruction started.
        end: (i,) int64 cycle at which it ended.
        memories: For each resource the state of its memory after the last request; None where it has none.
    """

    job: Job
    start: IntArray
    end: IntArray
    memories: tuple[IntArray | None, ...] = ()

    def __post_init__(self) -> None:
        """Check the times against the rules.

        Raises:
            TimelineError: A queue whose states do not add up to the total, an instruction that starts before it
                is ready or, without a resource, after, or a resource held twice.
        """
        late = self.start - self.ready
        if (late < 0).any():
            raise TimelineError(f"instruction {int(np.argmin(late))} starts {-late.min()} cycles before it is ready")
        without = self.job.resource == NO_RESOURCE
        if late[without].any():
            raise TimelineError(f"instruction {int(np.flatnonzero(without & (late != 0))[0])} starts late")
        for resource, name in enumerate(self.job.machine.resources):
            users = np.flatnonzero(self.job.resource == resource)
            users = users[np.lexsort((self.end[users], self.start[users]))]
            if (self.start[users][1:] < self.end[users][:-1]).any():
                raise TimelineError(f"resource {name} is held by two instructions at once")
        for queue in self.queues:
            if queue.total != self.total:
                raise TimelineError(f"queue {queue.queue}: states add up to {queue.total}, not to {self.total} cycles")

    @cached_property
    def total(self) -> int:
        """The cycle at which the last instruction ends."""
        return int(self.end.max(initial=0))

    @property
    def last_cycle(self) -> int:
        """Index of the last cycle, ``total - 1``: what tools print that count cycles from 0."""
        return self.total - 1

    @cached_property
    def free(self) -> IntArray:
        """(i,) cycle from which each instruction's queue was free for it."""
        free = np.zeros(len(self.job), np.int64)
        for members in self._members:
            free[members[1:]] = self.end[members[:-1]] + self.job.machine.dispatch_latency
        return free

    @cached_property
    def ready(self) -> IntArray:
        """(i,) cycle at which each instruction was free and had all its tokens."""
        return self._ready_and_blamed[0]

    @cached_property
    def blamed(self) -> npt.NDArray[np.int8]:
        """(i,) the queue whose token came last, where an instruction waited for one, or -1."""
        return self._ready_and_blamed[1]

    @cached_property
    def _members(self) -> list[IntArray]:
        return [np.flatnonzero(self.job.queue == queue) for queue in range(len(self.job.machine.queues))]

    @cached_property
    def _ready_and_blamed(self) -> tuple[IntArray, npt.NDArray[np.int8]]:
        job = self.job
        ready = self.free.copy()
        blamed = np.full(len(job), NOBODY, np.int8)
        for target, members in enumerate(self._members):
            for source in range(MAX_QUEUES):
                waits = members[(job.wait[members] >> source) & 1 == 1]
                if not len(waits):
                    continue
                senders = self._members[source]
                sends = senders[(job.release[senders] >> target) & 1 == 1]
                visible = self.end[sends[: len(waits)]] + job.machine.token_latency
                later = visible > ready[waits]
                ready[waits[later]] = visible[later]
                blamed[waits[later]] = source
        return ready, blamed

    @cached_property
    def queues(self) -> tuple[QueueTime, ...]:
        """What each queue did with its cycles."""
        names, resources = self.job.machine.queues, self.job.machine.resources
        waited, held_up, busy = self.ready - self.free, self.start - self.ready, self.end - self.start
        rows = []
        for queue, members in enumerate(self._members):
            token = {
                names[source]: int(waited[members[self.blamed[members] == source]].sum())
                for source in range(len(names))
            }
            resource = {
                resources[index]: int(held_up[members[self.job.resource[members] == index]].sum())
                for index in range(len(resources))
            }
            rows.append(
                QueueTime(
                    queue=names[queue],
                    busy=int(busy[members].sum()),
                    dispatch=self.job.machine.dispatch_latency * max(len(members) - 1, 0),
                    waiting_for_token={name: cycles for name, cycles in token.items() if cycles},
                    waiting_for_resource={name: cycles for name, cycles in resource.items() if cycles},
                    idle=self.total - int(self.end[members].max(initial=0)),
                )
            )
        return tuple(rows)
