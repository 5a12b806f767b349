"""A layer's timeline as a figure: its program is run again, and must take the cycles that the result says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mapping.errors import InputError
from simulator.config import build_config
from simulator.engine.timeline import Timeline
from simulator.execute import run
from simulator.families import Family, family
from simulator.program import Program
from zeroskip.report.gantt import COLOURS
from zeroskip.report.page import Figure
from zeroskip.report.spans import BUSY, DISPATCH, IDLE, STATES, queue_spans, reason

MAX_SPANS = 2_000  # of one layer: what a browser draws at once
MAX_LAYERS = 40  # programs with a timeline: those that take the most cycles


def instruction_figures(record: Mapping[str, Any], folder: Path) -> dict[str, Figure]:
    """A figure for each program that lies in the folder, by the name of its first layer, in the order of layers.

    Raises:
        InputError: A configuration or program that this version cannot read, or one that takes other cycles now.
    """
    chosen = family(record["family"])
    config = build_config(chosen.config, record["config"], f"{folder}: config")
    first: dict[str, Mapping[str, Any]] = {}
    for layer in record["layers"]:
        if layer["program"] and (folder / layer["program"]).is_file():
            first.setdefault(layer["program"], layer)
    busiest = sorted(first.values(), key=lambda layer: -layer["total_cycles"])[:MAX_LAYERS]
    return {
        layer["name"]: _figure(_timeline(chosen, config, folder / layer["program"], layer), config.clock_mhz)
        for layer in busiest
    }


def _timeline(chosen: Family[Any], config: Any, path: Path, layer: Mapping[str, Any]) -> tuple[Program, Timeline]:  # noqa: ANN401
    program = Program.load(path, {chosen.isa.name: chosen.isa})
    timeline = run(chosen.job(program, config))
    if timeline.total != layer["cycles"]:
        raise InputError(
            f"{path}: takes {timeline.total} cycles, the result says {layer['cycles']}: "
            "another version of zeroskip wrote it; simulate again"
        )
    return program, timeline


def _figure(ran: tuple[Program, Timeline], clock_mhz: int) -> Figure:
    program, timeline = ran
    queues = timeline.job.machine.queues
    bars: dict[int, dict[str, Any]] = {
        state: {
            "type": "bar",
            "orientation": "h",
            "name": STATES[state],
            "marker": {"color": COLOURS[state]},
            "y": [],
            "base": [],
            "x": [],
            "text": [],
            "textposition": "none",
            "hovertemplate": "%{text}<br>cycles %{base:,} + %{x:,}<extra></extra>",
        }
        for state in range(len(STATES))
        if state not in (DISPATCH, IDLE)
    }
    left_out = 0
    for queue, name in enumerate(queues):
        spans = queue_spans(timeline, queue)
        shown = np.flatnonzero(np.isin(spans.state, list(bars)) & (np.diff(spans.edges) > 0))
        left_out += max(0, len(shown) - MAX_SPANS // len(queues))
        for span in shown[: MAX_SPANS // len(queues)]:
            state, instruction = int(spans.state[span]), int(spans.instruction[span])
            bar = bars[state]
            bar["y"].append(name)
            bar["base"].append(int(spans.edges[span]))
            bar["x"].append(int(spans.edges[span + 1] - spans.edges[span]))
            why = "" if state == BUSY else f"<br>{reason(timeline, state, instruction)}"
            bar["text"].append(program.disassemble(instruction, 1)[0] + why)
    title = f"cycle of one run, {timeline.total:,} in all at {clock_mhz} MHz"
    if left_out:
        title += f"; {left_out:,} later spans are left out, trace.json has them"
    layout = {
        "barmode": "overlay",
        "height": 160 + 60 * len(queues),
        "margin": {"t": 10},
        "xaxis": {"title": {"text": title}},
        "yaxis": {"categoryorder": "array", "categoryarray": list(reversed(queues)), "automargin": True},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    }
    return {"data": list(bars.values()), "layout": layout}
