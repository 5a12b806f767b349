"""The bench of ``zs_scratchpad``."""

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from rtl.bench.coverage import Bins
from rtl.bench.handshake import CASES, SCALE, Handle, number, stream
from rtl.bench.models import Scratchpad

BINS = Bins(
    (
        "aligned read",
        "read across two rows",
        "read of a byte written in the cycle before",
        "read and write of one byte in one cycle",
        "two writes of one byte in one cycle",
        "partial write",
        "write past the end",
        "last byte",
        "idle port keeps its data",
    )
)


class _Port:
    """Fields of one port in the flat vectors of all."""

    def __init__(self, signal: Handle, ports: int) -> None:
        self.bits = len(signal) // ports

    def pack(self, values: list[int]) -> int:
        return sum(value << (index * self.bits) for index, value in enumerate(values))


@cocotb.test(timeout_time=1 * SCALE, timeout_unit="ms")
async def test_every_cycle(dut: Handle) -> None:
    """Every output in every cycle, against the model."""
    size, lanes = number(dut.Bytes), number(dut.Lanes)
    readers, writers = len(dut.read_valid_i), number(dut.WritePorts)
    model, rng = Scratchpad(size, lanes), stream("accesses")
    expected: list[np.ndarray | None] = [None] * readers
    written: set[int] = set()  # in the cycle before
    cocotb.start_soon(_clock(dut))
    await _fill(dut, model, size, lanes, writers)
    for _ in range(CASES):
        await RisingEdge(dut.clk_i)
        reads = [rng.random() < 0.7 for _ in range(readers)]
        near = rng.randrange(size)  # so that ports meet
        where = [min(size - 1, rng.choice((near, rng.randrange(size)))) for _ in range(readers)]
        targets = [min(size - 1, rng.choice((near, rng.randrange(size)))) for _ in range(writers)]
        strobes = [rng.choice((0, rng.getrandbits(lanes), (1 << lanes) - 1)) for _ in range(writers)]
        data = [np.frombuffer(rng.randbytes(lanes), np.uint8) for _ in range(writers)]
        _drive(dut, reads, where, strobes, targets, data)
        await FallingEdge(dut.clk_i)
        _compare(dut, expected, lanes)
        fresh = {t + i for t, s in zip(targets, strobes, strict=True) for i in range(lanes) if s >> i & 1}
        _cover(size, lanes, reads, where, strobes, targets, fresh, written)
        for port in range(readers):
            if reads[port]:
                block = model.read(where[port])
                expected[port] = block[: size - where[port]]
        for port in range(writers):
            model.write(targets[port], strobes[port], data[port])
        written = fresh


async def _clock(dut: Handle) -> None:
    from cocotb.clock import Clock  # noqa: PLC0415

    Clock(dut.clk_i, 10, "ns").start()


async def _fill(dut: Handle, model: Scratchpad, size: int, lanes: int, writers: int) -> None:
    """Write every byte once."""
    for address in range(0, size, lanes):
        await RisingEdge(dut.clk_i)
        data = np.arange(address, address + lanes).astype(np.uint8)
        strobes = (1 << lanes) - 1
        zeros = [0] * (writers - 1)
        nothing = [np.zeros(lanes, np.uint8)] * (writers - 1)
        _drive(
            dut,
            [False] * len(dut.read_valid_i),
            [0] * len(dut.read_valid_i),
            [strobes, *zeros],
            [address, *zeros],
            [data, *nothing],
        )
        model.write(address, strobes, data)


def _drive(
    dut: Handle,
    reads: list[bool],
    where: list[int],
    strobes: list[int],
    targets: list[int],
    data: list[np.ndarray],
) -> None:
    dut.read_valid_i.value = sum(int(read) << port for port, read in enumerate(reads))
    dut.read_address_i.value = _Port(dut.read_address_i, len(reads)).pack(where)
    dut.write_valid_i.value = _Port(dut.write_valid_i, len(targets)).pack(strobes)
    dut.write_address_i.value = _Port(dut.write_address_i, len(targets)).pack(targets)
    values = [int.from_bytes(block.tobytes(), "little") for block in data]
    dut.write_data_i.value = _Port(dut.write_data_i, len(targets)).pack(values)


def _compare(dut: Handle, expected: list["np.ndarray | None"], lanes: int) -> None:
    text = str(dut.read_data_o.value)
    for port, block in enumerate(expected):
        if block is None:
            continue
        first = len(text) - port * lanes * 8
        for lane, byte in enumerate(block):
            bits = text[first - lane * 8 - 8 : first - lane * 8]
            assert bits == f"{byte:08b}", f"port {port} lane {lane}: {bits}, expected {byte:08b}"


def _cover(
    size: int,
    lanes: int,
    reads: list[bool],
    where: list[int],
    strobes: list[int],
    targets: list[int],
    fresh: set[int],
    written: set[int],
) -> None:
    read = {a + i for a, r in zip(where, reads, strict=True) if r for i in range(lanes)}
    starts = [a for a, r in zip(where, reads, strict=True) if r]
    BINS.hit("aligned read", any(a % lanes == 0 for a in starts))
    BINS.hit("read across two rows", lanes == 1 or any(a % lanes for a in starts))
    BINS.hit("read of a byte written in the cycle before", read & written)
    BINS.hit("read and write of one byte in one cycle", read & fresh)
    hits = [t + i for t, s in zip(targets, strobes, strict=True) for i in range(lanes) if s >> i & 1]
    BINS.hit("two writes of one byte in one cycle", len(targets) == 1 or len(hits) > len(set(hits)))
    BINS.hit("partial write", lanes == 1 or any(0 < s < (1 << lanes) - 1 for s in strobes))
    BINS.hit("write past the end", lanes == 1 or any(byte >= size for byte in fresh))
    BINS.hit("last byte", size - 1 in read)
    BINS.hit("idle port keeps its data", not all(reads))


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
