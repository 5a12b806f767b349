"""What a program makes the hardware do, counted: the left factor of energy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """So many equal actions of one component.

    Attributes:
        component: What the energy is booked under, such as ``weight scratchpad``.
        kind: What is done, as a technology names it: an operation (``mul.fp16``, ``add.fp32``), ``register``,
            ``sram.read``, ``sram.write``, ``link``, ``dram``, or ``dram.`` with what a DRAM does command by command.
        count: Operations, or bits where something is moved; bits times hops for ``link``.
        of: The memory that is meant: KiB of an SRAM, or the name of a DRAM.
    """

    component: str
    kind: str
    count: int
    of: int | str | None = None
