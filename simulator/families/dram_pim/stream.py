"""Writing a program for the host, instruction by instruction."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from simulator.families.dram_pim.isa import ASIC, DRAM_PIM_ISA, HOST, TO_ASIC, TO_HOST
from simulator.program import Program

_NUMBER = {opcode.name: number for number, opcode in enumerate(DRAM_PIM_ISA.opcodes)}
_ASIC = _NUMBER["ASIC"]
_WIDTH = DRAM_PIM_ISA.width


class Stream:
    """Instructions in order; ``program`` makes arrays of them.

    The host waits for the unit beside it, and the unit for the host, where ``asic`` stands between them.
    """

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self._rows: list[tuple[int, ...]] = []
        self._waits: dict[int, int] = {}
        self._releases: dict[int, int] = {}
        self._macs: dict[int, int] = {}
        self._pending = False  # the next instruction of the host waits for the unit

    def __len__(self) -> int:
        return len(self._rows)

    def host(
        self,
        name: str,
        *,
        mask: int | None = None,
        bank: int = -1,
        row: int = -1,
        column: int = 0,
        count: int = 1,
        register: int = 0,
        source: int = 0,
        n: int = 1,
        m: int = 1,
        address: int = 0,
        stride: int = 0,
        macs: int = 0,
    ) -> None:
        """One instruction of the host; ``mask`` is the stream's own by default."""
        if self._pending:
            self._waits[len(self._rows)] = TO_ASIC
            self._pending = False
        if macs:
            self._macs[len(self._rows)] = macs
        channels = self.mask if mask is None else mask
        self._rows.append((_NUMBER[name], channels, bank, row, column, count, register, source, n, m, address, stride))

    def each(self, name: str, requests: Iterable[tuple[int, int, int]]) -> None:
        """One instruction for each (channel, bank, row)."""
        for channel, bank, row in requests:
            self.host(name, mask=1 << channel, bank=bank, row=row)

    def asic(self, cycles: int) -> None:
        """Work of the unit beside the memory, between what stands before and what follows."""
        # The host's last instruction returns when its data are there.
        last = len(self._rows) - 1
        if last >= 0 and self._rows[last][0] != _ASIC:
            self._releases[last] = TO_ASIC
            self._waits[len(self._rows)] = TO_HOST
        if not self._pending:
            self._releases[len(self._rows)] = TO_HOST
        else:  # two in a row: only the last one wakes the host
            self._releases.pop(last, None)
            self._releases[len(self._rows)] = TO_HOST
        self._pending = True
        self._rows.append((_ASIC, cycles) + (0,) * (_WIDTH - 1))

    def program(self, **notes: Any) -> Program:  # noqa: ANN401  # plain JSON values
        """The program so far; a barrier at the end waits until every channel has finished."""
        self.host("SYNC", mask=self.mask)
        rows = np.array(self._rows, np.int64)
        count = len(rows)
        queue = np.where(rows[:, 0] == _ASIC, ASIC, HOST).astype(np.uint8)
        wait, release, macs = np.zeros(count, np.uint16), np.zeros(count, np.uint16), np.zeros(count, np.int64)
        for column, values in ((wait, self._waits), (release, self._releases), (macs, self._macs)):
            for index, value in values.items():
                column[index] = value
        return Program(
            isa=DRAM_PIM_ISA,
            queue=queue,
            opcode=rows[:, 0].astype(np.uint8),
            wait=wait,
            release=release,
            operands=np.ascontiguousarray(rows[:, 1 : 1 + _WIDTH]),
            macs=macs,
            notes=notes,
        )
