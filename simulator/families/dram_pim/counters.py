"""What a run did, read from the state that the memory was left in."""

from dataclasses import dataclass

import numpy as np

from simulator.engine.timeline import Timeline
from simulator.memory.commands import layout as at
from simulator.memory.commands.table import CommandTable, channel_words, counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Counts over all channels of a device.

    Attributes:
        cycles: Length of the run.
        channels: Channels of the device.
        commands: Commands issued, by name.
        accesses: Commands that needed an open row.
        misses: Of these, those for which a row had to be opened.
        active_cycles: Cycles in which a channel had an open row, summed over channels.
    """

    cycles: int
    channels: int
    commands: dict[str, int]
    accesses: int
    misses: int
    active_cycles: int

    @property
    def row_hit_rate(self) -> float:
        """Share of the accesses that found their row open."""
        return 1 - self.misses / self.accesses if self.accesses else 1.0

    @property
    def issued(self) -> int:
        """All commands."""
        return sum(self.commands.values())


def counters(timeline: Timeline, table: CommandTable) -> Counters:
    """Read the counters of a finished run, whose first resource is the memory."""
    memory, state = timeline.job.machine.memories[0], timeline.memories[0]
    assert memory is not None, "the host has a memory"
    assert state is not None, "the run has kept its state"
    each = channel_words(memory.params, state)
    still_open = np.where(each[:, at.OPEN_COUNT] > 0, timeline.total - each[:, at.SINCE], 0)
    return Counters(
        cycles=timeline.total,
        channels=len(each),
        commands={name: int(found.sum()) for name, found in counts(memory.params, state, table).items()},
        accesses=int(each[:, at.ACCESSES].sum()),
        misses=int(each[:, at.MISSES].sum()),
        active_cycles=int((each[:, at.ACTIVE_CYCLES] + np.maximum(still_open, 0)).sum()),
    )
