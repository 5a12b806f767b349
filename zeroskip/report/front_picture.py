"""A study as pictures: every pair of objectives, parallel coordinates, what the parameters explain."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from zeroskip.report.figures import save_figure
from zeroskip.report.front_rows import AnyStudy, explained, several

INCHES = 4.6


def draw_front(study: AnyStudy, record: dict[str, Any], folder: Path) -> None:
    """Draw feasible trials, front and baselines over each pair of objectives."""
    names = list(study.judge.signs)
    pairs = list(combinations(names, 2)) or [(names[0], names[0])]
    feasible = [
        outcome.metrics
        for trial, outcome in study.outcomes.values()
        if trial.point is not None and study.judge.verdict(outcome)[0] == "complete"
    ]
    figure = Figure(figsize=(INCHES * len(pairs), INCHES), layout="constrained", dpi=150)
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
    save_figure(figure, folder / "front")


def draw_importance(record: dict[str, Any], trials: list[dict[str, Any]], folder: Path) -> None:
    """Draw the share of each objective's variance that each parameter explains alone, where there are enough trials."""
    varied = several(record["variables"])
    objectives = list(record["objectives"])
    shares = explained(trials, varied, objectives)
    if shares is None:
        return
    figure = Figure(figsize=(7, 1.4 + 0.5 * len(varied)), layout="constrained", dpi=150)
    axes = figure.subplots()
    order = np.argsort(shares.mean(axis=1))
    width = 0.8 / len(objectives)
    for column, name in enumerate(objectives):
        places = np.arange(len(varied)) + (len(objectives) - 1 - column) * width
        axes.barh(places, shares[order, column], width, label=name)
    axes.set_yticks(np.arange(len(varied)) + 0.4 - width / 2, [varied[i] for i in order])
    axes.set(xlim=(0, 1), xlabel="share of variance explained alone (epsilon squared)")
    axes.legend()
    save_figure(figure, folder / "importance")


def draw_parallel(record: dict[str, Any], trials: list[dict[str, Any]], folder: Path) -> None:
    """Draw every feasible trial as a line through all parameters and objectives, the front above the others."""
    names = [*several(record["variables"]), *record["objectives"]]
    complete = [row for row in trials if row["state"] == "complete"]
    front = {row["name"] for row in record["front"]}
    if not complete or len(names) < 2:
        return
    columns = np.array([_heights([row[name] for row in complete], record["variables"].get(name)) for name in names])
    figure = Figure(figsize=(1.3 * len(names) + 1, 4.6), layout="constrained", dpi=150)
    axes = figure.subplots()
    on_front = np.array([row["name"] in front for row in complete])
    axes.plot(columns[:, ~on_front], color="0.85", linewidth=0.6)
    axes.plot(columns[:, on_front], color="C0", linewidth=0.9)
    for place, name in enumerate(names):
        axes.axvline(place, color="black", linewidth=0.6)
        values = record["variables"].get(name) or [row[name] for row in complete]
        low, high = (values[0], values[-1]) if name in record["variables"] else (min(values), max(values))
        for value, height, above in ((low, 0, "top"), (high, 1, "bottom")):
            shown = f"{value:.4g}" if isinstance(value, float) else str(value)
            axes.annotate(
                shown,
                (place, height),
                (0, 3 if above == "bottom" else -3),
                ha="center",
                va=above,
                textcoords="offset points",
                fontsize=7,
            )
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set(yticks=[], ylim=(-0.08, 1.08))
    axes.spines[["left", "right", "top", "bottom"]].set_visible(False)
    save_figure(figure, folder / "parallel")


def _heights(column: list[Any], levels: list[Any] | None) -> list[float]:
    """Values of one axis between 0 and 1: a parameter by its place in the space, an objective by its size."""
    if levels is not None:
        places = {str(value): index / (len(levels) - 1) for index, value in enumerate(levels)}
        return [places[str(value)] for value in column]
    low, high = min(column), max(column)
    return [(value - low) / (high - low) if high > low else 0.5 for value in column]
