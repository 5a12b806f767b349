"""Run a lowered model and account for every cycle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np

from mapping.errors import InputError
from mapping.graph import Layer
from mapping.sparsity import Pattern
from simulator.cost.energy import DEFAULT as DEFAULT_TECHNOLOGY
from simulator.cost.energy import add_energy
from simulator.cost.energy import technology as find_technology
from simulator.engine.job import Job
from simulator.engine.timeline import Timeline
from simulator.execute import Executor, run
from zeroskip.lowering import LoweredLayer, LoweredModel

Progress = Callable[[str, int, int, int], None]


class BoundError(AssertionError):
    """A layer ran faster than its roofline: a fault of this project."""


@dataclass(frozen=True, kw_only=True)
class LayerResult:
    """What one layer took; every count is for one run, and the layer runs ``layer.repeats`` times.

    Attributes:
        lowered: What ran.
        timeline: When each instruction ran.
        macs: Multiply-accumulates with non-zero weights.
        density: Share of weights that are not zero.
        dram_bytes: Bytes read and written.
        compute_bound: Cycles that the multiplications take at full utilisation.
        bandwidth_bound: Cycles that the bytes take at peak bandwidth.
        utilisation: ``macs`` over what the array could have done in ``cycles``.
        energy_pj: Energy of counted actions by component [pJ], on all chips; None where it is not known.
    """

    lowered: LoweredLayer
    timeline: Timeline
    macs: int
    density: float
    dram_bytes: int
    compute_bound: int
    bandwidth_bound: int
    utilisation: float
    energy_pj: Mapping[str, float] | None

    def __post_init__(self) -> None:
        """Hold the result against its roofline.

        Raises:
            BoundError: Fewer cycles than the compute or the bandwidth bound.
        """
        if self.cycles < max(self.compute_bound, self.bandwidth_bound):
            raise BoundError(
                f"layer {self.lowered.layer.name}: {self.cycles} cycles are below the bounds "
                f"{self.compute_bound} (compute) and {self.bandwidth_bound} (bandwidth)"
            )

    @property
    def layer(self) -> Layer:
        """The layer that ran."""
        return self.lowered.layer

    @property
    def cycles(self) -> int:
        """Cycles of one run."""
        return self.timeline.total

    @property
    def total_cycles(self) -> int:
        """Cycles of all its runs."""
        return self.cycles * self.layer.repeats

    @property
    def dense_cycles(self) -> int:
        """Cycles of one run of the same layer, dense, on the same machine."""
        return self.lowered.dense.cycles

    @property
    def speedup(self) -> float:
        """Dense cycles over cycles."""
        return self.dense_cycles / self.cycles

    @cached_property
    def stalls(self) -> dict[str, int]:
        """Cycles in which the queue that computes did not, by reason."""
        queue = self.timeline.queues[self.compute_queue]
        stalls = {f"waiting for {name}": cycles for name, cycles in queue.waiting_for_token.items()}
        stalls |= {f"waiting for the {name} port": cycles for name, cycles in queue.waiting_for_resource.items()}
        stalls |= {"dispatch": queue.dispatch, "idle": queue.idle}
        return {reason: cycles for reason, cycles in stalls.items() if cycles}

    @property
    def compute_queue(self) -> int:
        """Index of the queue that multiplies."""
        program = self.lowered.program
        return int(program.queue[np.argmax(program.macs)])


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a model took.

    Attributes:
        lowered: What ran.
        executor: What gave the times.
        layers: One result per layer, in order.
        technology: What the energy is that of; None where it is not known.
        no_energy: Why it is not known; empty where it is.
    """

    lowered: LoweredModel
    executor: Executor
    layers: tuple[LayerResult, ...]
    technology: str | None
    no_energy: str

    @cached_property
    def total_cycles(self) -> int:
        """Cycles of all layers, one after another."""
        return sum(layer.total_cycles for layer in self.layers)

    @cached_property
    def dense_cycles(self) -> int:
        """Cycles of the same layers, dense."""
        return sum(layer.dense_cycles * layer.layer.repeats for layer in self.layers)

    @property
    def speedup(self) -> float:
        """Dense cycles over cycles."""
        return self.dense_cycles / self.total_cycles

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates with non-zero weights."""
        return sum(layer.macs * layer.layer.repeats for layer in self.layers)

    @property
    def utilisation(self) -> float:
        """``macs`` over what the array could have done."""
        return self.macs / (self.total_cycles * self.lowered.family.peak_macs(self.lowered.config))

    @cached_property
    def dram_bytes(self) -> int:
        """Bytes read and written by all layers."""
        return sum(layer.dram_bytes * layer.layer.repeats for layer in self.layers)

    @cached_property
    def energy_pj(self) -> dict[str, float] | None:
        """Energy of all layers by component [pJ], on all chips; None where it is not known."""
        if self.technology is None:
            return None
        return add_energy((layer.energy_pj or {}, layer.layer.repeats) for layer in self.layers)

    @property
    def chips(self) -> int:
        """Equal chips that run their part of every layer; cycles, bytes and products are those of one."""
        chips = self.lowered.family.chips
        return 1 if chips is None else chips(self.lowered.config)

    @property
    def seconds(self) -> float:
        """Time of all layers at the configuration's clock."""
        return self.total_cycles / (self.lowered.config.clock_mhz * 1e6)

    @cached_property
    def instructions(self) -> int:
        """Instructions of all layers."""
        return sum(len(layer.lowered.program) * layer.layer.repeats for layer in self.layers)


def simulate(
    lowered: LoweredModel,
    executor: Executor = "fast",
    *,
    technology: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run every layer of a lowered model.

    Args:
        lowered: What to run.
        executor: ``fast``, ``cycle``, or ``both``, which compares them on every instruction.
        technology: What gives the energy of an action, by name or TOML file. None: the default one, and no energy
            where the family counts no actions or the technology lacks one.
        progress: Called with the layer's name, its index, the instructions done in it and their number.

    Raises:
        InputError: The technology is none, or has no energy of what this machine does.
        DisagreementError: With ``both``, the executors disagree: a fault of this project.
    """
    energies, no_energy = _energies(lowered, technology)
    timelines: dict[int, tuple[Job, Timeline]] = {}
    results = []
    for index, layer in enumerate(lowered.layers):
        count = len(layer.program)
        if progress is not None:
            progress(layer.layer.name, index, 0, count)
        # Layers that share a program share its timeline.
        if id(layer.program) not in timelines:
            job = lowered.family.job(layer.program, lowered.config)

            def report(done: int, name: str = layer.layer.name, index: int = index, count: int = count) -> None:
                if progress is not None:
                    progress(name, index, done, count)

            timelines[id(layer.program)] = (job, run(job, executor, report))
        energy = energies.get(id(layer.program))
        results.append(_account(layer, timelines[id(layer.program)][1], lowered, energy))
    return Result(
        lowered=lowered,
        executor=executor,
        layers=tuple(results),
        technology=None if no_energy else technology or DEFAULT_TECHNOLOGY,
        no_energy=no_energy,
    )


def _energies(lowered: LoweredModel, name: str | None) -> tuple[dict[int, dict[str, float]], str]:
    """Energy by component of each program [pJ], by its identity; or why there is none.

    Raises:
        InputError: A technology was asked for and has no energy of what this machine does.
    """
    costs = find_technology(name or DEFAULT_TECHNOLOGY)
    try:
        programs = {id(layer.program): layer.program for layer in lowered.layers}
        found = {key: lowered.family.energy_pj(program, lowered.config, costs) for key, program in programs.items()}
    except InputError as error:
        if name is not None:
            raise InputError(f"technology {name}: {error}") from error
        return {}, str(error)
    return found, ""


def _account(
    layer: LoweredLayer, timeline: Timeline, lowered: LoweredModel, energy: Mapping[str, float] | None
) -> LayerResult:
    family, config = lowered.family, lowered.config
    macs, dram_bytes = int(layer.program.macs.sum()), int(family.dram_bytes(layer.program).sum())
    peak = family.peak_macs(config)
    return LayerResult(
        lowered=layer,
        timeline=timeline,
        macs=macs,
        density=density(layer.layer, layer.pattern),
        dram_bytes=dram_bytes,
        compute_bound=ceil(macs / peak),
        bandwidth_bound=ceil(dram_bytes / family.peak_bytes(config)),
        utilisation=macs / (timeline.total * peak),
        energy_pj=energy,
    )


def density(layer: Layer, pattern: Pattern) -> float:
    """Share of non-zero weights: counted where there are weights, else what the pattern keeps."""
    if layer.weights is not None:
        return float(np.count_nonzero(layer.weights) / layer.weights.size)
    channels = layer.shape.group_in_channels
    return pattern.kept(channels) / channels
