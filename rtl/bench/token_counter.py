"""The bench of ``zs_token_counter``."""

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from rtl.bench.coverage import Bins
from rtl.bench.handshake import CASES, SCALE, Handle, number, reset, start, stream
from rtl.bench.models import TokenPile

BINS = Bins(
    (
        "empty",
        "full",
        "send",
        "take",
        "both",
        "both while full",
        "both while one lies there",
        "lost",
        "taken from nothing",
    )
)


@cocotb.test(timeout_time=1 * SCALE, timeout_unit="ms")
@cocotb.parametrize(
    send=[0.2, 0.8],
    take=[0.2, 0.8],
    legal=[True, False],
)
async def test_every_cycle(dut: Handle, send: float, take: float, legal: bool) -> None:
    """Every output in every cycle, against the model."""
    await start(dut, (dut.send_i, dut.take_i))
    rng, width = stream("tokens"), len(dut.count_o)
    most = 2**width - 1
    for _ in range(2):  # the second time, a reset has to clear count and error
        pile = TokenPile(width)
        for _ in range(CASES):
            await RisingEdge(dut.clk_i)
            sends, takes = rng.random() < send, rng.random() < take
            if legal:
                takes = takes and pile.count > 0
                sends = sends and (pile.count < most or takes)
            dut.send_i.value, dut.take_i.value = int(sends), int(takes)
            await FallingEdge(dut.clk_i)
            assert number(dut.count_o) == pile.count
            assert bool(number(dut.available_o)) == (pile.count > 0)
            assert bool(number(dut.error_o)) == pile.error
            _cover(pile.count, most, sends, takes)
            pile.step(sends, takes)
            assert not (legal and pile.error)
        await RisingEdge(dut.clk_i)
        dut.send_i.value = dut.take_i.value = 0
        await reset(dut)


def _cover(count: int, most: int, sends: bool, takes: bool) -> None:
    BINS.hit("empty", count == 0)
    BINS.hit("full", count == most)
    BINS.hit("send", sends and not takes)
    BINS.hit("take", takes and not sends and count > 0)
    BINS.hit("both", sends and takes and count > 0)
    BINS.hit("both while full", sends and takes and count == most)
    BINS.hit("both while one lies there", sends and takes and count == 1)
    BINS.hit("lost", sends and not takes and count == most)
    BINS.hit("taken from nothing", takes and count == 0)


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
