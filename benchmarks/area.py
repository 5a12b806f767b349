"""``python -m benchmarks.area [FAMILY]``: synthesise the points of an area model, fit it, write file and tables.

What was synthesised before is taken from the cache; afresh it takes CPU minutes for each point.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from scipy.optimize import nnls

from benchmarks.cost import ROOT
from rtl.bench.build import RTL
from rtl.bench.synthesis import UnitArea, synthesise
from rtl.bench.targets import LIBERTY_HINT, find_liberty, find_target
from rtl.bench.yosys import need_yosys
from simulator.cost.area import FIELDS, key, predict
from simulator.cost.resources import Resources
from simulator.families import Family, family
from simulator.verilog import BlockShape, Verilog

TARGET = "xcup"
PAGE = ROOT / "docs" / "area.md"
Points = list[dict[str, Any]]


@click.command()
@click.argument("name", default="sat")
@click.option("--jobs", type=int, default=os.cpu_count(), help="Blocks synthesised at a time.")
def main(name: str, jobs: int) -> None:
    """Synthesise the points of the area model of a family, fit the model, and write its file and the tables of docs."""
    chosen = family(name)
    verilog = chosen.verilog
    if verilog is None or verilog.model is None:
        raise click.UsageError(f"family {name} has no area model")
    points = [_point(chosen, verilog, settings, jobs) for settings in verilog.model.points]
    shapes = [_shapes(chosen, verilog, settings) for settings in verilog.model.points]
    model = fit(points, shapes)
    document = {
        "provenance": {
            "command": f"python -m benchmarks.area {name}",
            "yosys": need_yosys(),
            "sources": sources_digest(verilog),
            "passes": list(find_target(TARGET).passes),
        },
        "target": TARGET,
        "points": points,
        "model": model,
        "left_out": left_out(points, shapes),
    }
    verilog.model.file.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    tables = {"configurations": _configurations(points), "fit": _fit_table(points, shapes, model, document["left_out"])}
    tables |= _element_tables(chosen, verilog, jobs)
    write_tables(PAGE, tables)


def sources_digest(verilog: Verilog[Any]) -> str:
    """Of all Verilog of a family."""
    paths = [path for folder in verilog.folders for path in sorted((RTL / folder).glob("*.sv"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def measured(units: list[UnitArea]) -> dict[str, dict[str, float]]:
    """Resources by block, all instances together, named as in the data file."""
    found: dict[str, Resources] = {}
    for area in units:
        for block in area.blocks:
            name = f"{area.unit.name}/{block.name}"
            found[name] = found.get(name, Resources()) + block.total
    return {name: {field: getattr(total, field) for field in FIELDS} for name, total in found.items()}


def _point(chosen: Family[Any], verilog: Verilog[Any], settings: tuple[str, ...], jobs: int) -> dict[str, Any]:
    config = chosen.load_config(verilog.default, settings)
    units = verilog.units(config)
    click.echo(" ".join(settings), err=True)
    areas = [
        synthesise(verilog, unit, find_target(TARGET), jobs=jobs, say=lambda s: click.echo(f"  {s}", err=True))
        for unit in units
    ]
    parameters = {f"{unit.module} {name}": value for unit in units for name, value in unit.parameters.items()}
    blocks = measured(areas)
    training = {unit.name for unit in units if unit.training}
    core = {f: sum(b[f] for n, b in blocks.items() if n.split("/")[0] not in training) for f in FIELDS}
    return {"settings": list(settings), "parameters": parameters, "blocks": blocks, "core": core}


def _shapes(chosen: Family[Any], verilog: Verilog[Any], settings: tuple[str, ...]) -> dict[str, BlockShape]:
    assert verilog.model is not None
    return {key(shape): shape for shape in verilog.model.shape(chosen.load_config(verilog.default, settings))}


def fit(points: Points, shapes: list[dict[str, BlockShape]]) -> dict[str, dict[str, dict[str, float]]]:
    """Coefficients by block, field and feature: least squares of relative errors, none negative."""
    names = dict.fromkeys(name for shape in shapes for name in shape)
    return {name: {field: _fit_one(points, shapes, name, field) for field in FIELDS} for name in names}


def _fit_one(points: Points, shapes: list[dict[str, BlockShape]], name: str, field: str) -> dict[str, float]:
    rows = [(p["blocks"][name][field], s[name].features) for p, s in zip(points, shapes, strict=True) if name in s]
    features = list(dict.fromkeys(feature for _, row in rows for feature in row))
    wanted = np.array([value for value, _ in rows])
    if not wanted.any():
        return {}
    weights = 1 / np.maximum(wanted, 1)
    matrix = np.array([[row.get(feature, 0.0) for feature in features] for _, row in rows])
    scale = np.maximum(matrix.max(axis=0), 1e-9)
    found, _ = nnls(matrix / scale * weights[:, None], wanted * weights)
    return {f: float(f"{c / s:.6g}") for f, c, s in zip(features, found, scale, strict=True) if c > 0}


def core_total(
    shapes: Mapping[str, BlockShape], model: Mapping[str, Any], point: Mapping[str, Any]
) -> dict[str, float]:
    """What the model says of the core of a point."""
    training = {name for name in point["blocks"] if name.split("/")[0] != "core"}
    parts = [predict(shape, model[name]).total for name, shape in shapes.items() if name not in training]
    total = Resources.total(parts)
    return {field: getattr(total, field) for field in FIELDS}


def left_out(points: Points, shapes: list[dict[str, BlockShape]]) -> list[dict[str, float]]:
    """Relative error of the core of each point, by a model fitted to all others."""
    errors = []
    for index, (point, shape) in enumerate(zip(points, shapes, strict=True)):
        others = [p for i, p in enumerate(points) if i != index], [s for i, s in enumerate(shapes) if i != index]
        said = core_total(shape, fit(*others), point)
        errors.append({f: round(_relative(said[f], point["core"][f]), 4) for f in FIELDS})
    return errors


def _relative(said: float, is_: float) -> float:
    return (said - is_) / is_ if is_ else float(said != 0)


def _configurations(points: Points) -> list[str]:
    lines = [
        "| rows x cols | data path | max group | scratchpads | DRAM port | LUT | FF | DSP | BRAM |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for point in points:
        said = dict(s.split("=") for s in point["settings"])
        path = said.get("datapath", '"int8"').strip('"')
        head = f"{said['rows']} x {said['cols']} | {path} | {said['max_group']}"
        head += f" | {said['activation_scratchpad_kib']} KiB each | {said.get('memory.bytes_per_cycle', '16')} B/cycle"
        core = point["core"]
        lines.append(f"| {head} | {core['lut']:,.0f} | {core['ff']:,.0f} | {core['dsp']:,.0f} | {core['bram']:g} |")
    return lines


def _fit_table(
    points: Points, shapes: list[dict[str, BlockShape]], model: Mapping[str, Any], out: list[dict[str, float]]
) -> list[str]:
    lines = ["| block | points | LUT, worst | FF, worst | DSP, worst | BRAM, worst |", "|---|---|---|---|---|---|"]
    for name in model:
        there = [
            (p["blocks"][name], predict(s[name], model[name]).total)
            for p, s in zip(points, shapes, strict=True)
            if name in s
        ]
        worst = [max(abs(_relative(getattr(said, f), is_[f])) for is_, said in there) for f in FIELDS]
        lines.append(f"| {name} | {len(there)} | " + " | ".join(f"{100 * w:.1f} %" for w in worst) + " |")
    totals = [
        [_relative(core_total(s, model, p)[f], p["core"][f]) for p, s in zip(points, shapes, strict=True)]
        for f in FIELDS
    ]
    lines.append(
        f"| **core** | {len(points)} | " + " | ".join(f"**{100 * max(map(abs, t)):.1f} %**" for t in totals) + " |"
    )
    left = [max(abs(error[f]) for error in out) for f in FIELDS]
    lines.append(
        "| **core, of a model that has not seen the point** | | "
        + " | ".join(f"**{100 * w:.1f} %**" for w in left)
        + " |"
    )
    return lines


def _element_tables(chosen: Family[Any], verilog: Verilog[Any], jobs: int) -> dict[str, list[str]]:
    """Processing elements in standard cells, where a liberty file is installed."""
    liberty = find_liberty(None)
    if liberty is None:
        click.echo(f"no table of standard cells: {LIBERTY_HINT}", err=True)
        return {}
    target, lines = (
        find_target("generic", liberty),
        ["| element | pattern | cells | flip-flops | area [um2] | of dense |", "|---|---|---|---|---|---|"],
    )
    for settings in verilog.element_settings:
        units = verilog.elements(chosen.load_config(verilog.default, settings))
        totals = [synthesise(verilog, unit, target, jobs=jobs).total for unit in units]
        for unit, total in zip(units, totals, strict=True):
            ratio = total.area_um2 / totals[0].area_um2
            row = (unit.module, unit.name, f"{total.cells:,.0f}", f"{total.ff:,.0f}", f"{total.area_um2:,.0f}")
            lines.append(f"| {' | '.join(row)} | {ratio:.2f} |")
    return {"elements": lines}


def write_tables(page: Path, tables: Mapping[str, list[str]]) -> None:
    """Put tables between their marks in a page."""
    text = page.read_text("utf-8")
    for name, lines in tables.items():
        begin, end = f"<!-- table: {name} -->\n", "<!-- end -->"
        head, _, rest = text.partition(begin)
        assert rest, f"{page} has no mark {begin!r}"
        _, _, tail = rest.partition(end)
        text = head + begin + "\n".join(lines) + "\n" + end + tail
    page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
