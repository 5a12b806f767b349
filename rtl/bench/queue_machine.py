"""The lockstep bench of ``zs_queue_machine``: start and end of every instruction, against both executors."""

from itertools import pairwise

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb.types import LogicArray

from rtl.bench.coverage import Bins
from rtl.bench.handshake import CASES, FOUR_STATE, SCALE, SEED, Handle, number, reset, start
from rtl.bench.jobs import job_words, random_job
from simulator.engine.cycle import run_cycle
from simulator.engine.errors import Blocked, DeadlockError
from simulator.engine.fast import run_fast
from simulator.engine.job import NO_RESOURCE, Job

WORD_BITS = 128
MANY_TOKENS = 15
QUIET_CYCLES = 8  # after which a machine in which nothing runs will not move again
CYCLE_LIMIT = 100_000
INPUTS = ("run_i", "instr_valid_i")
BINS = Bins(
    (
        "finishes",
        "deadlock",
        "deadlock for want of two tokens",
        "one queue",
        "all queues",
        "empty queue",
        "longer than the FIFO",
        "waits for a token",
        "waits for itself",
        "waits for a resource",
        "tie for a resource",
        "granted in the end cycle of the holder",
        "first come goes before a lower index",
        "two resources",
        "service 1",
        "starts in the cycle in which it is free",
        "a queue releases to a missing one",
        "many tokens wait",
    )
)

Outcome = tuple[list[int], list[int]] | tuple[Blocked, ...]


def expected_outcome(job: Job) -> Outcome:
    """What both executors say."""
    outcomes: list[Outcome] = []
    for executor in (run_cycle, lambda job: run_fast(job, compiled=False)):
        try:
            begins, ends = executor(job)
            outcomes.append((begins.tolist(), ends.tolist()))
        except DeadlockError as error:
            outcomes.append(error.blocked)
    assert outcomes[0] == outcomes[1], "the executors disagree"
    return outcomes[0]


class MachineTestbench:
    """Feeds every queue as fast as it takes, and notes when instructions start and end."""

    def __init__(self, dut: Handle, job: Job) -> None:
        self._dut, self._job = dut, job
        self._queues = len(dut.instr_valid_i)
        self._words = job_words(job) + [[]] * (self._queues - len(job.machine.queues))
        self._fed = [0] * self._queues
        self._offer()
        members = [np.flatnonzero(job.queue == queue).tolist() for queue in range(self._queues)]
        self._next_start, self._next_end = [iter(list_) for list_ in members], [iter(list_) for list_ in members]
        self.begins, self.ends = [-1] * len(job), [-1] * len(job)
        self._left = len(job)

    def _offer(self) -> None:
        """Offer the next word of every queue."""
        valid = words = 0
        for queue, list_ in enumerate(self._words):
            if self._fed[queue] < len(list_):
                valid |= 1 << queue
                words |= list_[self._fed[queue]] << (queue * WORD_BITS)
        self._valid = valid
        self._dut.instr_valid_i.value = valid
        self._dut.instr_word_i.value = self._with_x(valid, words) if FOUR_STATE else words

    def _with_x(self, valid: int, words: int) -> LogicArray:
        """X in the words of the queues to which nothing is offered."""
        text = f"{words:0{self._queues * WORD_BITS}b}"
        queues = reversed(range(self._queues))
        parts = (text[i * WORD_BITS : (i + 1) * WORD_BITS] for i in range(self._queues))
        offered = (part if valid >> q & 1 else "X" * WORD_BITS for q, part in zip(queues, parts, strict=True))
        return LogicArray("".join(offered))

    async def _fill(self) -> None:
        """Until every FIFO is full or has all there is."""
        while True:
            await FallingEdge(self._dut.clk_i)
            moved = self._feed()
            await RisingEdge(self._dut.clk_i)
            if not moved:
                return
            self._offer()

    def _feed(self) -> int:
        """Which queues take a word in this cycle."""
        moved = self._valid and self._valid & number(self._dut.instr_ready_o)
        for queue in _members(moved):
            self._fed[queue] += 1
        return moved

    async def run(self) -> Outcome:
        """Starts and ends, or the blocked queues."""
        dut = self._dut
        await self._fill()
        dut.run_i.value = 1
        quiet, running = 0, 0
        for cycle in range(CYCLE_LIMIT):
            await FallingEdge(dut.clk_i)
            moved = self._feed()
            started, done = number(dut.start_o), number(dut.done_o)
            for queue in _members(started):
                self.begins[next(self._next_start[queue])] = cycle
            for queue in _members(done):
                self.ends[next(self._next_end[queue])] = cycle
                self._left -= 1
            running += started.bit_count() - done.bit_count()
            quiet = 0 if started or done or running else quiet + 1
            if not self._left or quiet > QUIET_CYCLES:
                break
            await RisingEdge(dut.clk_i)
            if moved:
                self._offer()
        assert number(dut.cycle_o) == cycle
        assert not number(dut.error_o), "error_o"
        if not self._left:
            await RisingEdge(dut.clk_i)
            await FallingEdge(dut.clk_i)
            assert number(dut.idle_o), "not idle after the last end"
            return self.begins, self.ends
        return self._blocked()

    def _blocked(self) -> tuple[Blocked, ...]:
        lacks = number(self._dut.lacks_o)
        blocked = []
        for queue in range(self._queues):
            head = next(self._next_start[queue], None)
            if head is not None:
                mask = lacks >> (queue * 16) & 0xFFFF
                blocked.append(Blocked(queue, head, tuple(_members(mask))))
        return tuple(blocked)


def _members(mask: int) -> list[int]:
    return [queue for queue in range(mask.bit_length()) if mask >> queue & 1]


def cover(job: Job, outcome: Outcome, depth: int, machine_queues: int) -> None:
    """Fill the bins of one job."""
    queues = len(job.machine.queues)
    counts = np.bincount(job.queue, minlength=queues)
    deadlock = bool(outcome) and isinstance(outcome[0], Blocked)
    BINS.hit("deadlock", deadlock)
    BINS.hit("finishes", not deadlock)
    BINS.hit("one queue", queues == 1)
    BINS.hit("all queues", queues == machine_queues)
    BINS.hit("empty queue", (counts == 0).any())
    BINS.hit("longer than the FIFO", (counts > depth).any())
    BINS.hit("service 1", (job.service == 1).any())
    BINS.hit("a queue releases to a missing one", (job.release >> queues).any())
    sent = [[np.count_nonzero(job.release[job.queue == p] >> q & 1) for q in range(queues)] for p in range(queues)]
    taken = [[np.count_nonzero(job.wait[job.queue == q] >> p & 1) for q in range(queues)] for p in range(queues)]
    BINS.hit("many tokens wait", (np.array(sent) - taken).max() > MANY_TOKENS)
    if deadlock:
        BINS.hit("deadlock for want of two tokens", any(len(entry.lacks) > 1 for entry in outcome))
        return
    begins, ends = np.array(outcome[0]), np.array(outcome[1])
    free = np.zeros(len(job), np.int64)
    for queue in range(queues):
        rows = np.flatnonzero(job.queue == queue)
        free[rows[1:]] = ends[rows[:-1]] + 1
    BINS.hit("starts in the cycle in which it is free", (begins == free).any())
    own = (job.wait >> job.queue) & 1 == 1
    waits = (begins > free) & (job.resource == NO_RESOURCE)
    BINS.hit("waits for a token", waits.any())
    BINS.hit("waits for itself", own.any())
    BINS.hit("two resources", len(set(job.resource[job.resource >= 0].tolist())) > 1)
    # Without wait bits an instruction asks for its resource when it is free.
    plain = np.flatnonzero((job.resource != NO_RESOURCE) & (job.wait == 0))
    BINS.hit("waits for a resource", (begins[plain] > free[plain]).any())
    for resource in range(len(job.machine.resources)):
        rows = plain[job.resource[plain] == resource]
        held_until = set(ends[job.resource == resource].tolist())
        late = rows[begins[rows] > free[rows]]
        BINS.hit("granted in the end cycle of the holder", any(begins[row] in held_until for row in late))
        asked = free[rows].tolist()
        BINS.hit("tie for a resource", len(asked) > len(set(asked)))
        pairs = pairwise(rows[np.argsort(begins[rows])])
        BINS.hit(
            "first come goes before a lower index",
            any(job.queue[b] < job.queue[a] and free[a] < free[b] < begins[a] for a, b in pairs),
        )


@cocotb.test(timeout_time=100 * SCALE, timeout_unit="ms")
async def test_lockstep(dut: Handle) -> None:
    """Jobs one after another, a reset between them."""
    rng = np.random.default_rng([SEED, 0])
    queues, resources, depth = len(dut.instr_valid_i), number(dut.NumResources), number(dut.Depth)
    await start(dut, [getattr(dut, name) for name in INPUTS])
    instructions = 0
    for number_of_job in range(CASES):
        width = (1, queues)[number_of_job] if number_of_job < 2 else int(rng.integers(1, queues + 1))
        count = int(rng.integers(2, 60) if number_of_job % 3 else rng.integers(60, 160))
        short = number_of_job % 6 == 5
        job = random_job(rng, queues=width, resources=resources, count=count, short=short)
        expected = expected_outcome(job)
        got = await MachineTestbench(dut, job).run()
        assert got == expected, _difference(number_of_job, job, got, expected)
        cover(job, expected, depth, queues)
        instructions += count
        dut.run_i.value = dut.instr_valid_i.value = 0
        await reset(dut)
    cocotb.log.info("%d jobs, %d instructions: 0 cycles of difference", CASES, instructions)


def _difference(number_of_job: int, job: Job, got: Outcome, expected: Outcome) -> str:
    head = f"seed {SEED}, job {number_of_job}: "
    if isinstance(got[0], Blocked) or isinstance(expected[0], Blocked):
        return f"{head}machine {got}, executors {expected}"
    columns = zip(got[0], got[1], expected[0], expected[1], strict=True)
    index, row = next((i, r) for i, r in enumerate(columns) if r[:2] != r[2:])
    place = f"instruction {index} of queue {job.queue[index]}"
    return f"{head}{place}: machine {row[0]} to {row[1]}, executors {row[2]} to {row[3]}"


@cocotb.test()
async def test_zz_coverage(dut: Handle) -> None:
    """No bin may be empty; runs last."""
    BINS.check()
