"""The bench of ``zs_fifo``."""

import os

import cocotb

from rtl.bench.handshake import SCALE, Handle
from rtl.bench.stream import bins_of, exercise

CAPACITY = int(os.environ["ZEROSKIP_BENCH_DEPTH"])
BINS = bins_of(CAPACITY)


@cocotb.test(timeout_time=1 * SCALE, timeout_unit="ms")
@cocotb.parametrize(gap=[0.0, 0.5], stall=[0.0, 0.5])
async def test_every_cycle(dut: Handle, gap: float, stall: float) -> None:
    """Every output in every cycle, against the model."""
    await exercise(dut, CAPACITY, gap, stall, BINS)


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
