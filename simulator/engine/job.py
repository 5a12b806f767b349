"""What an executor that gives times needs of a program: no weights, no operands."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.memory.service import KIND, KINDS

MAX_QUEUES = 16
NO_RESOURCE = -1

# Columns of a memory request, one row per burst: a box of a tensor of up to four axes. A command-level memory reads
# them as simulator.memory.commands.layout.COMMAND_REQUEST.
REQUEST_FIELDS = (
    "address",  # first byte
    "images",
    "rows",
    "cols",
    "run_bytes",  # contiguous bytes at every (image, row, column)
    "image_stride",  # bytes
    "row_stride",
    "col_stride",
    "write",  # 1 for a store
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryState:
    """A memory with state behind one resource.

    Attributes:
        params: (p,) int64, constant; ``params[0]`` names the service function (see ``simulator.memory.service``).
        state: (s,) int64, the state before the first request; an executor works on a copy.
    """

    params: IntArray
    state: IntArray

    def __post_init__(self) -> None:
        """Refuse a memory that no service function knows.

        Raises:
            InputError: An unknown kind.
        """
        if int(self.params[KIND]) not in KINDS:
            raise InputError(f"memory kind {int(self.params[KIND])} is not one of {KINDS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Queues, resources and latencies of the hardware that runs a job.

    Attributes:
        queues: Name of each queue; its index is its priority (0 wins).
        resources: Name of each shared resource.
        dispatch_latency: Cycles between the end of an instruction and the earliest start of the next, >= 0.
        token_latency: Cycles from the end of an instruction until its tokens can be seen, >= 0.
        memories: For each resource a memory with state, or None where service times are known beforehand.
    """

    queues: tuple[str, ...]
    resources: tuple[str, ...] = ()
    dispatch_latency: int = 1
    token_latency: int = 1
    memories: tuple[MemoryState | None, ...] = ()

    def __post_init__(self) -> None:
        """Check the sizes.

        Raises:
            InputError: No queue or more than 16, a negative latency, or memories that do not match the resources.
        """
        if not 1 <= len(self.queues) <= MAX_QUEUES:
            raise InputError(f"queues={len(self.queues)} outside [1, {MAX_QUEUES}]")
        for name, value in (
            ("dispatch_latency", self.dispatch_latency),
            ("token_latency", self.token_latency),
        ):
            if value < 0:
                raise InputError(f"{name}={value}: must not be negative")
        if self.memories and len(self.memories) != len(self.resources):
            raise InputError(f"{len(self.memories)} memories for {len(self.resources)} resources")


def _no_requests() -> IntArray:
    return np.zeros((0, len(REQUEST_FIELDS)), np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Instructions as an executor sees them, (i,) each; see ``docs/time.md``.

    Attributes:
        machine: The hardware that runs it.
        queue: uint8 index of the queue.
        wait: uint16 mask of queues of which a token is consumed.
        release: uint16 mask of queues to which a token is sent.
        resource: int8 index of the shared resource, or -1.
        service: int64 cycles, or ``-1 - r`` where the memory with state decides on ``requests[r]``.
        requests: (r, 9) int64, columns ``REQUEST_FIELDS``.
    """

    machine: Machine
    queue: npt.NDArray[np.uint8]
    wait: npt.NDArray[np.uint16]
    release: npt.NDArray[np.uint16]
    resource: npt.NDArray[np.int8]
    service: IntArray
    requests: IntArray = field(default_factory=_no_requests)

    def __len__(self) -> int:
        """Number of instructions."""
        return len(self.queue)

    def __post_init__(self) -> None:
        """Check that every index points at something.

        Raises:
            InputError: Columns of unequal length, a queue, resource or request that does not exist, or a
                memory request on a resource that has no memory with state.
        """
        count = len(self.queue)
        for name in ("wait", "release", "resource", "service"):
            if len(getattr(self, name)) != count:
                raise InputError(f"{name} has {len(getattr(self, name))} rows, expected {count}")
        if not count:
            return
        queues, resources = len(self.machine.queues), len(self.machine.resources)
        if self.queue.max() >= queues:
            raise InputError(f"queue={self.queue.max()} outside [0, {queues - 1}]")
        if self.resource.min() < NO_RESOURCE or self.resource.max() >= resources:
            bad = self.resource.min() if self.resource.min() < NO_RESOURCE else self.resource.max()
            raise InputError(f"resource={bad} outside [-1, {resources - 1}]")
        stateful = self.service < 0
        if not stateful.any():
            return
        if self.service.min() < -len(self.requests):
            raise InputError(f"service={self.service.min()} points outside the {len(self.requests)} memory requests")
        with_memory = np.array([memory is not None for memory in self.machine.memories] or [False])
        if (self.resource[stateful] == NO_RESOURCE).any() or not with_memory[self.resource[stateful]].all():
            raise InputError("a memory request needs a resource with a memory behind it")


def request_bytes(requests: IntArray) -> IntArray:
    """(r,) bytes that each request moves."""
    first, last = REQUEST_FIELDS.index("images"), REQUEST_FIELDS.index("run_bytes")
    return requests[:, first : last + 1].prod(axis=1)
