"""What the common modules must do, cycle by cycle, in plain Python and NumPy: no clock, no simulator."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappush

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

HEADER_BITS = 48


class BoundedQueue:
    """``zs_fifo``, and with a capacity of 2 ``zs_spill_register``: what goes in can come out a cycle later."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._beats: deque[int] = deque()

    def __len__(self) -> int:
        """Beats inside."""
        return len(self._beats)

    @property
    def ready(self) -> bool:
        """Whether it takes a beat in this cycle."""
        return len(self._beats) < self._capacity

    @property
    def head(self) -> int | None:
        """The beat that it offers in this cycle."""
        return self._beats[0] if self._beats else None

    def step(self, offered: int | None, taken: bool) -> None:
        """End the cycle.

        Args:
            offered: The beat that stands at the input, or None.
            taken: Whether the output is ready.
        """
        accepts = self.ready
        if taken and self._beats:
            self._beats.popleft()
        if offered is not None and accepts:
            self._beats.append(offered)


class TokenPile:
    """``zs_token_counter``."""

    def __init__(self, width: int) -> None:
        self._most = 2**width - 1
        self.count = 0
        self.error = False

    def step(self, send: bool, take: bool) -> None:
        """End the cycle."""
        if take and not self.count:
            self.error, take = True, False
        self.count -= take
        if send and self.count == self._most:
            self.error, send = True, False
        self.count += send


class Arbiter:
    """``zs_arbiter``: requests sorted by the cycle in which they came, then by queue."""

    def __init__(self) -> None:
        self._line: list[tuple[int, int]] = []
        self._cycle = 0
        self.holder: int | None = None

    def step(self, requests: Iterable[int], done: Iterable[int]) -> int | None:
        """One cycle.

        Args:
            requests: Queues that ask.
            done: Queues that end.

        Returns:
            The queue that is granted the resource, or None.
        """
        asking = set(requests)
        self._line = [entry for entry in self._line if entry[1] in asking]
        heapify(self._line)
        for queue in asking - {queue for _, queue in self._line}:
            heappush(self._line, (self._cycle, queue))
        self._cycle += 1
        if self.holder in set(done):
            self.holder = None
        if self.holder is not None or not self._line:
            return None
        self.holder = min(self._line)[1]
        self._line.remove(min(self._line))
        return self.holder


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchOutputs:
    """What ``zs_dispatch`` shows in a cycle."""

    instr_ready: bool
    head_valid: bool
    head_word: int
    request: int
    start: bool
    busy: bool
    take: int
    send: int
    lacks: int


@dataclass(kw_only=True)
class Dispatch:
    """``zs_dispatch`` with the resource mask of an instruction in bits 48 and up of its word."""

    queues: int
    resources: int
    capacity: int
    words: BoundedQueue = field(init=False)
    busy: bool = False

    def __post_init__(self) -> None:
        """Begin empty."""
        self.words = BoundedQueue(self.capacity)

    def step(self, *, offered: int | None, run: bool, available: int, allowed: int, done: bool) -> DispatchOutputs:
        """One cycle.

        Args:
            offered: The word at the input, or None.
            run: run_i.
            available: Mask of queues of which a token lies there.
            allowed: Mask of resources that would be granted.
            done: done_i.
        """
        word = self.words.head
        exists = (1 << self.queues) - 1
        wait, release = ((word or 0) >> 16) & 0xFFFF, ((word or 0) >> 32) & exists
        resource = ((word or 0) >> HEADER_BITS) & ((1 << self.resources) - 1)
        waiting = word is not None and not self.busy
        lacks = wait & ~available if waiting else 0
        ready = run and waiting and not lacks
        start = ready and (not resource or bool(resource & allowed))
        ends = self.busy and done
        outputs = DispatchOutputs(
            instr_ready=self.words.ready,
            head_valid=word is not None,
            head_word=word or 0,
            request=resource if ready else 0,
            start=start,
            busy=self.busy,
            take=wait & exists if start else 0,
            send=release if ends else 0,
            lacks=lacks,
        )
        self.words.step(offered, ends)
        self.busy = start or (self.busy and not done)
        return outputs


class Scratchpad:
    """``zs_scratchpad``."""

    def __init__(self, size: int, lanes: int) -> None:
        self._data = np.zeros(size + lanes, np.uint8)
        self._size, self._lanes = size, lanes

    def read(self, address: int) -> Bytes:
        """(lanes,) bytes from ``address`` on; those at and above the size mean nothing."""
        return self._data[address : address + self._lanes].copy()

    def write(self, address: int, strobes: int, data: Bytes) -> None:
        """Write the lanes of ``data`` whose bit in ``strobes`` is set."""
        for lane in range(self._lanes):
            if strobes >> lane & 1 and address + lane < self._size:
                self._data[address + lane] = data[lane]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a DMA moves; the fields of a SAT LOAD or STORE, in their order."""

    dram_address: int
    pad_address: int
    images: int
    rows: int
    cols: int
    run_bytes: int
    image_stride: int
    row_stride: int
    col_stride: int

    @property
    def size(self) -> int:
        """Bytes that it moves."""
        return self.images * self.rows * self.cols * self.run_bytes

    @property
    def end(self) -> int:
        """One past the highest DRAM address."""
        steps = (
            (self.images - 1) * self.image_stride
            + (self.rows - 1) * self.row_stride
            + (self.cols - 1) * self.col_stride
        )
        return self.dram_address + steps + self.run_bytes


def strided(memory: Bytes, box: Box) -> Bytes:
    """A view of the box in ``memory``, (images, rows, cols, run_bytes) uint8."""
    return np.lib.stride_tricks.as_strided(
        memory[box.dram_address :],
        (box.images, box.rows, box.cols, box.run_bytes),
        (box.image_stride, box.row_stride, box.col_stride, 1),
    )


def gather(memory: Bytes, box: Box) -> Bytes:
    """(box.size,) bytes that a load puts into the scratchpad."""
    return strided(memory, box).ravel() if box.size else np.zeros(0, np.uint8)


def scatter(memory: Bytes, box: Box, data: Bytes) -> None:
    """Write (box.size,) bytes to where a store puts them, in their order."""
    if box.size:
        view = strided(memory, box)
        for index, byte in zip(np.ndindex(view.shape), data, strict=True):
            view[index] = byte
