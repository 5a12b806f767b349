"""Regret against evaluations, as a picture."""

import json
from pathlib import Path

import numpy as np

SIZE = (7.0, 4.5)  # inches


def picture(results: Path, out: Path) -> None:
    """Draw what ``regret`` wrote as PNG and SVG: the mean of the seeds and their range."""
    import matplotlib  # noqa: PLC0415  # its import takes a second

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    curves = json.loads(results.read_text())
    figure, axes = plt.subplots(figsize=SIZE, layout="constrained")
    for index, (name, curve) in enumerate(curves.items()):
        marks = [int(mark) for mark in curve["regret"]]
        seeds = [100 * np.maximum(each, 1e-5) for each in curve["regret"].values()]
        style = "-" if index < 10 else "--"
        (line,) = axes.plot(marks, [np.mean(each) for each in seeds], style, label=name, marker=".")
        least, most = [np.min(each) for each in seeds], [np.max(each) for each in seeds]
        axes.fill_between(marks, least, most, alpha=0.15, color=line.get_color())
    axes.set(xlabel="evaluations", ylabel="hypervolume regret [%]", yscale="log", title=results.stem)
    axes.grid(alpha=0.3, which="both")
    axes.legend(ncols=2, fontsize="small")
    for suffix in (".png", ".svg"):
        figure.savefig(out.with_suffix(suffix), dpi=150)
    plt.close(figure)
