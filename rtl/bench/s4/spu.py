"""A ring of zs_spu runs whole programs: every value as golden has it, every pass in the cycles of the simulator."""

import os
from dataclasses import dataclass

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from mapping.arrays import AnyArray
from rtl.bench.coverage import Bins
from rtl.bench.handshake import Handle, number, start, stream
from rtl.bench.s4.cases import Case, Walk, draw, walks
from simulator.families.s4 import FAMILY
from simulator.families.s4.geometry import block_bytes, slots, spu_runs
from simulator.families.s4.golden import unfold
from simulator.families.s4.layout import layout
from simulator.families.s4.timing import decode_cycles, service_cycles

LIMIT = 50_000
PROGRAMS = 24  # with fewer, situations that must come about do not
PARAMETERS = ("Ring", "Rows", "Cols", "Bank", "WordWidth", "PairDepth", "ActDepth", "SumDepth")
STALLS = {"none": 0.0, "some": 0.3, "many": 0.8}


def bins_of(ring: int) -> Bins:
    """What all programs together must bring about."""
    names = ["dense", "sparse", "accumulates", "drains", "ring of one", "shortened bank", "several rounds"]
    names += ["several blocks", "several kernel positions", "weights used again"]
    names += ["weights loaded while they rotate", "sum beyond 16 bits", "both weight halves", "both activation halves"]
    names += ["step shorter than the ring's latency", "link stalled", "sums stalled", "one kept weight of a bank"]
    together = ["full ring", "used again after an odd turn", "weights loaded while they rotate", "link stalled"]
    together += ["step shorter than the ring's latency", "empty place", "SPU without positions"]
    names += [name for name in together if name not in names]
    impossible = set(together) if ring == 1 else set()
    if ring % 2 == 0:
        impossible.add("used again after an odd turn")
    return Bins(names, impossible)


@dataclass
class _Spu:
    """What one SPU works on in a pass: a group, a place of the ring, a run of positions."""

    group: int
    place: int
    first: int
    count: int


class Ring:
    """Drives the ring through one program."""

    def __init__(self, dut: Handle, case: Case, bins: Bins, stall: float) -> None:
        self.dut, self.case, self.bins, self.stall = dut, case, bins, stall
        self.geometry, self.config, self.shape = case.geometry, case.geometry.config, case.layer.shape
        self.count = self.config.cluster_spus
        self.place = layout(self.geometry)
        mapping = self.geometry.mapping
        self.image = FAMILY.golden.image(case.layer, case.pattern, mapping, self.config)
        after = FAMILY.golden.execute(case.program, self.image, self.config, None)
        self.expected = FAMILY.golden.output(case.layer, mapping, self.config, after).reshape(case.layer.m, -1)
        self.result = np.zeros_like(self.expected)
        self.stored = np.zeros(self.expected.shape, bool)
        self.stalls = stream(f"stalls of {case.number}")
        self.turns: dict[int, int] = {}  # of the weights in each half, since they were loaded

    async def run(self) -> int:
        """The whole program; returns how many passes it made."""
        program, service = self.case.program, service_cycles(self.case.program, self.config)[0]
        loops = iter(list(walks(program, self.geometry)))
        passes, ahead = 0, -1  # ahead: the weights that were loaded while the pass before ran
        for i in range(len(program)):
            name, f = self._instruction(i)
            if name in ("SPREAD", "BRING") and i != ahead:
                await self._spread(f)
            elif name in ("FETCH", "PULL"):
                await self._fetch(f)
            elif name == "PASS":
                ahead = self._next_weights(i) if self.stall else -1
                load = cocotb.start_soon(self._spread(self._instruction(ahead)[1], timed=False)) if ahead > 0 else None
                self.bins.hit("weights loaded while they rotate", load is not None and f["ring"] > 1)
                await self._pass(f, next(loops), int(service[i]))
                if load is not None:
                    await load
                passes += 1
        assert self.stored.all(), f"{self.case.name}: some outputs never came"
        wrong = np.argwhere(self.result != self.expected)
        assert not len(wrong), (
            f"{self.case.name}: {len(wrong)} outputs differ, first at {wrong[0].tolist()}: "
            f"{self.result[tuple(wrong[0])]}, expected {self.expected[tuple(wrong[0])]}"
        )
        self.bins.hit("sum beyond 16 bits", np.abs(self.expected).max(initial=0) > 2**15)
        return passes

    def _instruction(self, i: int) -> tuple[str, dict[str, int]]:
        """Opcode and fields."""
        program = self.case.program
        opcode = program.isa.opcodes[int(program.opcode[i])]
        return opcode.name, dict(
            zip((field.name for field in opcode.fields), program.operands[i].tolist(), strict=False)
        )

    def _next_weights(self, i: int) -> int:
        """The instruction that brings weights between pass i and the next one, or -1."""
        for later in range(i + 1, len(self.case.program)):
            name = self._instruction(later)[0]
            if name in ("SPREAD", "BRING"):
                return later
            if name == "PASS":
                break
        return -1

    def _spus(self, f: dict[str, int]) -> list[_Spu]:
        """Which group, place and positions each SPU has; positions only where the instruction names some."""
        team, ring = self.geometry.mapping.team, self.geometry.ring
        found = []
        for spu in range(self.count):
            first, count = spu_runs(np.zeros(1, np.int64), np.array([f.get("positions", 0)]), team)
            own = spu % team
            group = f["group"] + spu // team
            there = group < f["group"] + f["groups"]
            found.append(
                _Spu(
                    group=group if there else -1,
                    place=own % ring,
                    first=f.get("position", 0) + int(first[0, own]),
                    count=int(count[0, own]) if there else 0,
                )
            )
        return found

    async def _spread(self, f: dict[str, int], timed: bool = True) -> None:
        """A sub-filter for every SPU, in words."""
        dut, executed, kernel = self.dut, self.geometry.mapping.pattern, self.shape.positions
        tile, counts = self.geometry.mapping.tiling, slots(f["outputs"], self.geometry.ring).count.tolist()
        base = int(self.place.weights[f["output"] // tile.outputs, f["channel"] // tile.channels])
        words, filters = [], []
        for spu in self._spus(f):
            size = [block_bytes(kernel, count, f["channels"], executed, self.config) for count in counts]
            address = base + spu.group * self.place.group_bytes + sum(size[: spu.place])
            data = self.image[address : address + size[spu.place]] if spu.group >= 0 else self.image[:0]
            step = len(dut.weight_data_i) // self.count // 8
            padded = np.pad(data, (0, -len(data) % step)).reshape(-1, step)
            words.append([int.from_bytes(word.tobytes(), "little") for word in padded])
            filters.append(counts[spu.place] if spu.group >= 0 else 0)
        pairs = kernel * f["channels"] if executed.is_dense else kernel * executed.groups(f["channels"]) * executed.n
        dut.load_half_i.value, dut.load_dense_i.value = f["half"], int(executed.is_dense)
        dut.load_filters_i.value = _packed(filters, 16)
        dut.load_pairs_i.value = pairs
        dut.load_run_i.value = f["channels"] if executed.is_dense else pairs
        dut.load_i.value = (1 << self.count) - 1
        await RisingEdge(dut.clk_i)
        dut.load_i.value = 0
        cycles = await self._send(words)
        longest = max(filters) * pairs
        assert not timed or cycles == decode_cycles(longest), (
            f"{self.case.name}: decoded in {cycles}, not {decode_cycles(longest)}"
        )
        self.turns[f["half"]] = 0

    async def _send(self, words: list[list[int]]) -> int:
        """Words to all SPUs at once; returns the cycles until the last pair is in its place."""
        dut, width, sent, cycles = self.dut, len(self.dut.weight_data_i) // self.count, [0] * self.count, 0
        while True:
            valid = [at < len(own) for at, own in zip(sent, words, strict=True)]
            dut.weight_valid_i.value = _packed(valid, 1)
            data = [own[at] if there else 0 for at, own, there in zip(sent, words, valid, strict=True)]
            dut.weight_data_i.value = _packed(data, width)
            await FallingEdge(dut.clk_i)
            if not number(dut.load_busy_o):
                break
            cycles += 1
            assert cycles < LIMIT, f"{self.case.name}: weights are not taken"
            ready = number(dut.weight_ready_o)
            sent = [at + (there and ready >> spu & 1) for spu, (at, there) in enumerate(zip(sent, valid, strict=True))]
            await RisingEdge(dut.clk_i)
        dut.weight_valid_i.value = 0
        await RisingEdge(dut.clk_i)
        return cycles

    async def _fetch(self, f: dict[str, int]) -> None:
        """Activations of every SPU, unfolded: one bank of one column a cycle."""
        dut, bank, columns = self.dut, self.config.bank, self.config.mac_columns
        windows = [self._window(spu, f) for spu in self._spus(f)]
        blocks, words = -(-max(len(window) for window in windows) // columns), windows[0].shape[1] // bank
        noise = stream("noise")
        self.bins.hit("SPU without positions", self.count > 1 and any(not len(window) for window in windows))
        half = f["half"] << (len(dut.act_addr_i) - 1)
        for block in range(blocks):
            for column in range(columns):
                at = block * columns + column
                for word in range(words):
                    lanes = []
                    for window in windows:
                        there = window[at, word * bank : (word + 1) * bank].view(np.uint8) if at < len(window) else None
                        raw = bytes(noise.randrange(256) for _ in range(bank)) if there is None else there.tobytes()
                        lanes.append(int.from_bytes(raw, "little"))
                    dut.act_write_i.value = (1 << self.count) - 1
                    dut.act_col_i.value, dut.act_addr_i.value = column, half + block * words + word
                    dut.act_data_i.value = _packed(lanes, 8 * bank)
                    await RisingEdge(dut.clk_i)
        dut.act_write_i.value = 0

    def _window(self, spu: _Spu, f: dict[str, int]) -> AnyArray:
        """(positions, words of whole banks) int8."""
        shape, bank = self.shape, self.config.bank
        size = shape.images * shape.in_rows * shape.in_cols * shape.in_channels
        tensor = self.image[self.place.activations :][:size].view(np.int8)
        tensor = tensor.reshape(shape.images, shape.in_rows, shape.in_cols, shape.in_channels)
        first = max(spu.group, 0) // self.geometry.mapping.split * shape.group_in_channels + f["channel"]
        picked = unfold(shape, tensor[..., first : first + f["channels"]], spu.first + np.arange(spu.count))
        return (
            np.pad(picked, ((0, 0), (0, 0), (0, -f["channels"] % bank))).reshape(spu.count, -1)
            if spu.count
            else (np.zeros((0, shape.positions * -(-f["channels"] // bank) * bank), np.int8))
        )

    async def _pass(self, f: dict[str, int], walk: Walk, service: int) -> None:
        dut, spus = self.dut, self._spus(f)
        self._cover(f, walk)
        for name in ("ring", "rounds", "blocks", "positions", "banks", "kept", "rest", "beats"):
            getattr(dut, f"{name}_i").value = getattr(walk, name)
        dut.place_i.value = _packed([spu.place for spu in spus], 5)
        tile, width = walk.rounds * walk.blocks, len(dut.sum_first_i) // self.count
        dut.sum_first_i.value = _packed([spu.place * tile for spu in spus], width)
        dut.weight_half_i.value, dut.act_half_i.value = f["weight_half"], f["activation_half"]
        dut.accumulate_i.value, dut.drain_i.value = f["accumulate"], f["drain"]
        dut.start_i.value = 1
        cycle, done = 0, 0
        held: list[tuple[int, int] | None] = [None] * self.count
        while done != (1 << self.count) - 1:
            dut.link_stall_i.value = _packed([self.stalls.random() < self.stall for _ in spus], 1)
            dut.sum_ready_i.value = _packed([self.stalls.random() >= self.stall for _ in spus], 1)
            await FallingEdge(dut.clk_i)
            self._collect(f, walk, spus, held)
            ended = number(dut.done_o)
            if not self.stall:
                want = (1 << self.count) - 1 if cycle == service else 0
                assert ended == want, (
                    f"{self.case.name}: done_o is {ended:b} {cycle} cycles after the start of {service}"
                )
            done |= ended
            cycle += 1
            assert cycle < LIMIT, f"{self.case.name}: a pass does not end"
            await RisingEdge(dut.clk_i)
            dut.start_i.value = 0
        await FallingEdge(dut.clk_i)
        assert not number(dut.busy_o), "still busy"
        await RisingEdge(dut.clk_i)
        self.turns[f["weight_half"]] += 1

    def _collect(self, f: dict[str, int], walk: Walk, spus: list[_Spu], held: list[tuple[int, int] | None]) -> None:
        """The sums that leave in this cycle."""
        dut, rows, columns = self.dut, self.config.mac_rows, self.config.mac_columns
        valid, ready = number(dut.sum_valid_o), number(dut.sum_ready_i)
        if walk.ring > 1:
            self.bins.hit("link stalled", self.stall and not number(dut.link_moves_o) and number(dut.link_stall_i))
        if not valid:
            return
        address_bits, data_bits = len(dut.sum_addr_o) // self.count, rows * columns * 32
        addresses, data = number(dut.sum_addr_o), dut.sum_data_o.value
        sizes = slots(f["outputs"], walk.ring)
        for spu, own in enumerate(spus):
            if not valid >> spu & 1:
                assert held[spu] is None, "a stalled sum was withdrawn"
                continue
            address = addresses >> spu * address_bits & ((1 << address_bits) - 1)
            word = int(data) >> spu * data_bits & ((1 << data_bits) - 1)
            assert held[spu] in (None, (address, word)), f"{self.case.name}: a sum changed under stall"
            taken = ready >> spu & 1
            held[spu] = None if taken else (address, word)
            self.bins.hit("sums stalled", not taken)
            if not taken:
                continue
            assert f["drain"], "sums leave in a pass that keeps them"
            slot, rest = divmod(address, walk.rounds * walk.blocks)
            turn, block = divmod(rest, walk.blocks)
            sums = np.frombuffer(word.to_bytes(data_bits // 8, "little"), "<i4").reshape(rows, columns)
            first = own.first + block * columns
            some = min(columns, own.first + own.count - first)
            for row in range(rows):
                at = turn * rows + row
                if some <= 0 or at >= sizes.count[slot]:
                    continue
                channel = own.group * self.geometry.group_filters + f["output"] + int(sizes.first[slot]) + at
                if channel < self.shape.out_channels:
                    assert not self.stored[first : first + some, channel].any(), "an output came twice"
                    self.result[first : first + some, channel] = sums[row, :some]
                    self.stored[first : first + some, channel] = True

    def _cover(self, f: dict[str, int], walk: Walk) -> None:
        hit, dense = self.bins.hit, self.geometry.mapping.pattern.is_dense
        again = self.turns[f["weight_half"]]
        hit("dense", dense)
        hit("sparse", not dense)
        hit("one kept weight of a bank", not dense and walk.kept == 1)
        hit("accumulates", f["accumulate"])
        hit("drains", f["drain"])
        hit("ring of one", walk.ring == 1)
        hit("shortened bank", walk.rest < walk.kept)
        hit("several rounds", walk.rounds > 1)
        hit("several blocks", walk.blocks > 1)
        hit("several kernel positions", walk.positions > 1)
        hit("weights used again", again > 0)
        hit("both weight halves", f["weight_half"])
        hit("both activation halves", f["activation_half"])
        if walk.ring > 1:
            hit("full ring")
            hit("used again after an odd turn", again % 2 and walk.ring % 2)
            hit("step shorter than the ring's latency", walk.beats * walk.blocks < self.config.ring_latency)
            hit("empty place", not slots(f["outputs"], walk.ring).count[-1])


def _packed(values: list[int] | list[bool], bits: int) -> int:
    return sum((int(value) & ((1 << bits) - 1)) << bits * lane for lane, value in enumerate(values))


@cocotb.test(timeout_time=200, timeout_unit="ms")
async def programs_agree(dut: Handle) -> None:
    """Random programs, a third of them without stalls."""
    inputs = [getattr(dut, name) for name in dir(dut) if name.endswith("_i") and name not in ("clk_i", "rst_ni")]
    await start(dut, inputs)
    parameters = {name: int(os.environ[f"ZEROSKIP_BENCH_{name.upper()}"]) for name in PARAMETERS}
    bins, passes = bins_of(parameters["Ring"]), 0
    programs = max(int(os.environ["ZEROSKIP_BENCH_CASES"]), PROGRAMS)
    for case_number in range(programs):
        case = draw(parameters, cocotb.RANDOM_SEED, case_number)
        stall = list(STALLS.values())[case_number % len(STALLS)]
        passes += await Ring(dut, case, bins, stall).run()
    cocotb.log.info("%d programs, %d passes agree", programs, passes)
    bins.check()
