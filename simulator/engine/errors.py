"""What an executor raises when a program cannot finish."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.engine.job import Job


@dataclass(frozen=True, slots=True)
class Blocked:
    """A queue that cannot go on: its head instruction and the queues whose tokens it lacks."""

    queue: int
    instruction: int
    lacks: tuple[int, ...]


class DeadlockError(RuntimeError):
    """The program cannot finish.

    Attributes:
        blocked: One entry per queue that still has instructions, by queue index.
    """

    def __init__(self, job: Job, blocked: Sequence[Blocked]) -> None:
        self.blocked = tuple(sorted(blocked, key=lambda entry: entry.queue))
        names = job.machine.queues
        lines = [
            f"queue {names[entry.queue]}: instruction {entry.instruction} lacks a token from "
            + ", ".join(names[source] if source < len(names) else f"queue {source} (none)" for source in entry.lacks)
            for entry in self.blocked
        ]
        super().__init__("deadlock: " + "; ".join(lines))
