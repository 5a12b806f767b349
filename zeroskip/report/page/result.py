"""The page of a simulation: what ``zeroskip simulate --out`` wrote, to be seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zeroskip.report.bars import BUSY_COLOUR, STALL_COLOURS
from zeroskip.report.groups import shared_prefix
from zeroskip.report.page import Figure, Page, Section, Table
from zeroskip.report.page.instructions import instruction_figures
from zeroskip.report.roofline import DENSE_COLOUR, SPARSE_COLOUR
from zeroskip.report.tables import flat_rows

Record = Mapping[str, Any]
ROW_PIXELS = 22


def result_page(record: Record, folder: Path) -> Page:
    """The page of a result.

    Args:
        record: What ``result.json`` says.
        folder: Where the programs lie that it names; without them there is no timeline.

    Raises:
        InputError: A program or a configuration that cannot be read any more.
    """
    layers = record["layers"]
    rows = flat_rows(layers)
    sections = [_cycles(layers), _roofline(record)]
    if record["technology"] is not None:
        sections.append(_energy(record))
    timelines = instruction_figures(record, folder)
    if timelines:
        text = (
            "Every instruction of one run of a layer by queue: hover for its operands and what it waited for, "
            "drag to zoom, double-click to return."
        )
        sections.append(Section(name="timeline", title="Timeline of a layer", text=text, figures=timelines))
    return Page(
        title=f"{record['model']} on {record['config_name']}",
        facts=_facts(record),
        sections=sections,
        table=Table(columns=list(rows[0]), rows=[list(row.values()) for row in rows]),
    )


def _facts(record: Record) -> dict[str, str]:
    totals, made_by = record["totals"], record["made_by"]
    compared = record["instructions_compared"]
    return {
        "cycles": f"{totals['cycles']:,}",
        "time": f"{totals['time_ms']:,.4g} ms at {record['config']['clock_mhz']} MHz",
        "speedup": f"{totals['speedup']:.2f}x over {totals['dense_cycles']:,} cycles dense",
        "utilisation": f"{totals['utilisation']:.1%}",
        "energy": _energy_fact(record),
        "DRAM": f"{totals['dram_bytes']:,} bytes",
        "pattern": record["pattern"],
        "weights": record["weights_note"],
        "source": record["source"],
        "executor": record["executor"] + (f", {compared:,} instructions equal in both" if compared else ""),
        "machine": f"{record['family']}: {record['config_name']}",
        "command": made_by["command"] or "called from Python",
        "code (SHA-256)": made_by["code"],
        "configuration (SHA-256)": made_by["config"],
    }


def _energy_fact(record: Record) -> str:
    if record["technology"] is None:
        return "not known"
    totals = record["totals"]
    return f"{totals['energy_uj']:,.4g} uJ, {totals['power_w']:.3g} W{_where(record)}"


def _where(record: Record) -> str:
    chips = record.get("chips", 1)
    return f" on all {chips} chips" if chips > 1 else ""


def short_names(layers: Sequence[Record]) -> list[str]:
    """The names of the layers without what all begin with."""
    names = [layer["name"] for layer in layers]
    prefix = shared_prefix(names)
    return [name.removeprefix(prefix) for name in names]


def _cycles(layers: Sequence[Record]) -> Section:
    """Stacked bars, one per layer: the queue that computes is busy, or stalled for a reason."""
    reasons = list(dict.fromkeys(reason for layer in layers for reason in layer["stall_cycles"]))
    names = short_names(layers)

    def bar(label: str, cycles: list[int], colour: str) -> dict[str, Any]:
        return {
            "type": "bar",
            "orientation": "h",
            "name": label,
            "y": names,
            "x": cycles,
            "customdata": list(range(len(layers))),
            "marker": {"color": colour},
            "hovertemplate": f"%{{y}}<br>{label}: %{{x:,}} cycles<extra></extra>",
        }

    busy = [layer["repeats"] * (layer["cycles"] - sum(layer["stall_cycles"].values())) for layer in layers]
    bars = [bar("busy", busy, BUSY_COLOUR)]
    for index, reason in enumerate(reasons):
        cycles = [layer["repeats"] * layer["stall_cycles"].get(reason, 0) for layer in layers]
        bars.append(bar(reason, cycles, STALL_COLOURS[index % len(STALL_COLOURS)]))
    layout = _bars_layout(len(layers), "cycles of all runs")
    text = (
        "Where the cycles of the queue that multiplies went. Click a bar to see the layer in the table, "
        "a name in the legend to hide its part."
    )
    return Section(
        name="cycles",
        title="Cycles by layer",
        text=text,
        figures={"cycles": {"data": bars, "layout": layout}},
        linked=True,
    )


def _energy(record: Record) -> Section:
    """Stacked bars, one per layer, by component."""
    layers, names = record["layers"], short_names(record["layers"])
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": component,
            "y": names,
            "x": [layer["repeats"] * layer["energy_pj"].get(component, 0) / 1e6 for layer in layers],
            "customdata": list(range(len(layers))),
            "hovertemplate": f"%{{y}}<br>{component}: %{{x:,.4g}} uJ<extra></extra>",
        }
        for component in record["totals"]["energy_pj"]
    ]
    text = (
        f"Energy of counted actions{_where(record)} in {record['technology']}: no leakage, clock tree or control. "
        "Click a bar to see the layer in the table."
    )
    layout = _bars_layout(len(layers), "uJ of all runs")
    figures = {"energy": {"data": bars, "layout": layout}}
    return Section(name="energy", title="Energy by layer", text=text, figures=figures, linked=True)


def _bars_layout(count: int, title: str) -> Figure:
    return {
        "barmode": "stack",
        "height": 140 + ROW_PIXELS * count,
        "margin": {"t": 10},
        "xaxis": {"title": {"text": title}},
        "yaxis": {"autorange": "reversed", "automargin": True},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    }


def _roofline(record: Record) -> Section:
    """Each layer as it ran, and dense, below both roofs."""
    layers, macs, peak = record["layers"], record["peak_macs_per_cycle"], record["peak_dram_bytes_per_cycle"]
    sparse = [(layer["macs"] / max(layer["dram_bytes"], 1), layer["macs"] / layer["cycles"]) for layer in layers]
    dense = [
        (layer["dense_macs"] / max(layer["dense_dram_bytes"], 1), layer["dense_macs"] / layer["dense_cycles"])
        for layer in layers
    ]

    def points(label: str, places: list[tuple[float, float]], marker: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "scatter",
            "mode": "markers",
            "name": label,
            "x": [x for x, _ in places],
            "y": [y for _, y in places],
            "text": short_names(layers),
            "customdata": list(range(len(layers))),
            "marker": marker,
            "hovertemplate": "%{text}<br>%{x:.3g} MACs/byte<br>%{y:.4g} MACs/cycle<extra>" + label + "</extra>",
        }

    data = [
        points("dense, same machine", dense, {"color": DENSE_COLOUR, "symbol": "square", "size": 7}),
        points("as it ran", sparse, {"color": SPARSE_COLOUR, "size": 11, "line": {"color": "white", "width": 1}}),
        _roof([x for x, _ in (*sparse, *dense)], macs, peak),
    ]
    layout = {
        "height": 520,
        "margin": {"t": 10},
        "xaxis": {"type": "log", "title": {"text": "non-zero MACs per DRAM byte"}},
        "yaxis": {"type": "log", "title": {"text": "non-zero MACs per cycle"}},
    }
    text = "Each layer below the two roofs of the machine: multipliers and DRAM bandwidth. Click a point for its row."
    return Section(
        name="roofline",
        title="Roofline",
        text=text,
        figures={"roofline": {"data": data, "layout": layout}},
        linked=True,
    )


def _roof(intensities: list[float], macs: float, peak: float | None) -> dict[str, Any]:
    low, high = min(intensities) / 2, max(intensities) * 2
    corners = [(low, macs), (high, macs)]
    if peak is not None:
        ridge = macs / peak
        low, high = min(low, ridge / 16), max(high, ridge * 4)
        corners = [(low, low * peak), (ridge, macs), (high, macs)]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "roof",
        "x": [x for x, _ in corners],
        "y": [y for _, y in corners],
        "line": {"color": "black"},
        "hoverinfo": "skip",
    }
