"""A training step on the screen and as JSON."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from mapping.training import Method
from simulator.training import StepResult
from zeroskip.pruning import SparseModel
from zeroskip.report.screen import grid, plain_table, show

METHOD_NOTES: dict[Method, str] = {
    "dense": "nothing is pruned",
    "srste": "forward weights are pruned",
    "bdwp": "forward and backward weights are pruned, each along its own reduction",
    "all": "forward and backward weights are pruned, and the gradients of the outputs in the weight update",
}


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """A step and what it is compared with.

    Attributes:
        sparse: The model and the pattern of each layer.
        machine: The family and its configuration, in words.
        clock_mhz: Its clock.
        peak_macs: Multiply-accumulates per cycle.
        method: What was pruned.
        step: What the step took.
        dense: What dense training takes on the same machine.
    """

    sparse: SparseModel
    machine: str
    clock_mhz: int
    peak_macs: float
    method: Method
    step: StepResult
    dense: StepResult

    @property
    def speedup(self) -> float:
        """Dense cycles over cycles."""
        return self.dense.cycles / self.step.cycles

    def milliseconds(self, cycles: int) -> float:
        """Cycles as time."""
        return cycles / (self.clock_mhz * 1000)


def training_record(result: TrainingResult) -> dict[str, Any]:
    """Everything as plain values: cycles, bytes and multiply-accumulates by stage, and by layer and stage."""

    def record(step: StepResult) -> dict[str, Any]:
        stages = {name: step.stage(name) for name in step.stages}
        return {
            "cycles": step.cycles,
            "stages": {
                name: {"cycles": work.cost.cycles, "dram_bytes": work.cost.dram_bytes, "macs": work.macs}
                for name, work in stages.items()
            },
            "layers": [
                {"layer": work.layer, "stage": work.stage, "cycles": work.cost.cycles, "macs": work.macs}
                for work in step.work
            ],
        }

    return {
        "model": result.sparse.model.name,
        "pattern": str(result.sparse.pattern),
        "method": result.method,
        "machine": result.machine,
        "clock_mhz": result.clock_mhz,
        "speedup": result.speedup,
        "step": record(result.step),
        "dense": record(result.dense),
    }


def print_training(result: TrainingResult) -> None:
    """Print what was run, a table of its stages, and what came out."""
    model = result.sparse.model
    kept = sum(pattern.is_dense for pattern in result.sparse.patterns.values())
    header = grid(
        {
            "model": f"{model.name}: {model.source}",
            "pattern": f"{result.sparse.pattern}, {kept} of {len(result.sparse.layers)} layers dense",
            "method": f"{result.method}: {METHOD_NOTES[result.method]}",
            "machine": f"{result.machine}, {result.clock_mhz} MHz",
        }
    )
    total = Text(
        f"{result.step.cycles:,} cycles a step = {result.milliseconds(result.step.cycles):,.3f} ms; "
        f"speedup {result.speedup:.2f}x over dense training ({result.dense.cycles:,} cycles) on the same machine",
        style="bold",
    )
    show(header, _stages(result), total)


def _stages(result: TrainingResult) -> Table:
    table = plain_table("stage", title="One training step (all layers)")
    for heading in ("cycles", "ms", "share", "DRAM bytes", "MACs", "util.", "dense cycles", "speedup"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in dict.fromkeys([*result.step.stages, *result.dense.stages]):
        work, dense = result.step.stage(name), result.dense.stage(name).cost.cycles
        cycles = work.cost.cycles
        table.add_row(
            name,
            f"{cycles:,}",
            f"{result.milliseconds(cycles):,.3f}",
            f"{cycles / result.step.cycles:.1%}",
            f"{work.cost.dram_bytes:,}",
            f"{work.macs:,}",
            f"{work.macs / (cycles * result.peak_macs):.1%}" if work.macs and cycles else "",
            f"{dense:,}",
            f"{dense / cycles:.2f}x" if dense and cycles else "",
        )
    return table
