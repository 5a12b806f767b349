"""What generating text takes on a machine that runs whole transformers: the prompt, then a step for each token."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One pass through a transformer.

    Attributes:
        name: What it is, such as ``decode 512``.
        instructions: Of one core.
        time: In units of the configuration's ``clock_mhz``.
        dram_bytes: Bytes to and from memory, all cores.
        busy: Time that each queue was busy, by name.
    """

    name: str
    instructions: int
    time: int
    dram_bytes: int
    busy: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A prompt and the tokens behind it.

    Attributes:
        prompt: The pass over the prompt.
        decodes: Decode steps in the order in which they run, and the tokens that each one gives.
    """

    prompt: Step
    decodes: tuple[tuple[Step, int], ...]

    @cached_property
    def tokens(self) -> int:
        """Tokens generated."""
        return sum(count for _, count in self.decodes)

    @cached_property
    def decode_time(self) -> int:
        """Time of all decode steps."""
        return sum(step.time * count for step, count in self.decodes)
