"""zs_sore against reduce_groups, the pruner's projection and the stored format; and its cycles."""

import cocotb
import numpy as np

from mapping.arrays import AnyArray
from mapping.formats import nm
from mapping.sparsity import Pattern
from rtl.bench.beats import Beat, exchange, pack, reset, unpack
from rtl.bench.coverage import Bins, handshake_bins
from rtl.bench.handshake import CASES, SCALE, SEED, Handle, number
from simulator.families.sat.sore import Reduced, reduce_groups
from simulator.families.sat.timing import sore_cycles

PATTERNS = [(1, 1), (1, 2), (2, 4), (1, 4), (2, 8), (1, 8), (4, 8), (2, 16), (3, 7), (2, 2), (3, 4)]
Rng = np.random.Generator
KINDS = ["random", "tied", "zero", "negative", "extreme"]


def draw(kind: str, shape: tuple[int, int], width: int, is_float: int, rng: Rng) -> AnyArray:
    """Groups of one kind."""
    dtype = {(16, 1): np.float16, (32, 1): np.float32, (8, 0): np.int8}[width, is_float]
    unsigned = np.dtype(f"u{width // 8}")
    if is_float:
        top = np.array(np.inf, dtype).view(unsigned)
        magnitude = rng.integers(0, int(top) + 1, shape).astype(unsigned)
        corners = np.array([0, 1, 2, top, top - 1, top - 2], unsigned)
        sign = (rng.integers(0, 2, shape) << (width - 1)).astype(unsigned)
        if kind == "tied":
            magnitude = rng.choice(magnitude.ravel()[:2], shape)
        if kind == "zero":
            magnitude = np.where(rng.random(shape) < 0.1, magnitude, 0).astype(unsigned)
        if kind == "extreme":
            magnitude = rng.choice(corners, shape)
        if kind == "negative":
            sign[...] = 1 << (width - 1)
        return (magnitude | sign).view(dtype)
    values = rng.integers(-128, 128, shape).astype(dtype)
    if kind == "tied":
        values = (rng.choice(values.ravel()[:2], shape) * rng.choice([-1, 1], shape)).astype(dtype)
    if kind == "zero":
        values = np.where(rng.random(shape) < 0.1, values, 0).astype(dtype)
    if kind == "extreme":
        values = rng.choice(np.array([-128, 127, -127, 0, 1, -1]), shape).astype(dtype)
    return -np.abs(values // 2) if kind == "negative" else values


class Lanes:
    """The lanes of one configuration, and what they must give."""

    bins: Bins

    def __init__(self, dut: Handle) -> None:
        self.lanes, self.width, self.is_float, self.max_n, self.max_m = (
            number(getattr(dut, name)) for name in ("Lanes", "Width", "Float", "MaxN", "MaxM")
        )
        self.index_bits = max(1, (self.max_m - 1).bit_length())

    def patterns(self) -> list[tuple[int, int]]:
        """Those that these lanes can keep."""
        return [(n, m) for n, m in PATTERNS if n <= self.max_n and m <= self.max_m]

    def group(self, kind: str, n: int, m: int, length: int, rng: Rng) -> tuple[list[Beat], Reduced]:
        """Beats of one group in each lane, and the results it must give."""
        groups = draw(kind, (self.lanes, length), self.width, self.is_float, rng)
        raw = groups.view(f"u{self.width // 8}")
        beats = [
            {
                "in_data_i": pack(raw[:, i].tolist(), self.width),
                "in_last_i": int(i == length - 1 and (length < m or rng.random() < 0.5)),
                "n_i": n,
                "m_i": m,
            }
            for i in range(length)
        ]
        want = reduce_groups(groups, n)
        self.check_golden(groups, n, m, want)
        zeros = groups == 0
        self.bins.hit("all-zero group", zeros.all(1).any())
        self.bins.hit("fewer non-zeros than n", ((~zeros).sum(1) < min(n, length)).any())
        if self.is_float:
            self.bins.hit("negative zero", (zeros & (raw != 0)).any())
        for lane in range(self.lanes):
            for i in np.flatnonzero(want.mask[lane]):
                self.bins.hit(f"lane {lane} keeps {i}", m == self.max_m)
        return beats, want

    def check_golden(self, groups: AnyArray, n: int, m: int, want: Reduced) -> None:
        """The golden function itself is the pruner, and gives what the format stores."""
        scores = np.abs(groups.astype(np.float64))
        if n < m:
            pattern = Pattern(n, m)
            assert (pattern.project(scores) == want.mask).all()
            stored = nm.compress(np.where(want.mask, groups, 0).T, pattern)
            width = min(n, want.values.shape[1])
            assert np.array_equal(stored.values[0, :width].T, want.values)
            assert np.array_equal(stored.indices[0, :width].T, want.indices)

    def check(self, got: Beat, want: Reduced) -> None:
        """What came out for one group of each lane."""
        for lane in range(self.lanes):
            mask = unpack(got["out_mask_o"], self.max_m, self.lanes)[lane]
            assert mask == pack(want.mask[lane].tolist(), 1), f"lane {lane}: mask {mask:b}, expected {want.mask[lane]}"
            row = unpack(got["out_values_o"], self.width * self.max_n, self.lanes)[lane]
            values = unpack(row, self.width, self.max_n)
            kept = want.values[lane].view(f"u{self.width // 8}").tolist()
            assert values == kept + [0] * (self.max_n - len(kept)), f"lane {lane}: values {values}, expected {kept}"
            row = unpack(got["out_indices_o"], self.index_bits * self.max_n, self.lanes)[lane]
            indices = unpack(row, self.index_bits, self.max_n)
            kept = want.indices[lane].tolist()
            assert indices == kept + [0] * (self.max_n - len(kept)), f"lane {lane}: indices {indices}, expected {kept}"


@cocotb.test(timeout_time=20 * SCALE, timeout_unit="ms")
async def test_groups_are_reduced(dut: Handle) -> None:
    """Groups of all patterns and kinds, mixed, with and without gaps and stalls."""
    streams = [np.random.default_rng([SEED, stream]) for stream in range(3)]
    lanes = Lanes(dut)
    names = [*handshake_bins("in"), *handshake_bins("out"), "all-zero group", "fewer non-zeros than n"]
    names += ["short group", "negative zero", *(f"{n}:{m} {kind}" for n, m in lanes.patterns() for kind in KINDS)]
    names += [f"lane {lane} keeps {i}" for lane in range(lanes.lanes) for i in range(lanes.max_m)]
    lanes.bins = bins = Bins(names, () if lanes.is_float else {"negative zero"})
    await reset(dut)
    outputs = ("out_mask_o", "out_values_o", "out_indices_o")
    for gap, stall in ((0.0, 0.0), (0.4, 0.0), (0.0, 0.6), (0.2, 0.95)):
        beats, wanted, ends = [], [], set()
        kinds = [(n, m, kind) for n, m in lanes.patterns() for kind in KINDS]
        for chosen in streams[0].permutation(np.repeat(np.arange(len(kinds)), CASES if stall < 0.9 else 1)):
            n, m, kind = kinds[chosen]
            short = streams[0].random() < 0.15
            length = int(streams[0].integers(1, m + 1)) if short else m
            group, want = lanes.group(kind, n, m, length, streams[0])
            bins.hit(f"{n}:{m} {kind}")
            bins.hit("short group", length < m)
            beats += group
            ends.add(id(group[-1]))
            wanted.append(want)
        got, cycles = await exchange(
            dut,
            beats,
            len(wanted),
            outputs,
            gap=gap,
            stall=stall,
            rng=streams[1],
            bins=bins,
            ready_of=lambda out_valid, ready, beat, ends=ends: not out_valid or ready or id(beat) not in ends,
        )
        for result, want in zip(got, wanted, strict=True):
            lanes.check(result, want)
        if not gap and not stall:
            assert cycles == len(beats) + 1
    n, m = lanes.patterns()[-1]
    beats, wanted = [], []
    for _ in range(5):
        group, want = lanes.group("random", n, m, m, streams[0])
        beats += group
        wanted.append(want)
    _, cycles = await exchange(dut, beats, 5, outputs, gap=0, stall=0, rng=streams[1], bins=bins)
    assert cycles == sore_cycles(5 * lanes.lanes, m, lanes.lanes) + 1
    bins.check()
