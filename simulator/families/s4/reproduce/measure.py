"""The runs behind the page: networks on one chip, at every sparsity, and on machines whose unknowns differ."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

from mapping.graph import Layer, LayerWork
from mapping.sparsity import DENSE, Pattern
from mapping.zoo import load_zoo
from simulator.engine.fast import run_fast
from simulator.engine.timeline import Timeline
from simulator.families import family
from simulator.families.s4.config import S4Config
from simulator.families.s4.isa import LOAD, NOC, SPU, VECTOR
from simulator.families.s4.mapping import balanced
from simulator.families.s4.reproduce.published import Network
from simulator.families.s4.schedule import part
from simulator.scheduling import best_mapping

RATES = (1, 2, 4, 8, 16, 32)
SEQUENCE = 384  # MLPerf: max_seq_length
# Samples on a chip: ByteMLPerf runs 48 images, and 64 sequences (rounded up), on three chips; MLPerf's is not stated.
BATCH: dict[Network, int] = {"resnet50": 16, "bert-large": 16, "bert-base": 22}
AS_CONFIGURED = "as configured"
# What is not public, changed; the product of MACs and clock stays the published rate.
MACHINES: dict[str, tuple[str, ...]] = {
    AS_CONFIGURED: (),
    "banks of 64": ("bank=64",),
    "16 x 32 MACs": ("mac_rows=16", "mac_columns=32"),
    "4 x 128 MACs": ("mac_rows=4", "mac_columns=128"),
    "9 x 64 MACs at 800 MHz": ("mac_rows=9", "clock_mhz=800"),
    "4 times the L1": ("l1_activation_kib=96", "l1_weight_kib=64", "l1_output_kib=64"),
    "L2 of 8 MB": ("l2_mb=8",),
    "twice the special functions": ("special_gops=1600",),
    "half the vector rate": ("vector_gops=1600", "special_gops=400"),
}
ABLATION_RATE = 16


@dataclass(frozen=True, slots=True)
class Task:
    """A network on one chip.

    Attributes:
        network: Its shape table.
        rate: Reduction of the weights of all layers that banks can balance.
        machine: Key of ``MACHINES``.
        batch: Samples that run together.
    """

    network: Network
    rate: int
    machine: str = AS_CONFIGURED
    batch: int = 0

    @property
    def samples(self) -> int:
        """The batch, or that of the page."""
        return self.batch or BATCH[self.network]

    def run(self) -> "Outcome":
        """Schedule and run every layer; layers of equal work once."""
        chip = family("s4")
        config: S4Config = chip.load_config("s4", MACHINES[self.machine])
        sequence = None if self.network == "resnet50" else SEQUENCE
        pattern = DENSE if self.rate == 1 else Pattern(config.bank // self.rate, config.bank)
        total, known = Outcome(self.samples, config.clock_hz), dict[tuple[LayerWork, Pattern], Outcome]()
        for whole in load_zoo(self.network, batch=self.samples, sequence=sequence).layers:
            layer = part(whole, config)
            own = DENSE if layer.dynamic else balanced(layer, pattern, config)
            key = (layer.work, own)
            if key not in known:
                known[key] = _one_run(layer, own, config, self.samples)
            total += known[key] * layer.repeats
        return total


@dataclass(frozen=True)
class Outcome:
    """What a network, or a layer, took.

    Attributes:
        samples: Of a batch.
        clock_hz: Of the chip.
        cycles: Of a batch.
        macs: Cycles of its multiplications at full rate.
        vector: Cycles of its vector and special-function work.
        dram: Cycles of its DRAM traffic at peak bandwidth.
        by_unit: Cycles of all layers by the unit that is busiest in them.
    """

    samples: int
    clock_hz: int
    cycles: int = 0
    macs: float = 0
    vector: float = 0
    dram: float = 0
    by_unit: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        units = Counter(dict(self.by_unit))
        units.update(dict(other.by_unit))
        return replace(
            self,
            cycles=self.cycles + other.cycles,
            macs=self.macs + other.macs,
            vector=self.vector + other.vector,
            dram=self.dram + other.dram,
            by_unit=tuple(sorted(units.items())),
        )

    def __mul__(self, times: int) -> "Outcome":
        return replace(
            self,
            cycles=self.cycles * times,
            macs=self.macs * times,
            vector=self.vector * times,
            dram=self.dram * times,
            by_unit=tuple((name, cycles * times) for name, cycles in self.by_unit),
        )

    @property
    def samples_per_s(self) -> float:
        """Throughput of a chip."""
        return self.samples * self.clock_hz / self.cycles

    @property
    def bounds(self) -> dict[str, float]:
        """Throughputs that MACs, vector units and DRAM would allow alone."""
        cycles = {"MAC": self.macs, "VPU": self.vector, "DRAM": self.dram}
        return {name: self.samples * self.clock_hz / value for name, value in cycles.items() if value}

    @property
    def holds(self) -> str:
        """The lowest bound."""
        return min(self.bounds, key=self.bounds.__getitem__)

    def share(self, unit: str) -> float:
        """Share of the cycles in layers where a unit is the busiest."""
        return dict(self.by_unit).get(unit, 0) / self.cycles


def _one_run(layer: Layer, pattern: Pattern, config: S4Config, samples: int) -> Outcome:
    chip = family("s4")
    bare = replace(layer, weights=None)
    choice = best_mapping(chip, bare, pattern, config)
    program = chip.lower(bare, pattern, choice.mapping, config)
    job = chip.job(program, config)
    start, end = run_fast(job)
    timeline = Timeline(job=job, start=start, end=end)
    busy = timeline.end - timeline.start
    on_dram = busy[program.resource == 0].sum()
    of = {"MAC": timeline.queues[SPU].busy, "VPU": timeline.queues[VECTOR].busy, "DRAM": int(on_dram)}
    of["L2 and NoC"] = int(busy[program.resource == 1].sum()) + timeline.queues[NOC].busy
    assert timeline.queues[LOAD].busy <= on_dram
    return Outcome(
        samples=samples,
        clock_hz=config.clock_hz,
        cycles=timeline.total,
        macs=float(program.macs.sum()) / chip.peak_macs(config),
        vector=float(timeline.queues[VECTOR].busy),
        dram=float(chip.dram_bytes(program).sum()) / chip.peak_bytes(config),
        by_unit=((max(of, key=of.__getitem__), timeline.total),),
    )


def tasks() -> list[Task]:
    """Everything that the page needs."""
    networks: tuple[Network, ...] = ("resnet50", "bert-large", "bert-base")
    found = [Task(network, rate) for network in networks for rate in RATES]
    found.append(Task("bert-base", 1, batch=BATCH["bert-large"]))
    others = [machine for machine in MACHINES if machine != AS_CONFIGURED]
    found += [Task(network, ABLATION_RATE, machine) for machine in others for network in networks]
    return found


def run_all(say: Callable[[str], None], jobs: int) -> dict[Task, Outcome]:
    """All tasks, ``jobs`` of them at once; ``say`` is told of each one that is done."""
    todo = tasks()
    results: dict[Task, Outcome] = {}
    for task, result in zip(todo, _run(todo, jobs), strict=True):
        results[task] = result
        say(f"{len(results)} of {len(todo)}: {task.network} at {task.rate}x, {task.machine}")
    return results


def _run(todo: list[Task], jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        yield from map(Task.run, todo)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(Task.run, todo)
