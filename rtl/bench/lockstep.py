"""Lockstep: a program runs in the Verilog, and its times and the DRAM are fetched.

Knows no family: a core stands in a frame with ``zs_program_host`` and ``zs_dram_model``.
"""

import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from mapping.arrays import ByteArray, IntArray
from rtl.bench.handshake import Handle, number, reset
from rtl.bench.programs import NOT_YET, Case, Result
from simulator.program import Program

HOST_BYTES = 64
LIMIT_SLACK = 1000  # cycles beyond what a program can take, after which a simulation counts as endless


class Core:
    """A core in a frame with ``zs_program_host`` and ``zs_dram_model``."""

    def __init__(self, dut: Handle) -> None:
        self._dut = dut
        self._index_bits = len(dut.log_index_i)
        self._queues = len(dut.host_write_i)
        self._dram_rows = number(dut.DramBytes) // HOST_BYTES
        self._known: ByteArray | None = None  # what the DRAM holds, once it is known

    async def run(self, case: Case) -> Result:
        """Load a program, run it to its end, and fetch what it did."""
        dut, program = self._dut, case.program
        dut.go_i.value = 0
        await reset(dut)
        await self._load(case)
        for name, value in case.inputs.items():
            getattr(dut, name).value = value
        # With all latencies 1, at least one instruction works or is about to in every cycle.
        dut.limit_i.value = int((case.job.service + 2).sum()) + LIMIT_SLACK
        counts = np.bincount(program.queue, minlength=self._queues).tolist()
        dut.count_i.value = sum(count << (self._index_bits + 1) * q for q, count in enumerate(counts))
        dut.go_i.value = 1
        await RisingEdge(dut.stop_o)
        await FallingEdge(dut.clk_i)
        finished, lacks = bool(number(dut.finished_o)), _split(number(dut.lacks_o), 16, self._queues)
        start, end = await self._times(program)
        error = bool(number(dut.error_o)) or bool(number(dut.outside_o))
        memory = await self._memory(len(case.before))
        self._known = memory
        return Result(start=start, end=end, finished=finished, lacks=tuple(lacks), memory=memory, error=error)

    async def _load(self, case: Case) -> None:
        """Words and DRAM, one of each a cycle."""
        dut, program = self._dut, case.program
        rows = _rows(case.before)
        assert len(rows) <= self._dram_rows, f"{case.name}: {len(case.before)} bytes do not fit into the DRAM"
        dirty = np.arange(len(rows))
        if self._known is not None:
            known = _rows(self._known)
            same = min(len(known), len(rows))
            dirty = dirty[(rows[:, :] != np.resize(known, rows.shape)).any(1) | (dirty >= same)]
        index = np.zeros(len(program), np.int64)
        for queue in range(self._queues):
            members = program.queue == queue
            index[members] = np.arange(np.count_nonzero(members))
        assert index.max(initial=0) < 1 << self._index_bits, f"{case.name}: {len(program)} instructions are too many"
        words = program.words()
        for step in range(max(len(words), len(dirty))):
            if step < len(words):
                dut.host_write_i.value = 1 << int(program.queue[step])
                dut.host_index_i.value = int(index[step])
                dut.host_word_i.value = int.from_bytes(words[step].tobytes(), "little")
            else:
                dut.host_write_i.value = 0
            if step < len(dirty):
                dut.host_write_dram_i.value = 1
                dut.host_row_i.value = int(dirty[step])
                dut.host_data_i.value = int.from_bytes(rows[dirty[step]].tobytes(), "little")
            else:
                dut.host_write_dram_i.value = 0
            await RisingEdge(dut.clk_i)
        dut.host_write_i.value = 0
        dut.host_write_dram_i.value = 0

    async def _times(self, program: Program) -> tuple[IntArray, IntArray]:
        dut, width = self._dut, self._index_bits + 1
        begun = _split(number(dut.begun_o), width, self._queues)
        ended = _split(number(dut.ended_o), width, self._queues)
        start, end = np.full(len(program), NOT_YET), np.full(len(program), NOT_YET)
        members = [np.flatnonzero(program.queue == queue) for queue in range(self._queues)]
        for index in range(max(begun)):
            dut.log_index_i.value = index
            await FallingEdge(dut.clk_i)
            starts, ends = str(dut.log_start_o.value), str(dut.log_end_o.value)
            for queue in range(self._queues):
                place = slice((self._queues - 1 - queue) * 32, (self._queues - queue) * 32)
                if index < begun[queue] and index < len(members[queue]):
                    start[members[queue][index]] = int(starts[place], 2)
                if index < ended[queue] and index < len(members[queue]):
                    end[members[queue][index]] = int(ends[place], 2)
        return start, end

    async def _memory(self, size: int) -> ByteArray:
        dut = self._dut
        rows = -(-size // HOST_BYTES)
        data = bytearray()
        for row in range(rows + 1):  # data of a row stands one cycle later
            await RisingEdge(dut.clk_i)
            dut.host_row_i.value = min(row, rows - 1)
            await FallingEdge(dut.clk_i)
            if row:
                data += number(dut.host_data_o).to_bytes(HOST_BYTES, "little")
        return np.frombuffer(bytes(data), np.uint8)[:size]


def _rows(memory: ByteArray) -> ByteArray:
    return np.pad(memory, (0, -len(memory) % HOST_BYTES)).reshape(-1, HOST_BYTES)


def _split(value: int, bits: int, count: int) -> list[int]:
    return [value >> bits * i & ((1 << bits) - 1) for i in range(count)]
