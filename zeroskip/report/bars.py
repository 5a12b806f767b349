"""A picture of the cycles of every layer: busy, or stalled for a reason."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from zeroskip.report.figures import save_figure
from zeroskip.report.gantt import COLOURS
from zeroskip.report.groups import groups, shared_prefix
from zeroskip.simulation import Result

SHOWN = 60  # groups of layers that fit on a page: those that take the most cycles
BUSY_COLOUR = COLOURS[0]
STALL_COLOURS = (*COLOURS[1:3], "#cc79a7", "#f0e442", "#56b4e9", "#999999", "#dddddd")


def write_bars(result: Result, folder: Path) -> None:
    """Draw one bar for each group of equal layers, in the order in which they run."""
    chosen = sorted(sorted(groups(result), key=lambda group: -group.cycles)[:SHOWN], key=lambda group: group.number)
    prefix = shared_prefix([layer.layer.name for layer in result.layers])
    reasons = list(dict.fromkeys(reason for group in chosen for reason in group.first.stalls))
    names = [f"{group.number}  {group.label(prefix)}" for group in chosen]
    ends = [0] * len(chosen)
    figure = Figure(figsize=(11, max(4.6, 1.6 + 0.26 * len(chosen))), dpi=110, layout="constrained")
    axes = figure.subplots()
    parts = [("busy", BUSY_COLOUR, [group.cycles - group.runs * sum(group.first.stalls.values()) for group in chosen])]
    for index, reason in enumerate(reasons):
        colour = STALL_COLOURS[index % len(STALL_COLOURS)]
        parts.append((reason, colour, [group.runs * group.first.stalls.get(reason, 0) for group in chosen]))
    for label, colour, cycles in parts:
        axes.barh(names, cycles, left=ends, color=colour, label=label)
        ends = [end + more for end, more in zip(ends, cycles, strict=True)]
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlabel("cycles of all runs")
    for text in axes.get_yticklabels():
        text.set_parse_math(False)
    axes.set_title(f"{result.lowered.sparse.model.name} on {result.lowered.config_name}", parse_math=False)
    figure.legend(loc="outside lower center", ncols=len(parts), frameon=False)
    save_figure(figure, folder / "layers")
