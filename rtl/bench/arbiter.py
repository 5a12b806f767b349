"""The bench of ``zs_arbiter``."""

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from rtl.bench.coverage import Bins
from rtl.bench.handshake import CASES, SCALE, Handle, number, start, stream
from rtl.bench.models import Arbiter

LONGEST_SERVICE = 6
BINS = Bins(
    (
        "no request",
        "request while held",
        "tie",
        "tie among those that wait",
        "first come goes before a lower index",
        "granted in the end cycle",
        "granted while free",
        "same queue twice in a row",
        "held for one cycle",
        "done of a queue that holds nothing",
        "all ask",
    )
)


class _Requesters:
    """Queues that ask, hold for a while and end; a ready queue asks again some time after its end."""

    def __init__(self, queues: int, activity: float) -> None:
        self._rng, self._activity = stream("requests"), activity
        self.asking: dict[int, int] = {}  # queue: cycle of its request
        self.holder, self.last = None, None
        self.left = 0
        self._queues = queues

    def begin(self, cycle: int) -> tuple[int, int]:
        """Requests and ends of this cycle, as masks."""
        done = 0
        if self.holder is not None:
            self.left -= 1
            if self.left == 0:
                done |= 1 << self.holder
        for queue in range(self._queues):
            holds = queue == self.holder
            if queue not in self.asking and not holds and self._rng.random() < self._activity:
                self.asking[queue] = cycle
            if not holds and self._rng.random() < 0.1:
                done |= 1 << queue  # it ends something that needs no resource
        return sum(1 << queue for queue in self.asking), done

    def granted(self, queue: int) -> None:
        del self.asking[queue]
        self.holder, self.left = queue, self._rng.randint(1, LONGEST_SERVICE)


@cocotb.test(timeout_time=1 * SCALE, timeout_unit="ms")
@cocotb.parametrize(activity=[0.05, 0.3, 1.0])
async def test_every_cycle(dut: Handle, activity: float) -> None:
    """Every output in every cycle, against the model."""
    await start(dut, (dut.request_i, dut.done_i))
    queues, model = len(dut.request_i), Arbiter()
    requesters = _Requesters(queues, activity)
    for cycle in range(CASES):
        await RisingEdge(dut.clk_i)
        held = requesters.holder
        requests, done = requesters.begin(cycle)
        dut.request_i.value, dut.done_i.value = requests, done
        await FallingEdge(dut.clk_i)
        expected = model.step(_members(requests), _members(done))
        mask = 0 if expected is None else 1 << expected
        assert number(dut.grant_o) == mask, f"cycle {cycle}: requests {requests:b}, ends {done:b}"
        assert number(dut.holder_o) == (0 if held is None else 1 << held)
        _cover(requesters, requests, done, expected, cycle, queues)
        if held is not None and done >> held & 1:
            requesters.holder = None
        if expected is not None:
            requesters.granted(expected)
            requesters.last = expected


def _members(mask: int) -> list[int]:
    return [queue for queue in range(mask.bit_length()) if mask >> queue & 1]


def _cover(requesters: _Requesters, requests: int, done: int, granted: int | None, cycle: int, queues: int) -> None:
    held, since = requesters.holder, requesters.asking
    ends = held is not None and bool(done >> held & 1)
    BINS.hit("no request", not requests)
    BINS.hit("all ask", requests == (1 << queues) - 1)
    BINS.hit("request while held", requests and held is not None and not ends)
    BINS.hit("done of a queue that holds nothing", done & ~(0 if held is None else 1 << held))
    BINS.hit("held for one cycle", ends and requesters.last == held and requesters.left == 0)
    if granted is not None:
        equals = [queue for queue in since if since[queue] == since[granted] and queue != granted]
        BINS.hit("tie", equals and since[granted] == cycle)
        BINS.hit("tie among those that wait", equals and since[granted] < cycle)
        BINS.hit("first come goes before a lower index", any(queue < granted for queue in since))
        BINS.hit("granted in the end cycle", ends)
        BINS.hit("granted while free", held is None)
        BINS.hit("same queue twice in a row", requesters.last == granted)


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
