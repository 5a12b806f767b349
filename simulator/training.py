"""A training step on a machine: every product scheduled and run, and the work beside the products."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mapping.errors import InputError
from mapping.graph import Layer, LayerWork
from mapping.sparsity import Pattern
from mapping.training import STAGES, TrainedLayer
from simulator.execute import run
from simulator.families import Family
from simulator.program import Program
from simulator.scheduling import best_mapping

Progress = Callable[[str], None]

# A step has many large products; the last thousandth of each is not worth most of the search.
TOLERANCE = 0.001


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program took: cycles, and bytes moved to or from DRAM."""

    cycles: int
    dram_bytes: int

    def __mul__(self, repeats: int) -> "Cost":
        return Cost(self.cycles * repeats, self.dram_bytes * repeats)


@dataclass(frozen=True, slots=True)
class Work:
    """One stage of one layer: what it took, and its multiply-accumulates (those that its pattern keeps)."""

    layer: str
    stage: str
    cost: Cost
    macs: int


@dataclass(frozen=True, slots=True)
class StepResult:
    """A training step: layers one after another, each program begins when the one before it has ended."""

    work: tuple[Work, ...]

    @property
    def cycles(self) -> int:
        """Cycles of the step."""
        return sum(work.cost.cycles for work in self.work)

    @property
    def stages(self) -> list[str]:
        """Names of all stages: the products, then what stands beside them in the order in which it first appears."""
        found = dict.fromkeys(work.stage for work in self.work)
        return [*(stage for stage in STAGES if stage in found), *(stage for stage in found if stage not in STAGES)]

    def stage(self, name: str) -> Work:
        """All work of a stage; none at all if there is no such stage."""
        chosen = [work for work in self.work if work.stage == name]
        cost = Cost(sum(work.cost.cycles for work in chosen), sum(work.cost.dram_bytes for work in chosen))
        return Work("all layers", name, cost, sum(work.macs for work in chosen))


def _kept_macs(layer: Layer, pattern: Pattern) -> int:
    """Multiply-accumulates of all runs of a layer that a full projection to a pattern leaves."""
    shape = layer.shape
    weights = shape.positions * pattern.kept(shape.group_in_channels) * shape.out_channels
    return layer.m * weights * layer.repeats


class Trainer:
    """Runs training steps on one machine; layers of equal shape and pattern are scheduled and run once."""

    def __init__(self, family: Family[Any], config: Any) -> None:  # noqa: ANN401  # the family's own configuration
        """Choose the machine.

        Raises:
            InputError: The family does not train.
        """
        if family.training is None:
            raise InputError(f"family {family.name!r} does not train")
        self.family, self.config, self._beside = family, config, family.training
        self._costs: dict[tuple[LayerWork, Pattern], Cost] = {}

    def step(self, layers: Iterable[TrainedLayer], progress: Progress = lambda _: None) -> StepResult:
        """One step: for every layer its products and what the family does beside them.

        Raises:
            InputError: A layer that this machine cannot run.
        """
        work = []
        for trained in layers:
            name = trained.layer.name
            for product in trained.products:
                progress(f"{name} {product.stage}")
                costs = [self.cost(part, product.pattern) * part.repeats for part in product.parts]
                kept = sum(_kept_macs(part, product.pattern) for part in product.parts)
                total = Cost(sum(cost.cycles for cost in costs), sum(cost.dram_bytes for cost in costs))
                work.append(Work(name, product.stage, total, kept))
            for stage, program in self._beside(trained, self.config).items():
                work.append(Work(name, stage, self._run(program), 0))
        return StepResult(tuple(work))

    def cost(self, layer: Layer, pattern: Pattern) -> Cost:
        """What one run of a layer takes in the mapping that scheduling chooses."""
        key = (layer.work, pattern)
        if key not in self._costs:
            choice = best_mapping(self.family, layer, pattern, self.config, TOLERANCE)
            program = self.family.lower(layer, pattern, choice.mapping, self.config)
            self.family.check(program, self.config)
            self._costs[key] = Cost(choice.cycles, int(self.family.dram_bytes(program).sum()))
        return self._costs[key]

    def _run(self, program: Program) -> Cost:
        self.family.check(program, self.config)
        timeline = run(self.family.job(program, self.config))
        return Cost(timeline.total, int(self.family.dram_bytes(program).sum()))
