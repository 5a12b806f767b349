"""A picture of what every queue did from the first cycle to the last."""

import re
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from zeroskip.report.figures import save_figure
from zeroskip.report.groups import shared_prefix
from zeroskip.report.spans import STATES, Spans, queue_spans
from zeroskip.simulation import Result

BINS = 1200
COLOURS = ("#0072b2", "#e69f00", "#d55e00", "#999999", "#f2f2f2")  # Okabe and Ito's, told apart by all; by STATES
MIN_LABEL_SHARE = 0.012  # of the width: a narrower layer has no room for a name
MAX_LABEL = 26  # characters


def queue_shares(result: Result, queue: int, bins: int = BINS) -> npt.NDArray[np.float64]:
    """How a queue spent its time.

    Returns:
        (states, bins) shares of each bin; the columns add up to 1.
    """
    times = np.linspace(0, result.total_cycles, bins + 1)
    spent = np.zeros((len(STATES), bins + 1))
    known: dict[int, Spans] = {}
    offset = 0
    for layer in result.layers:
        if id(layer.timeline) not in known:
            known[id(layer.timeline)] = queue_spans(layer.timeline, queue)
        spans = known[id(layer.timeline)]
        inside = np.clip(times - offset, 0, layer.total_cycles)
        runs, rest = np.divmod(inside, layer.cycles)
        for state in range(len(STATES)):
            whole = spans.cycles_until(state, np.array([layer.cycles]))
            spent[state] += runs * whole + spans.cycles_until(state, rest)
        offset += layer.total_cycles
    return np.diff(spent) / (times[1] - times[0])


def write_gantt(result: Result, folder: Path) -> None:
    """Draw one lane per queue, with the layers above."""
    queues = result.lowered.family.isa.queues
    figure = Figure(figsize=(16, 2.2 + 1.3 * len(queues)), dpi=110, layout="constrained")
    lanes = figure.subplots(len(queues), 1, sharex=True, squeeze=False)[:, 0]
    edges = np.linspace(0, result.total_cycles, BINS + 1)
    for queue, (axes, name) in enumerate(zip(lanes, queues, strict=True)):
        shares = np.repeat(queue_shares(result, queue), 2, axis=1)
        axes.stackplot(np.repeat(edges, 2)[1:-1], shares, colors=COLOURS, labels=STATES, linewidth=0)
        axes.set(xlim=(0, result.total_cycles), ylim=(0, 1), yticks=(0, 0.5, 1), ylabel=name)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _mark_layers(result, list(lanes))
    lanes[-1].xaxis.set_major_formatter(EngFormatter(sep=""))
    lanes[-1].set_xlabel(f"cycles, {result.lowered.config.clock_mhz} MHz")
    handles, labels = lanes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(STATES), frameon=False)
    model, machine = result.lowered.sparse.model.name, result.lowered.config_name
    title = f"{model} on {machine}: what each queue did in {result.total_cycles:,} cycles"
    figure.suptitle(title, parse_math=False)
    save_figure(figure, folder / "gantt")


def _mark_layers(result: Result, lanes: list[Axes]) -> None:
    """Names above the layers, or above blocks of layers where those are too narrow, and lines between them."""
    offset = 0
    for name, cycles in sections(result):
        if cycles >= MIN_LABEL_SHARE * result.total_cycles:
            for axes in lanes:
                axes.axvline(offset, color="black", linewidth=0.6)
            shown = name if len(name) <= MAX_LABEL else f"...{name[3 - MAX_LABEL :]}"
            middle = offset + cycles / 2
            lanes[0].text(middle, 1.04, shown, rotation=45, ha="left", va="bottom", fontsize=8, parse_math=False)
        offset += cycles


def sections(result: Result) -> list[tuple[str, int]]:
    """Names and cycles of the layers; neighbours too narrow to see become one, by the front of their names."""
    prefix = shared_prefix([layer.layer.name for layer in result.layers])
    named = [(layer.layer.name.removeprefix(prefix), layer.total_cycles) for layer in result.layers]
    while True:
        blocks = [(name, list(block)) for name, block in groupby(named, key=itemgetter(0))]
        found = [(name, sum(cycles for _, cycles in block)) for name, block in blocks]
        shorter = []
        for (name, total), (_, block) in zip(found, blocks, strict=True):
            narrow = total < MIN_LABEL_SHARE * result.total_cycles
            front = re.sub(r"[./][^./]*$", "", name) if narrow else name
            shorter += [(front, cycles) for _, cycles in block]
        if shorter == named:
            return found
        named = shorter
