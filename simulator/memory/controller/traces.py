"""What the initiator asks of a controller: reads and writes of one burst each."""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.engine.job import REQUEST_FIELDS, Job
from simulator.memory.controller.config import Device

READS = 10_000  # of the published traces
STRIDE = 64  # bytes
MOST_REQUESTS = 10**7


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Requests in the order in which they are sent.

    Attributes:
        name: What it is called.
        address: (n,) int64 first byte.
        write: (n,) int64, 1 for a write.
        arrival: (n,) int64 earliest cycle of the DRAM at which the initiator sends it; never decreasing.
    """

    name: str
    address: IntArray
    write: IntArray
    arrival: IntArray

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            InputError: No request or too many, columns of unequal length, or values that cannot be.
        """
        count = len(self.address)
        if not 1 <= count <= MOST_REQUESTS:
            raise InputError(f"trace {self.name}: {count} requests outside [1, {MOST_REQUESTS}]")
        for name in ("write", "arrival"):
            if len(getattr(self, name)) != count:
                raise InputError(f"trace {self.name}: {name} has {len(getattr(self, name))} rows, expected {count}")
        if self.address.min() < 0 or self.arrival[0] < 0 or (np.diff(self.arrival) < 0).any():
            raise InputError(f"trace {self.name}: negative addresses or cycles, or cycles that decrease")
        if not np.isin(self.write, (0, 1)).all():
            raise InputError(f"trace {self.name}: write is neither 0 nor 1")

    def __len__(self) -> int:
        """Number of requests."""
        return len(self.address)


def reads(name: str, address: IntArray) -> Trace:
    """Reads, one offered in every cycle."""
    count = len(address)
    return Trace(name=name, address=address, write=np.zeros(count, np.int64), arrival=np.arange(count, dtype=np.int64))


def stream(count: int = READS, stride: int = STRIDE) -> Trace:
    """Reads of rising addresses."""
    return reads("stream", np.arange(count, dtype=np.int64) * stride)


def random(device: Device, seed: int = 0, count: int = READS) -> Trace:
    """Reads of bursts anywhere in a device."""
    bursts = device.capacity_bytes // device.burst_bytes
    return reads("random", np.random.default_rng(seed).integers(0, bursts, count) * device.burst_bytes)


def mixed(device: Device, seed: int = 0, count: int = READS, run: int = 50) -> Trace:
    """Reads that switch between a stream and random bursts, after one to six times ``run`` of each."""
    rng = np.random.default_rng(seed)
    anywhere = random(device, seed + 1, count).address
    address, position, streaming, done = np.empty(count, np.int64), 0, True, 0
    while done < count:
        length = min(int(rng.integers(1, 7)) * run, count - done)
        piece = slice(done, done + length)
        address[piece] = (position + np.arange(length)) * device.burst_bytes if streaming else anywhere[piece]
        position += length if streaming else 0
        done, streaming = done + length, not streaming
    return reads("mixed", address)


def of_job(job: Job, device: Device, count: int = READS) -> Trace:
    """The first ``count`` bursts of the memory requests of a job, in the order of its instructions.

    Every request is cut into bursts as ``simulator.memory.service`` cuts it; one is offered in every cycle. Which loads
    and stores run at the same time is left out: the controller sees them one after another.

    Raises:
        InputError: The job asks no memory with state, so there are no addresses.
    """
    numbers = -1 - job.service[job.service < 0]
    addresses: list[IntArray] = []
    writes: list[IntArray] = []
    found = 0
    for request in job.requests[numbers]:
        if found >= count:
            break
        bursts = _bursts(dict(zip(REQUEST_FIELDS, request.tolist(), strict=True)), device.burst_bytes)
        addresses.append(bursts % device.capacity_bytes)
        writes.append(np.full(len(bursts), int(request[REQUEST_FIELDS.index("write")])))
        found += len(bursts)
    if not found:
        raise InputError("the job has no requests to a memory with state: choose memory.kind=banked")
    taken = slice(0, count)
    return Trace(
        name="layer",
        address=np.concatenate(addresses)[taken],
        write=np.concatenate(writes)[taken],
        arrival=np.arange(min(found, count), dtype=np.int64),
    )


def _bursts(box: dict[str, int], size: int) -> IntArray:
    """First bytes of the bursts that a box touches, run by run."""
    starts = (
        box["address"]
        + np.arange(box["images"])[:, None, None] * box["image_stride"]
        + np.arange(box["rows"])[None, :, None] * box["row_stride"]
        + np.arange(box["cols"])[None, None, :] * box["col_stride"]
    ).ravel()
    if box["run_bytes"] == 0 or not len(starts):
        return np.zeros(0, np.int64)
    first, last = starts // size, (starts + box["run_bytes"] - 1) // size
    counts = last - first + 1
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    bursts = np.repeat(first, counts) + within
    # Runs that touch share a burst: it is asked for once.
    return bursts[np.concatenate([[True], np.diff(bursts) != 0])] * size
