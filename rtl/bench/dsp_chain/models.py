"""What the DSP chain and the vector unit do cycle by cycle, in plain Python: no clock, no simulator, no values."""

from collections import deque
from dataclasses import dataclass

from rtl.bench.models import BoundedQueue
from simulator.families.dsp_chain.chain import Block, ChainConfig, block_beats, passes


class Cascade:
    """``zs_dsp_chain``: moves as a whole; a beat at its end that is not taken stops it.

    Args:
        latency: Cycles through it.
    """

    def __init__(self, latency: int) -> None:
        self._places: deque[int | None] = deque([None] * latency)

    @property
    def last(self) -> int | None:
        """The beat at the output."""
        return self._places[-1]

    def moves(self, taken: bool) -> bool:
        """Whether it moves in this cycle, and takes a beat."""
        return self.last is None or taken

    def step(self, offered: int | None, taken: bool) -> None:
        """End the cycle."""
        if self.moves(taken):
            self._places.pop()
            self._places.appendleft(offered)


@dataclass(frozen=True, slots=True)
class UnitOutputs:
    """What a vector unit shows in a cycle.

    Attributes:
        block_ready: Whether it takes a block.
        weights_ready: Whether it takes weights.
        written: Number of the beat at its output, or None.
    """

    block_ready: bool
    weights_ready: bool
    written: int | None


class VectorUnit:
    """``zs_vector_unit``.

    Args:
        blocks: All that will be offered, in order.
        config: The chain.
    """

    def __init__(self, blocks: list[Block], config: ChainConfig) -> None:
        self._blocks, self._length = blocks, config.length
        self._heads = BoundedQueue(2)
        self._cascade = Cascade(config.latency)
        self._out = BoundedQueue(2)
        self._beat = 0
        self._written = 0

    def _writes(self, block: Block) -> bool:
        repeats = max(1, passes(block.kept, self._length))
        return block.last and self._beat % repeats == repeats - 1

    def _sums_taken(self) -> bool:
        """Only a beat that is written (beats at the end of the cascade are 1 then, else 0) waits for the output."""
        return self._cascade.last != 1 or self._out.ready

    def outputs(self) -> UnitOutputs:
        """Of this cycle: they depend on no input."""
        head = self._heads.head
        wants = head is not None and self._blocks[head].kept > 0
        return UnitOutputs(
            block_ready=self._heads.ready,
            weights_ready=wants and self._cascade.moves(self._sums_taken()),
            written=self._out.head,
        )

    def step(self, block: int | None, weights: bool, taken: bool) -> None:
        """End the cycle.

        Args:
            block: Number of the block at the input, or None.
            weights: Whether there are weights at the input.
            taken: Whether the output is ready.
        """
        sums_taken = self._sums_taken()
        finishes = None
        if self._cascade.last == 1 and sums_taken:
            finishes = self._written
            self._written += 1
        enters, ends_block = self._next_beat(weights, self._cascade.moves(sums_taken))
        self._cascade.step(enters, sums_taken)
        self._out.step(finishes, taken)
        self._heads.step(block, ends_block)

    def _next_beat(self, weights: bool, moves: bool) -> tuple[int | None, bool]:
        """What enters the cascade, and whether the block ends."""
        head = self._heads.head
        if head is None:
            return None, False
        block = self._blocks[head]
        beats = block_beats(block.kept, self._length, flushes=block.flushes)
        if beats == 0:
            return None, True
        if not moves or (block.kept and not weights):
            return None, False
        enters = int(self._writes(block))
        self._beat += 1
        if self._beat < beats:
            return enters, False
        self._beat = 0
        return enters, True
