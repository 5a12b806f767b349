"""What a family says of itself so that configurations can share its programs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from mapping.arrays import IntArray
from mapping.graph import Layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping as LayerMapping
from simulator.config import FamilyConfig
from simulator.program import Program

C = TypeVar("C", bound=FamilyConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Mappings of a layer, and what no program of each can beat, whatever the service times.

    That is some instructions of one queue, back to back, between the bytes that nothing can hide; or all bytes.

    Attributes:
        mappings: (t,) mappings; among equal bounds the earlier one is tried first.
        samples: (k,) one instruction of each kind that bounds are made of; the operands that time them are filled in.
        first: (t + 1,) where the entries of each mapping begin; each has at least one.
        kind: (e,) kind of an entry.
        count: (e,) how many instructions of it.
        gaps: (t,) dispatch latencies between the instructions.
        around: (t,) bytes moved before the first and after the last of them.
        moved: (t,) all bytes.
    """

    mappings: Sequence[LayerMapping]
    samples: Program
    first: IntArray
    kind: IntArray
    count: IntArray
    gaps: IntArray
    around: IntArray
    moved: IntArray

    def __len__(self) -> int:
        """Number of mappings."""
        return len(self.mappings)

    def bounds(self, service: IntArray, dispatch_latency: int, peak_bytes: float) -> IntArray:
        """(t,) cycles that no program of each mapping can beat.

        Args:
            service: (k,) cycles of the samples.
            dispatch_latency: Cycles between two instructions of a queue.
            peak_bytes: Bytes per cycle that memory cannot exceed.
        """
        busy = np.add.reduceat(service[self.kind] * self.count, self.first[:-1]) + self.gaps * dispatch_latency
        return np.maximum(busy + transfer_cycles(self.around, peak_bytes), transfer_cycles(self.moved, peak_bytes))

    def chosen(self, keep: IntArray) -> "Offers":
        """The mappings at these (m,) indices only, in that order."""
        entries = np.diff(self.first)[keep]
        first = np.concatenate([[0], entries.cumsum()])
        inside = np.arange(first[-1]) - np.repeat(first[:-1] - self.first[keep], entries)
        return Offers(
            mappings=[self.mappings[i] for i in keep.tolist()],
            samples=self.samples,
            first=first,
            kind=self.kind[inside],
            count=self.count[inside],
            gaps=self.gaps[keep],
            around=self.around[keep],
            moved=self.moved[keep],
        )


def transfer_cycles(moved: IntArray, peak_bytes: float) -> IntArray:
    """Cycles that so many bytes take at least."""
    return np.ceil(moved / peak_bytes).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing(Generic[C]):
    """How configurations share programs: the optional part ``sharing`` of a family.

    A family that states it promises, and ``tests/simulator/sharing`` checks, that its ``candidates`` are these offers
    by ascending bound, and that of a configuration

    * ``offers`` and ``lower`` read ``fields`` and ``offered`` only (notes of a program aside);
    * two programs of one mapping that differ in ``offered`` differ in operands that nothing times or counts;
    * the service time of an instruction follows from the operands ``timed`` and the configuration, or is a request to
      a memory with state, the same for every configuration;
    * ``actions`` reads ``fields`` and ``counted`` only.

    A program is checked (``Family.check``) once, with the configuration that it first won on.

    Attributes:
        fields: What decides about programs.
        offered: What decides only which mappings there are. All other fields decide about times alone.
        offers: Mappings of a layer pruned to a pattern with their bounds.
        timed: For each opcode the operands that its service time depends on.
        requests: The instructions of a program that use a memory, (r,), and what they ask of it, (r, 9).
        counted: What the counted actions depend on beside ``fields``.
    """

    fields: tuple[str, ...]
    offered: tuple[str, ...]
    offers: Callable[[Layer, Pattern, C], Offers]
    timed: Mapping[str, tuple[str, ...]]
    requests: Callable[[Program], tuple[IntArray, IntArray]]
    counted: tuple[str, ...] = ()
