"""zs_array against fold_sums and the cycle formulas: every sum, every position, start to done of every fold.

The weights and windows that the array asks for are given in the same cycle; whatever it does not ask for is noise.
"""

from collections import deque
from collections.abc import Iterator

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from mapping.arrays import AnyArray, BoolArray
from rtl.bench.coverage import Bins
from rtl.bench.handshake import CASES, SCALE, SEED, Handle, number
from rtl.bench.sat.folds import PATTERNS, WIDE_PATTERNS, Array, Fold, array_cycles, random_fold

POSITION_BITS, SLOT_BITS = 30, 24


class Bench:
    """Drives one array and checks all that it says."""

    def __init__(self, dut: Handle, array: Array, rng: np.random.Generator) -> None:
        self.dut, self.array, self.rng = dut, array, rng
        self.width = 16 if array.fp16 else 8
        self.index_bits = max(1, (array.max_m - 1).bit_length())
        self.window_bits = array.max_m * self.width
        self.column_bits = array.max_n * self.width
        self.expected: deque[tuple[Fold, set[int]]] = deque()
        self.bins = Bins(sorted(wanted(array)))
        self.sums = 0
        self.cycle = 0

    async def reset(self) -> None:
        """Two cycles of it."""
        self.dut.rst_ni.value = 0
        self.dut.start_i.value = 0
        self.noise()
        for _ in range(2):
            await FallingEdge(self.dut.clk_i)
        self.dut.rst_ni.value = 1
        await FallingEdge(self.dut.clk_i)

    def noise(self) -> None:
        """On everything that nobody may look at."""
        for port in (self.dut.weights_i, self.dut.indices_i, self.dut.window_i):
            port.value = int.from_bytes(self.rng.bytes(len(port) // 8 + 1), "little") & ((1 << len(port)) - 1)
        for port in (self.dut.n_i, self.dut.positions_i, self.dut.slots_i, self.dut.output_stationary_i):
            port.value = int(self.rng.integers(0, 1 << len(port)))

    async def step(self, fold: Fold | None) -> None:
        """One cycle: check what leaves, answer what is asked; inputs are those of the next rising edge."""
        await FallingEdge(self.dut.clk_i)
        self.cycle += 1
        self.check_out()
        self.noise()
        if fold is not None:
            self.answer_weights(fold)
            self.answer_windows(fold)
        else:
            assert not int(self.dut.weight_valid_o.value), "weights asked for while idle"
            assert not int(self.dut.act_valid_o.value), "activations asked for while idle"

    def check_out(self) -> None:
        """A row of sums that leaves, if one does."""
        if not int(self.dut.out_valid_o.value):
            return
        position = int(self.dut.out_position_o.value)
        assert self.expected, f"cycle {self.cycle}: position {position} leaves, none is expected"
        fold, left = self.expected[0]
        assert position in left, f"position {position} leaves, expected one of {sorted(left)}"
        left.remove(position)
        data = int(self.dut.out_data_o.value)
        got = [data >> 32 * c & 0xFFFF_FFFF for c in range(self.array.cols)]
        want = fold.sums()[position].tolist()
        assert got == want, (
            f"cycle {self.cycle}: position {position} of {describe(fold)}: "
            f"got {[f'{v:08x}' for v in got]}, expected {[f'{v:08x}' for v in want]}"
        )
        self.sums += len(got)
        if not left:
            self.expected.popleft()

    def answer_weights(self, fold: Fold) -> None:
        """What the array asks for."""
        if not int(self.dut.weight_valid_o.value):
            return
        if fold.output_stationary:
            first, count = int(self.dut.weight_slot_o.value), 1
        else:
            first, count = int(self.dut.weight_row_o.value) * fold.n, fold.n
        if first >= fold.slots:
            assert not fold.output_stationary, f"slot {first} asked for, there are {fold.slots}"
            return  # rows beyond the fold are asked for; the answer does not matter
        weights = int(self.dut.weights_i.value)
        indices = int(self.dut.indices_i.value)
        raw = fold.values.view(np.uint16 if self.array.fp16 else np.uint8)
        for c in range(self.array.cols):
            for k in range(count):
                weights = put(weights, raw[first + k, c], c * self.column_bits + k * self.width, self.width)
                at = (c * self.array.max_n + k) * self.index_bits
                indices = put(indices, fold.indices[first + k, c], at, self.index_bits)
        self.dut.weights_i.value = weights
        self.dut.indices_i.value = indices

    def answer_windows(self, fold: Fold) -> None:
        """What each row asks for."""
        valid = int(self.dut.act_valid_o.value)
        if not valid:
            return
        positions, groups = int(self.dut.act_position_o.value), int(self.dut.act_group_o.value)
        windows = int(self.dut.window_i.value)
        for r in range(self.array.rows):
            if valid >> r & 1:
                position = positions >> r * POSITION_BITS & ((1 << POSITION_BITS) - 1)
                group = groups >> r * SLOT_BITS & ((1 << SLOT_BITS) - 1)
                chosen = np.ascontiguousarray(fold.windows[position, group]).tobytes()
                windows = put(windows, int.from_bytes(chosen, "little"), r * self.window_bits, fold.m * self.width)
        self.dut.window_i.value = windows

    async def run(self, fold: Fold) -> None:
        """Run a fold and check how long it takes."""
        for _ in range(fold.gap):
            await self.step(None)
        assert not int(self.dut.busy_o.value)
        self.dut.start_i.value = 1
        self.dut.output_stationary_i.value = int(fold.output_stationary)
        self.dut.n_i.value = fold.n
        self.dut.positions_i.value = fold.positions
        self.dut.slots_i.value = fold.slots
        start, limit = self.cycle, array_cycles(fold, self.array)
        self.expected.append((fold, set(range(fold.positions))))
        while True:
            # `self.cycle` is the number of the rising edge that comes next, start_i's being that of `start`.
            await self.step(fold)
            self.dut.start_i.value = 0
            took = self.cycle - start
            if int(self.dut.done_o.value):
                break
            assert int(self.dut.busy_o.value), f"not busy in cycle {took} of {limit}"
            assert took < limit, f"{describe(fold)} still runs after {limit} cycles"
        assert took == limit, f"{describe(fold)} took {took} cycles, expected {limit}"
        await self.step_after_done()
        self.collect(fold)

    async def step_after_done(self) -> None:
        """The cycle in which the last sums may leave."""
        await self.step(None)
        assert not int(self.dut.busy_o.value)

    def collect(self, fold: Fold) -> None:
        """Fill the bins of a fold."""
        for name in self._situations(fold):
            self.bins.hit(name)

    def _situations(self, fold: Fold) -> Iterator[str]:
        array = self.array
        flow = "os" if fold.output_stationary else "ws"
        yield f"{flow} {fold.n}:{fold.m}"
        yield f"gap {min(fold.gap, 1)}"
        if fold.m == array.max_m:
            yield from {f"index {i} in column {c}" for c in range(array.cols) for i in fold.indices[:, c].tolist()}
        if fold.positions == 1:
            yield f"{flow} one position"
        if fold.output_stationary:
            yield "os all accumulators" if fold.positions == array.rows * array.interleave else "os some"
            if fold.slots == 1:
                yield "os one slot"
        else:
            yield "ws all rows" if fold.slots == array.rows * fold.n else "ws some rows"
            if fold.slots == fold.n:
                yield "ws one row"
            if fold.n > 1 and fold.positions % array.interleave == 0:
                yield "ws full last batch"
            elif fold.n > 1 and fold.positions > array.interleave:
                yield "ws short last batch"
        if (fold.values == 0).reshape(-1, fold.n, array.cols).all(1).any():
            yield "all-zero group"
        for name, operand in (("weight", fold.values), ("activation", fold.windows)):
            if array.fp16:
                bits = np.ascontiguousarray(operand).view(np.uint16)
                yield from (f"{name} {label}" for label, hit in half_classes(bits) if hit.any())
            else:
                yield from (f"{name} {v}" for v in (-128, 127, 0) if (operand == v).any())


def half_classes(bits: AnyArray) -> list[tuple[str, BoolArray]]:
    """Names of classes of fp16 values and where they are."""
    exponent, rest = bits >> 10 & 31, bits & 0x3FF
    return [
        ("-0", bits == 0x8000),
        ("subnormal", (exponent == 0) & (rest > 0)),
        ("infinity", (exponent == 31) & (rest == 0)),
        ("nan", (exponent == 31) & (rest > 0)),
    ]


def put(word: int, value: int, at: int, bits: int) -> int:
    """``word`` with ``bits`` bits of ``value`` from bit ``at`` on."""
    mask = (1 << bits) - 1
    return word & ~(mask << at) | (int(value) & mask) << at


def describe(fold: Fold) -> str:
    """What a message says of a fold."""
    flow = "output" if fold.output_stationary else "weight"
    return f"{flow}-stationary {fold.n}:{fold.m}, {fold.positions} positions, {fold.slots} slots"


def wanted(array: Array) -> set[str]:
    """The coverage bins of a configuration."""
    bins = {f"os {n}:{m}" for n, m in PATTERNS + WIDE_PATTERNS}
    bins |= {f"ws {n}:{m}" for n, m in PATTERNS + WIDE_PATTERNS if n <= array.max_n}
    bins |= {f"index {i} in column {c}" for i in range(array.max_m) for c in range(array.cols)}
    bins |= {"gap 0", "gap 1", "ws one position", "os one position", "os one slot", "ws one row", "all-zero group"}
    bins |= {"os all accumulators", "ws all rows", "ws full last batch"}
    if array.rows > 1:
        bins |= {"ws some rows", "os some"}
    if array.interleave > 1:
        bins.add("ws short last batch")
    labels = ("-0", "subnormal", "infinity", "nan") if array.fp16 else (-128, 127, 0)
    return bins | {f"{name} {label}" for name in ("weight", "activation") for label in labels}


@cocotb.test(timeout_time=20 * SCALE, timeout_unit="ms")
async def test_values_and_cycles(dut: Handle) -> None:
    """Random folds of every pattern in both dataflows, back to back and with gaps."""
    array = Array.of(lambda name: number(getattr(dut, name)))
    rng, noise = (np.random.default_rng([SEED, stream]) for stream in (0, 1))
    bench = Bench(dut, array, noise)
    Clock(dut.clk_i, 10, unit="ns").start()
    await bench.reset()
    kinds = [(True, n, m) for n, m in PATTERNS + WIDE_PATTERNS]
    kinds += [(False, n, m) for n, m in PATTERNS + WIDE_PATTERNS if n <= array.max_n]
    for _ in range(CASES):
        for chosen in rng.permutation(len(kinds)):
            output_stationary, n, m = kinds[chosen]
            await bench.run(random_fold(array, rng, output_stationary=output_stationary, n=n, m=m))
    for _ in range(4):
        await bench.step(None)
    assert not bench.expected, f"sums never left: {bench.expected}"
    assert not int(dut.error_o.value), "error_o rose"
    bench.bins.check()
    cocotb.log.info("%d folds, %d sums, %d cycles", CASES * len(kinds), bench.sums, bench.cycle)
    await refuses_illegal_folds(bench)


async def refuses_illegal_folds(bench: Bench) -> None:
    """error_o rises for operands outside the contract, and nothing runs."""
    array, dut = bench.array, bench.dut
    most = array.rows * array.interleave
    illegal = [
        (1, 0, 1, 1),
        (1, array.max_m + 1, 1, 1),
        (1, 1, 0, 1),
        (1, 1, 1, 0),
        (1, 1, most + 1, 1),
        (0, array.max_n + 1, 1, array.max_n + 1),
        (0, 1, 1, array.rows + 1),
    ]
    for output_stationary, n, positions, slots in illegal:
        await bench.reset()
        assert not int(dut.error_o.value)
        dut.start_i.value = 1
        dut.output_stationary_i.value = output_stationary
        dut.n_i.value, dut.positions_i.value, dut.slots_i.value = n, positions, slots
        await FallingEdge(dut.clk_i)
        dut.start_i.value = 0
        assert int(dut.error_o.value), f"no error for {(output_stationary, n, positions, slots)}"
        assert not int(dut.busy_o.value)
