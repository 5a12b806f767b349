"""What a queue did, as spans of time that follow each other without gaps."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapping.arrays import IntArray
from simulator.engine.timeline import Timeline

STATES = ("busy", "waiting for token", "waiting for resource", "dispatch", "idle")
BUSY, TOKEN, RESOURCE, DISPATCH, IDLE = range(len(STATES))
_IN_ORDER = (DISPATCH, TOKEN, RESOURCE, BUSY)  # what stands between the ends of two instructions
NOTHING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """The spans of one queue, (s,) each, in the order of time; some may be empty.

    Attributes:
        edges: (s + 1,) int64 cycle at which each span begins, and the end of the last one.
        state: Index into ``STATES``.
        instruction: The instruction that runs or is held up, or -1 when the queue is idle.
    """

    edges: IntArray
    state: npt.NDArray[np.int8]
    instruction: IntArray

    def cycles_until(self, state: int, times: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Cycles that the queue has spent in ``state`` at each of ``times``."""
        spent = np.concatenate([[0], np.cumsum(np.where(self.state == state, np.diff(self.edges), 0))])
        return np.interp(times, self.edges, spent)


def queue_spans(timeline: Timeline, queue: int) -> Spans:
    """The spans of one queue from cycle 0 to the timeline's total."""
    members = np.flatnonzero(timeline.job.queue == queue)
    ends = np.stack([timeline.free, timeline.ready, timeline.start, timeline.end], axis=1)[members].ravel()
    return Spans(
        edges=np.concatenate([[0], ends, [timeline.total]]),
        state=np.append(np.tile(np.array(_IN_ORDER, np.int8), len(members)), np.int8(IDLE)),
        instruction=np.append(np.repeat(members, len(_IN_ORDER)), NOTHING),
    )


def reason(timeline: Timeline, state: int, instruction: int) -> str:
    """What a span shows: for a wait also whom or what the instruction waits for."""
    machine = timeline.job.machine
    if state == TOKEN:
        return f"waiting for {machine.queues[timeline.blamed[instruction]]}"
    if state == RESOURCE:
        return f"waiting for the {machine.resources[timeline.job.resource[instruction]]} port"
    return STATES[state]
