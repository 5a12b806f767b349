"""A picture of every layer between the two roofs of the machine: multipliers and DRAM bandwidth."""

from math import isfinite
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zeroskip.report.figures import save_figure
from zeroskip.report.groups import Group, groups, shared_prefix
from zeroskip.simulation import LayerResult, Result

NAMED = 20  # groups of layers that get a number and a name: those that take the most cycles
MAX_LABEL = 40  # characters
NAMES = {"family": "monospace", "size": 8}
SPARSE_COLOUR, DENSE_COLOUR = "#0072b2", "#e69f00"


def write_roofline(result: Result, folder: Path) -> None:
    """Draw each group of layers as it ran and as it would run dense."""
    figure = Figure(figsize=(13, 7), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", xlabel="non-zero MACs per DRAM byte", ylabel="non-zero MACs per cycle")
    axes.grid(True, which="major", color="#e5e5e5")
    named = sorted(groups(result), key=lambda group: -group.cycles)[:NAMED]
    points = [(group, _point(group.first), _dense_point(group.first)) for group in groups(result)]
    for group, (x, y), (dense_x, dense_y) in points:
        axes.plot([dense_x, x], [dense_y, y], color="#bbbbbb", linewidth=0.8, zorder=2)
        axes.scatter(dense_x, dense_y, marker="s", s=28, color=DENSE_COLOUR, zorder=3)
        axes.scatter(x, y, s=120 if group in named else 30, color=SPARSE_COLOUR, edgecolor="white", zorder=4)
        if group in named:
            axes.text(x, y, str(group.number), color="white", fontsize=7, ha="center", va="center", zorder=5)
    _draw_roofs(axes, result, [x for _, *both in points for x, _ in both])
    axes.set_ylim(bottom=min(y for _, *both in points for _, y in both) / 2)
    _legend(figure, axes, named, result)
    model, machine = result.lowered.sparse.model.name, result.lowered.config_name
    axes.set_title(f"{model}, {result.lowered.sparse.pattern}, on {machine}", parse_math=False)
    save_figure(figure, folder / "roofline")


def _point(layer: LayerResult) -> tuple[float, float]:
    """Operational intensity and achieved rate; without DRAM traffic, as if the layer moved one byte."""
    return layer.macs / max(layer.dram_bytes, 1), layer.macs / layer.cycles


def _dense_point(layer: LayerResult) -> tuple[float, float]:
    """The same for the layer on its own before pruning."""
    dense = layer.lowered.dense
    return layer.layer.macs / max(dense.dram_bytes, 1), layer.layer.macs / dense.cycles


def _draw_roofs(axes: Axes, result: Result, intensities: list[float]) -> None:
    """Both roofs, over the whole width."""
    family, config = result.lowered.family, result.lowered.config
    macs, bandwidth = family.peak_macs(config), family.peak_bytes(config)
    low, high = min(intensities) / 2, max(intensities) * 2
    axes.set_ylim(top=macs * 2)
    if isfinite(bandwidth):
        ridge = macs / bandwidth
        low, high = min(low, ridge / 16), max(high, ridge * 4)
        axes.plot([low, ridge], [low * bandwidth, macs], color="black", linewidth=1.5, zorder=1)
        middle = (ridge / 2, macs / 2)
        label = f"{bandwidth:,.1f} bytes/cycle"
        axes.annotate(label, middle, (-6, 2), textcoords="offset points", ha="right", va="bottom")
    start = macs / bandwidth if isfinite(bandwidth) else low
    axes.plot([start, high], [macs, macs], color="black", linewidth=1.5, zorder=1)
    axes.set_xlim(low, high)
    axes.annotate(f"{macs:,} MACs/cycle", (high, macs), (-4, 4), textcoords="offset points", ha="right", va="bottom")


def _legend(figure: Figure, axes: Axes, named: list[Group], result: Result) -> None:
    """Which marker is what, and the names behind the numbers."""
    axes.scatter([], [], s=60, color=SPARSE_COLOUR, label="as it ran")
    axes.scatter([], [], marker="s", s=28, color=DENSE_COLOUR, label="dense, same machine")
    axes.legend(loc="lower right")
    prefix = shared_prefix([layer.layer.name for layer in result.layers])
    lines = [f"{group.number:>3}  {_short(group.label(prefix))}" for group in sorted(named, key=lambda g: g.number)]
    left_out = len(groups(result)) - len(named)
    if left_out:
        lines.append(f"     {left_out} more, in all {_share(result, named):.1%} of the cycles")
    # A legend with invisible handles keeps its place beside the axes; the names are not TeX.
    handles = [axes.plot([], [], linestyle="none", label=line)[0] for line in lines]
    legend = figure.legend(
        handles=handles, loc="outside right upper", frameon=False, prop=NAMES, handlelength=0, handletextpad=0
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _share(result: Result, named: list[Group]) -> float:
    """Share of the cycles that the groups without a name take."""
    return 1 - sum(group.cycles for group in named) / result.total_cycles


def _short(name: str) -> str:
    return name if len(name) <= MAX_LABEL else f"...{name[3 - MAX_LABEL :]}"
