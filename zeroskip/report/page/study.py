"""The page of a study: the front, what the parameters do, every trial."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from zeroskip.report.front_rows import Rows, explained, several
from zeroskip.report.page import MAX_ROWS, Page, Section, Table

Record = Mapping[str, Any]
FRONT, BASELINE, OTHER = "#0072b2", "#d55e00", "#bbbbbb"
UNSAID = {"name", "kind", "baseline", "state", "reason", "hash"}  # in the words that appear at a point
LOG_FROM = 20  # an axis whose values differ by more than this factor is logarithmic


def study_page(record: Record, trials: Rows) -> Page:
    """The page of a study.

    Args:
        record: What ``study.json`` says.
        trials: What ``trials.parquet`` says, in the order asked.
    """
    rows, left_out = _shown(record, trials)
    objectives, varied = record["objectives"], several(record["variables"])
    hidden = {"baseline", *(name for name in record["variables"] if name not in varied)}
    columns = ["kind", *dict.fromkeys(name for row in rows for name in row if name not in {"kind", *hidden})]
    note = f"{left_out:,} dominated trials, evenly chosen, are left out here and in the figures." if left_out else ""
    sections = []
    if any(row["state"] == "complete" for row in rows):
        sections = [_front(rows, objectives), _parallel(rows, record["variables"], objectives)]
        shares = _importance(trials, varied, objectives)
        sections += [shares] if shares else []
    return Page(
        title=f"Study {record['study']}",
        facts=_facts(record, trials),
        sections=sections,
        table=Table(columns=columns, rows=[[row.get(name) for name in columns] for row in rows], note=note),
    )


def _facts(record: Record, trials: Rows) -> dict[str, str]:
    states = record["trials"]
    reasons = Counter(_kind_of(row["reason"]) for row in trials if row["reason"])
    size = prod(len(values) for values in record["variables"].values())
    facts = {
        "space": f"{record['space']['name']}, {size:,} points",
        "strategy": f"{record['strategy']}, seed {record['seed']}",
        "trials": ", ".join(f"{count:,} {state}" for state, count in states.items()),
        "front": f"{len(record['front']):,} designs, {record['hypervolume_share']:.4f} of the box dominated",
        "objectives": ", ".join(f"{goal} {name}" for name, goal in record["objectives"].items()),
        "store": record["store"],
        "command": record["command"] or "called from Python",
        "code": record["code"],
        "space digest": record["space_digest"],
    }
    if record["space"].get("part"):
        facts["part"] = record["space"]["part"]
    if reasons:
        facts["not feasible"] = "; ".join(f"{count:,} by {reason}" for reason, count in reasons.most_common(6))
    return facts


def _kind_of(reason: str) -> str:
    """A reason without its measured values: what broken limits have in common."""
    return reason.partition("violates ")[2] or re.sub(r" \([\d,.e+]+ of [\d,]+\)", "", reason)


def _shown(record: Record, trials: Rows) -> tuple[list[dict[str, Any]], int]:
    """Front, baselines, and as many of the other trials as a page holds; and how many are left out."""
    front = {row["name"] for row in record["front"]}
    chosen = [dict(row, kind="front") for row in trials if row["name"] in front]
    chosen += [dict(row, kind="baseline") for row in record["baselines"]]
    others = [row for row in trials if row["name"] not in front]
    room = max(0, MAX_ROWS - len(chosen))
    keep: list[int] = np.unique(np.linspace(0, len(others) - 1, min(room, len(others))).astype(int)).tolist()
    chosen += [
        dict(others[i], kind="feasible" if others[i]["state"] == "complete" else others[i]["state"]) for i in keep
    ]
    return chosen, len(others) - len(keep)


def _front(rows: Rows, objectives: Mapping[str, str]) -> Section:
    """Every feasible design over two objectives; the reader chooses which two."""
    names = list(objectives)
    x, y = (names[0], names[1]) if len(names) > 1 else (names[0], names[0])

    def points(kind: str, label: str, marker: Mapping[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
        members = [i for i, row in enumerate(rows) if row["kind"] == kind and row["state"] == "complete"]
        return {
            "type": "scatter",
            "mode": "markers",
            "name": label,
            "x": [rows[i][x] for i in members],
            "y": [rows[i][y] for i in members],
            "text": [rows[i]["name"] if kind == "baseline" else _hover(rows[i]) for i in members],
            "customdata": members,
            "marker": dict(marker),
            "hovertemplate": "%{text}<extra>" + label + "</extra>",
        } | more

    named = {"mode": "markers+text", "textposition": "top center"}
    data = [
        points("feasible", "feasible", {"color": OTHER, "size": 5}),
        points("front", "front", {"color": FRONT, "size": 9}),
        points("baseline", "baseline", {"color": BASELINE, "symbol": "x", "size": 10}, **named),
    ]
    complete = [row for row in rows if row["state"] == "complete"]
    layout = {
        "height": 560,
        "margin": {"t": 10},
        "dragmode": "lasso",
        "xaxis": {"title": {"text": x}, "type": _scale([row[x] for row in complete])},
        "yaxis": {"title": {"text": y}, "type": _scale([row[y] for row in complete])},
    }
    goals = ", ".join(f"{goal} {name}" for name, goal in objectives.items())
    text = f"To {goals}. Hover for the design; click a point, or draw around several, to see them in the table."
    return Section(
        name="front",
        title="Pareto front",
        text=text,
        figures={"front": {"data": data, "layout": layout}},
        linked=True,
        axes=names,
    )


def _hover(row: Mapping[str, Any]) -> str:
    shown = {
        name: value
        for name, value in row.items()
        if name not in {"name", "kind", "baseline", "state", "reason", "hash"}
    }
    return "<br>".join(f"{name}: {_short(value)}" for name, value in shown.items() if value is not None)


def _parallel(rows: Rows, variables: Mapping[str, Sequence[Any]], objectives: Mapping[str, str]) -> Section:
    """One line per feasible design through all parameters and objectives; the front is coloured."""
    kept = [i for i, row in enumerate(rows) if row["state"] == "complete" and row["kind"] != "baseline"]

    def axis(name: str) -> dict[str, Any]:
        values = [rows[index][name] for index in kept]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            return {"label": name, "values": values}
        texts = [str(value) for value in variables[name]]
        return {
            "label": name,
            "values": [texts.index(str(value)) for value in values],
            "tickvals": list(range(len(texts))),
            "ticktext": texts,
        }

    line = {
        "color": [1 if rows[index]["kind"] == "front" else 0 for index in kept],
        "colorscale": [[0, OTHER], [1, FRONT]],
    }
    trace = {
        "type": "parcoords",
        "customdata": kept,
        "line": line,
        "dimensions": [axis(name) for name in (*several(variables), *objectives)],
    }
    layout = {"height": 460, "margin": {"t": 60, "l": 80, "r": 60}}
    text = (
        "Every line is a feasible design, blue on the front. Drag along an axis to choose a range: the table follows."
    )
    return Section(
        name="parallel",
        title="Parallel coordinates",
        text=text,
        figures={"parallel": {"data": [trace], "layout": layout}},
        linked=True,
    )


def _importance(trials: Rows, varied: Sequence[str], objectives: Mapping[str, str]) -> Section | None:
    shares = explained(trials, varied, list(objectives))
    if shares is None:
        return None
    order = np.argsort(shares.mean(axis=1))
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": [varied[i] for i in order],
            "x": shares[order, column].round(4).tolist(),
            "hovertemplate": f"%{{y}} explains %{{x:.1%}} of {name}<extra></extra>",
        }
        for column, name in enumerate(objectives)
    ]
    layout = {
        "height": 140 + 26 * len(varied) * len(data),
        "margin": {"t": 10},
        "xaxis": {"title": {"text": "share of variance explained alone"}, "tickformat": ".0%", "range": [0, 1]},
        "yaxis": {"automargin": True},
        "legend": {"traceorder": "reversed"},
    }
    text = (
        "Epsilon squared of each parameter over the feasible trials, positive objectives as logarithms. What "
        "parameters do together is not in it, and trials of a guided search crowd around the front."
    )
    return Section(
        name="importance",
        title="Parameter importance",
        text=text,
        figures={"importance": {"data": data, "layout": layout}},
    )


def _scale(values: Sequence[float]) -> str:
    return "log" if min(values) > 0 and max(values) > LOG_FROM * min(values) else "linear"


def _short(value: Any) -> str:  # noqa: ANN401  # any cell
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
