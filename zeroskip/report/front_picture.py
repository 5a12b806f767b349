"""A front as a picture: every pair of objectives."""

from itertools import combinations
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from dse.study import Study

INCHES = 4.6


def draw_front(study: Study, record: dict[str, Any], path: Path) -> None:
    """Draw feasible trials, front and baselines over each pair of objectives into a PNG."""
    names = list(study.judge.signs)
    pairs = list(combinations(names, 2)) or [(names[0], names[0])]
    feasible = [
        outcome.metrics
        for trial, outcome in study.outcomes.values()
        if trial.point is not None and study.judge.verdict(outcome)[0] == "complete"
    ]
    figure = Figure(figsize=(INCHES * len(pairs), INCHES), layout="constrained")
    axes = figure.subplots(1, len(pairs), squeeze=False)
    for axis, (x, y) in zip(axes[0], pairs, strict=True):
        axis.scatter([m[x] for m in feasible], [m[y] for m in feasible], s=8, color="0.8", label="feasible")
        front, baselines = record["front"], [row for row in record["baselines"] if x in row]
        axis.scatter([row[x] for row in front], [row[y] for row in front], s=16, label="front")
        axis.scatter([row[x] for row in baselines], [row[y] for row in baselines], marker="x", color="C3")
        for row in baselines:
            axis.annotate(row["name"], (row[x], row[y]), textcoords="offset points", xytext=(4, 4), fontsize=8)
        axis.set(xlabel=f"{x} ({study.space.file.objectives[x]})", ylabel=f"{y} ({study.space.file.objectives[y]})")
        for name, scale in ((x, axis.set_xscale), (y, axis.set_yscale)):
            values = [metrics[name] for metrics in feasible]
            if values and min(values) > 0 and max(values) > 20 * min(values):
                scale("log")
    axes[0][0].legend()
    figure.suptitle(f"{study.name}: {study.strategy_name}, seed {study.seed}", fontsize=9)
    figure.savefig(path, dpi=150)
