"""What the page needs: training steps of five networks, on the whole machine and on the array alone."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context

from mapping.graph import Layer
from mapping.sparsity import DENSE, Pattern
from mapping.training import Method, TrainedLayer, training_step
from mapping.zoo import load_zoo
from simulator.families import family
from simulator.families.sat.closed_form import SETTINGS, best_array_cycles
from simulator.training import StepResult, Trainer

BATCH = 512
PATTERN = Pattern(2, 8)
NETWORKS = {
    "resnet9-cifar10": "ResNet9 / CIFAR-10",
    "vit-cifar100": "ViT / CIFAR-100",
    "vgg19-cifar100": "VGG19 / CIFAR-100",
    "resnet18-tiny": "ResNet18 / Tiny ImageNet",
    "resnet50": "ResNet50 / ImageNet",
}

ASSUMED_ADD_LATENCY = 4
AS_CONFIGURED = "as configured"
MACHINES: dict[str, tuple[str, ...]] = {
    AS_CONFIGURED: (),
    "sparse weights made on demand": ('sparse_weights="on_demand"',),
    "weight-stationary only": ('dataflows="weight_stationary"',),
    "output-stationary only": ('dataflows="output_stationary"',),
    f"adder of {ASSUMED_ADD_LATENCY} stages, {ASSUMED_ADD_LATENCY} sums interleaved": (
        f"add_latency={ASSUMED_ADD_LATENCY}",
        f"interleave={ASSUMED_ADD_LATENCY}",
    ),
    f"adder of {ASSUMED_ADD_LATENCY} stages, not interleaved": (f"add_latency={ASSUMED_ADD_LATENCY}",),
}


@dataclass(frozen=True, slots=True)
class Task:
    """Training steps of one network on one machine."""

    network: str
    machine: str
    batch: int = BATCH

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that the page compares; forward-only shares its products with the other two."""
        return ("dense", "srste", "bdwp") if self.machine == AS_CONFIGURED else ("dense", "bdwp")

    def run(self) -> dict[Method, StepResult]:
        """One step with each method; layers of equal shape and pattern are run once."""
        sat = family("sat")
        trainer = Trainer(sat, sat.load_config(None, MACHINES[self.machine]))
        return {method: trainer.step(layers(self.network, method, batch=self.batch)) for method in self.methods}


def run_all(say: Callable[[str], None], jobs: int, batch: int = BATCH) -> dict[Task, dict[Method, StepResult]]:
    """All networks on all machines, ``jobs`` of them at once; ``say`` is told of each one that is done."""
    tasks = [Task(network, machine, batch) for machine in MACHINES for network in NETWORKS]
    results: dict[Task, dict[Method, StepResult]] = {}
    for task, result in zip(tasks, _run(tasks, jobs), strict=True):
        results[task] = result
        say(f"{len(results)} of {len(tasks)}: {task.network}, {task.machine}")
    return results


def _run(tasks: list[Task], jobs: int) -> Iterator[dict[Method, StepResult]]:
    if jobs == 1:
        yield from map(Task.run, tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(Task.run, tasks)


def layers(network: str, method: Method, pattern: Pattern = PATTERN, batch: int = BATCH) -> list[TrainedLayer]:
    """A network's training step; its first and last layers and products of activations stay dense."""
    model = load_zoo(network, batch=batch).layers
    exempt = {model[0].name, model[-1].name}

    def own(layer: Layer) -> Pattern:
        return DENSE if layer.dynamic or layer.name in exempt else pattern

    return training_step(model, {layer.name: own(layer) for layer in model}, method)


@dataclass(frozen=True)
class Reference:
    """A training step on the array alone: closed forms, memory without limits, nothing but products.

    Attributes:
        network: Name of its shape table.
        method: What is pruned.
        pattern: To what.
        settings: Of the machine, beyond ``sat-ideal`` and the serial drain.
    """

    network: str
    method: Method
    pattern: Pattern = PATTERN
    settings: tuple[str, ...] = ()

    @cached_property
    def layers(self) -> list[TrainedLayer]:
        """The step, batch 512."""
        return layers(self.network, self.method, self.pattern)

    @cached_property
    def stages(self) -> dict[str, int]:
        """Cycles of each stage."""
        config = family("sat").load_config("sat-ideal", (*SETTINGS, *self.settings))
        cycles = {"forward": 0, "backward": 0, "update": 0}
        for layer in self.layers:
            for product in layer.products:
                cycles[product.stage] += best_array_cycles(product, config)
        return cycles

    @property
    def cycles(self) -> int:
        """Cycles of the step."""
        return sum(self.stages.values())

    @property
    def macs(self) -> dict[str, int]:
        """Dense multiply-accumulates of each stage."""
        products = [product for layer in self.layers for product in layer.products]
        return {stage: sum(p.macs for p in products if p.stage == stage) for stage in self.stages}

    @property
    def kept_macs(self) -> int:
        """Multiply-accumulates that the patterns leave, at their nominal density N / M."""
        products = [product for layer in self.layers for product in layer.products]
        return sum(p.macs * p.pattern.n // p.pattern.m for p in products)
