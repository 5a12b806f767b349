"""Trained networks on the screen and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean, stdev
from typing import Any

from mapping.trainer import Run
from zeroskip.report.screen import grid, plain_table, show


def trained_record(runs: Sequence[Run], images: int, test: int) -> dict[str, Any]:
    """Every run, and mean and sample standard deviation over the seeds of each method."""
    return {
        "format": 1,
        "training_images": images,
        "test_images": test,
        "runs": [
            asdict(run.plan)
            | {"accuracy": run.accuracy, "density": run.density, "by_epoch": [asdict(epoch) for epoch in run.epochs]}
            for run in runs
        ],
        "methods": {
            method: {"mean_accuracy": mean, "standard_deviation": spread, "seeds": len(chosen)}
            for method, (chosen, mean, spread) in _by_method(runs).items()
        },
    }


def print_trained(runs: Sequence[Run], images: int, test: int) -> None:
    """A row for each method."""
    plan = runs[0].plan
    header = {
        "model": plan.network,
        "data": f"{images:,} training images; accuracy on all {test:,} test images of Fashion-MNIST",
        "steps": f"{plan.epochs} epochs in batches of {plan.batch}, momentum SGD, rate {plan.rate} falling to 0",
    }
    table = plain_table("method", "pattern", "kept", "accuracy", "of each seed", "to dense")
    groups = _by_method(runs)
    for method, (chosen, mean, spread) in groups.items():
        table.add_row(
            method,
            chosen[0].plan.pattern,
            f"{chosen[0].density:.1%}",
            f"{mean:.2%}" + ("" if spread is None else f" ± {100 * spread:.2f}"),
            ", ".join(f"{run.accuracy:.2%}" for run in chosen),
            f"{100 * (mean - groups['dense'][1]):+.2f} points" if "dense" in groups else "-",
        )
    show(grid(header), table)
    show(grid({"±": "sample standard deviation over the seeds", "kept": "of the weights of the pruned layers"}))


def _by_method(runs: Sequence[Run]) -> dict[str, tuple[list[Run], float, float | None]]:
    """The runs of each method, their mean accuracy and its spread, which one run does not have."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.plan.method, []).append(run)
    found = {}
    for method, chosen in groups.items():
        values = [run.accuracy for run in chosen]
        found[method] = (chosen, fmean(values), stdev(values) if len(values) > 1 else None)
    return found
