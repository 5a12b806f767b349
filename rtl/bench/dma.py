"""The bench of ``zs_dma``, between a scratchpad and a DRAM."""

from dataclasses import astuple

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from rtl.bench.coverage import Bins
from rtl.bench.handshake import CASES, SCALE, SEED, Handle, forget, number, start
from rtl.bench.models import Box, Bytes, gather, scatter
from simulator.families.sat.isa import SAT_ISA
from simulator.isa import HEADER_BITS
from simulator.memory.config import IdealMemory

LONGEST = 400  # bytes of a random box
HOST_BYTES = 64
INPUTS = ("start_i", "host_write_i", "pad_read_i", "pad_write_i")
BINS = Bins(
    (
        "load",
        "store",
        "no latency",
        "latency 1",
        "long latency",
        "one byte a cycle",
        "all lanes",
        "some lanes",
        "last beat full",
        "last beat short",
        "one beat",
        "runs shorter than a beat",
        "runs longer than a beat",
        "beat over several runs",
        "beat over two images",
        "one image",
        "one run",
        "without gaps",
        "overlaps itself",
        "no bytes, no latency",
        "no bytes, latency 1",
        "no bytes, long latency",
        "starts in the end cycle of another",
        "first byte of DRAM",
        "last byte of the scratchpad",
    )
)


def box_bits(box: Box) -> int:
    """The box as it stands in an instruction word, the header left out."""
    layout = SAT_ISA.field_layout("LOAD")
    assert [field.name for field in SAT_ISA["LOAD"].fields][:9] == list(Box.__dataclass_fields__)
    bits = 0
    for (first, width), value in zip(layout, astuple(box), strict=False):
        assert 0 <= value < 1 << width
        bits |= value << (first - HEADER_BITS)
    return bits


def random_box(rng: np.random.Generator, dram_bytes: int, pad_bytes: int, lanes: int) -> Box:
    """A box that fits."""
    while True:
        run = int(rng.choice((1, 2, 3, lanes, lanes + 1, rng.integers(1, 64))))
        images, rows, cols = (int(rng.choice((1, 1, 2, 3, 5))) for _ in range(3))
        overlap = rng.random() < 0.2
        col = 1 if overlap else run + int(rng.choice((0, rng.integers(0, 9))))
        row = 2 if overlap else cols * col + int(rng.choice((0, rng.integers(0, 30))))
        image = rows * row + int(rng.choice((0, rng.integers(0, 50))))
        box = Box(
            dram_address=0,
            pad_address=0,
            images=images,
            rows=rows,
            cols=cols,
            run_bytes=run,
            image_stride=image,
            row_stride=row,
            col_stride=col,
        )
        if box.size <= min(LONGEST, pad_bytes) and box.end <= dram_bytes:
            break
    dram = int(rng.choice((0, rng.integers(0, dram_bytes - box.end + 1))))
    pad = int(rng.choice((pad_bytes - box.size, rng.integers(0, pad_bytes - box.size + 1))))
    return Box(**{**{n: getattr(box, n) for n in box.__dataclass_fields__}, "dram_address": dram, "pad_address": pad})


def empty_box(rng: np.random.Generator) -> Box:
    """A box of which at least one side is 0."""
    sides = rng.integers(0, 2, 4) * rng.integers(1, 5, 4)
    sides[rng.integers(0, 4)] = 0
    images, rows, cols, run = (int(side) for side in sides)
    return Box(
        dram_address=3,
        pad_address=5,
        images=images,
        rows=rows,
        cols=cols,
        run_bytes=run,
        image_stride=7,
        row_stride=5,
        col_stride=3,
    )


class DmaTestbench:
    """Both memories as arrays beside the real ones; transfers one after another or back to back."""

    def __init__(self, dut: Handle) -> None:
        self._dut = dut
        self._rng = np.random.default_rng([SEED, 0])
        self.lanes = len(dut.pad_data_i) // 8
        self.dram = self._rng.integers(0, 256, number(dut.DramBytes)).astype(np.uint8)
        self.pad = self._rng.integers(0, 256, number(dut.PadBytes)).astype(np.uint8)

    async def fill(self) -> None:
        """Both memories through the ports of the bench."""
        dut = self._dut
        for row, block in enumerate(self.dram.reshape(-1, HOST_BYTES)):
            dut.host_write_i.value, dut.host_row_i.value = 1, row
            dut.host_data_i.value = int.from_bytes(block.tobytes(), "little")
            await RisingEdge(dut.clk_i)
        dut.host_write_i.value = 0
        for address in range(0, len(self.pad), self.lanes):
            dut.pad_write_i.value, dut.pad_address_i.value = 1, address
            block = self.pad[address : address + self.lanes]
            dut.pad_data_i.value = int.from_bytes(block.tobytes(), "little")
            await RisingEdge(dut.clk_i)
        dut.pad_write_i.value = 0

    async def transfer(self, boxes: list[tuple[Box, bool]], latency: int, bytes_per_cycle: int) -> None:
        """Run boxes back to back: each starts in the end cycle of the one before."""
        dut = self._dut
        memory = IdealMemory(bytes_per_cycle=bytes_per_cycle, latency_cycles=latency)
        dut.latency_i.value, dut.bytes_per_cycle_i.value = latency, bytes_per_cycle
        for index, (box, write) in enumerate(boxes):
            dut.start_i.value, dut.box_i.value, dut.write_i.value = 1, box_bits(box), int(write)
            expected = max(1, int(memory.burst_cycles(np.array(box.size))))
            for cycle in range(expected):
                await FallingEdge(dut.clk_i)
                # In its start cycle this one sees the end of the one before.
                assert bool(number(dut.done_o)) == (cycle == 0 and index > 0), f"{box}: done_o in cycle {cycle}"
                await RisingEdge(dut.clk_i)
                dut.start_i.value = 0
            self._move(box, write)
            cover(box, write, latency, bytes_per_cycle, self.lanes, len(self.pad), index)
        forget(dut.box_i, dut.write_i, dut.latency_i, dut.bytes_per_cycle_i)
        await FallingEdge(dut.clk_i)
        assert number(dut.done_o), f"{boxes[-1][0]}: no done_o after {expected} cycles"
        for _ in range(2):
            await RisingEdge(dut.clk_i)
            await FallingEdge(dut.clk_i)
            assert not number(dut.done_o)
            assert not number(dut.reading_o), "it reads on"
            assert not number(dut.writing_o), "it writes on"
        await RisingEdge(dut.clk_i)

    def _move(self, box: Box, write: bool) -> None:
        inside = slice(box.pad_address, box.pad_address + box.size)
        if write:
            scatter(self.dram, box, self.pad[inside])
        else:
            self.pad[inside] = gather(self.dram, box)

    async def compare(self) -> None:
        """All bytes of both memories."""
        dut = self._dut
        for row in range(len(self.dram) // HOST_BYTES):
            dut.host_row_i.value = row
            await RisingEdge(dut.clk_i)
            await FallingEdge(dut.clk_i)
            _same(dut.host_data_o, self.dram[row * HOST_BYTES : (row + 1) * HOST_BYTES], f"DRAM row {row}")
            await RisingEdge(dut.clk_i)
        for address in range(0, len(self.pad), self.lanes):
            dut.pad_read_i.value, dut.pad_address_i.value = 1, address
            await RisingEdge(dut.clk_i)
            dut.pad_read_i.value = 0
            await FallingEdge(dut.clk_i)
            _same(dut.pad_data_o, self.pad[address : address + self.lanes], f"scratchpad byte {address}")
            await RisingEdge(dut.clk_i)


def _same(signal: Handle, expected: Bytes, where: str) -> None:
    got = np.frombuffer(number(signal).to_bytes(len(expected), "little"), np.uint8)
    assert (got == expected).all(), f"{where}: {got.tolist()}, expected {expected.tolist()}"


def cover(box: Box, write: bool, latency: int, rate: int, lanes: int, pad_bytes: int, index: int) -> None:
    """Fill the bins of one transfer."""
    BINS.hit("store" if write else "load")
    BINS.hit("starts in the end cycle of another", index > 0)
    if not box.size:
        BINS.hit("no bytes, no latency", latency == 0)
        BINS.hit("no bytes, latency 1", latency == 1)
        BINS.hit("no bytes, long latency", latency > 1)
        return
    BINS.hit("no latency", latency == 0)
    BINS.hit("latency 1", latency == 1)
    BINS.hit("long latency", latency > 10)
    BINS.hit("one byte a cycle", rate == 1)
    BINS.hit("all lanes", rate == lanes)
    BINS.hit("some lanes", rate < lanes or lanes == 1)
    BINS.hit("last beat full", box.size % rate == 0)
    BINS.hit("last beat short", box.size % rate or lanes == 1)
    BINS.hit("one beat", box.size <= rate)
    BINS.hit("runs shorter than a beat", box.run_bytes < rate or lanes == 1)
    BINS.hit("runs longer than a beat", box.run_bytes > rate)
    BINS.hit("beat over several runs", box.run_bytes * 2 < rate < box.size or lanes < 4)
    image = box.rows * box.cols * box.run_bytes
    BINS.hit("beat over two images", (box.images > 1 and image % rate and rate < box.size) or lanes == 1)
    BINS.hit("one image", box.images == 1)
    BINS.hit("one run", box.size == box.run_bytes)
    BINS.hit("without gaps", box.col_stride == box.run_bytes and box.cols > 1)
    BINS.hit("overlaps itself", box.col_stride < box.run_bytes and box.cols > 1)
    BINS.hit("first byte of DRAM", box.dram_address == 0)
    BINS.hit("last byte of the scratchpad", box.pad_address + box.size == pad_bytes)


@cocotb.test(timeout_time=10 * SCALE, timeout_unit="ms")
async def test_bytes_and_cycles(dut: Handle) -> None:
    """All bytes of both memories, and the cycle of every end."""
    await start(dut, [getattr(dut, name) for name in INPUTS])
    bench = DmaTestbench(dut)
    rng, lanes = np.random.default_rng([SEED, 1]), bench.lanes
    await bench.fill()
    for _ in range(CASES):
        latency = int(rng.choice((0, 0, 1, 2, rng.integers(11, 40))))
        rate = int(rng.choice((1, lanes, lanes, rng.integers(1, lanes + 1))))
        boxes, write = [], bool(rng.integers(0, 2))
        for _ in range(rng.choice((1, 3))):
            # Without latency a transfer reads in the cycle in which the one before it writes its last beat. Tokens
            # keep such transfers apart in a program; here they all go in one direction.
            write = bool(rng.integers(0, 2)) if latency else write
            box = random_box(rng, len(bench.dram), len(bench.pad), lanes)
            boxes.append((empty_box(rng) if rng.random() < 0.1 else box, write))
        await bench.transfer(boxes, latency, rate)
    for latency in (0, 1, 2, 7):
        await bench.transfer([(empty_box(rng), bool(latency % 2))], latency, lanes)
    await bench.compare()
    assert not number(dut.outside_o), "an access outside DRAM"


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
