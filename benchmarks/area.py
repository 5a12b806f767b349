"""``python -m benchmarks.area [FAMILY]``: synthesise the points of an area model, fit it, write file and tables.

What was synthesised before is taken from the cache; afresh it takes CPU minutes for each point.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from scipy.optimize import nnls

from benchmarks.cost import ROOT
from rtl.bench.build import RTL, Design, code_of
from rtl.bench.synthesis import synthesise
from rtl.bench.targets import LIBERTY_HINT, find_liberty, find_target
from rtl.bench.yosys import need_yosys
from simulator.cost.area import FIELDS, Coefficients, predict
from simulator.families import Family, family
from simulator.verilog import AreaModel, BlockShape, Unit, Verilog

TARGET = "xcup"
PAGE = ROOT / "docs" / "area.md"
Sizes = dict[str, float]  # by field of Resources
Settings = tuple[str, ...]


@click.command()
@click.argument("name", default="sat")
@click.option("--jobs", type=int, default=os.cpu_count(), help="Blocks synthesised at a time.")
def main(name: str, jobs: int) -> None:
    """Synthesise the points of the area model of a family, fit the model, and write its file and the tables of docs."""
    chosen = family(name)
    verilog = chosen.verilog
    if verilog is None or verilog.model is None:
        raise click.UsageError(f"family {name} has no area model")
    bench = Bench(chosen, verilog, verilog.model)
    blocks = {key: bench.fitted(key) for key in verilog.model.points}
    document = {
        "provenance": {
            "command": f"python -m benchmarks.area {name}",
            "yosys": need_yosys(),
            "sources": sources_digest(chosen, verilog),
            "passes": list(find_target(TARGET).passes),
        },
        "target": TARGET,
        "blocks": blocks,
        "checks": [c for key in verilog.model.checks for c in bench.checked(key, blocks[key]["model"])],
    }
    verilog.model.file.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    tables = {"fit": fit_table(blocks)} | ({"checks": check_table(document["checks"])} if document["checks"] else {})
    write_tables(PAGE, tables | _element_tables(chosen, verilog, jobs))


class Bench:
    """Synthesises the blocks of a family, each alone."""

    def __init__(self, chosen: Family[Any], verilog: Verilog[Any], model: AreaModel) -> None:
        self._family, self._verilog, self._model = chosen, verilog, model

    def shapes(self, settings: Settings) -> tuple[BlockShape, ...]:
        """The blocks of the default configuration with some settings."""
        config = self._family.load_config(self._verilog.default, settings)
        return self._model.shape(self._verilog.units(config))

    def measure(self, shape: BlockShape) -> Sizes:
        """What one instance of a block takes, without the blocks inside it."""
        unit = Unit(name=shape.name, module=shape.module, parameters=shape.parameters)

        def say(text: str) -> None:
            click.echo(f"{text} {' '.join(f'{k}={v}' for k, v in shape.parameters.items())}", err=True)

        (block,) = synthesise(self._verilog, unit, find_target(TARGET), only=[unit.name], say=say).blocks
        return {field: getattr(block.one, field) for field in FIELDS}

    def fitted(self, key: str) -> dict[str, Any]:
        """A block at its points, each set of parameters once, and the model fitted to them."""
        found: dict[str, tuple[BlockShape, dict[str, Any]]] = {}
        for settings in self._model.points[key]:
            for shape in self.shapes(settings):
                name = json.dumps(shape.parameters, sort_keys=True)
                if shape.key == key and name not in found:
                    point = {"settings": list(settings), "parameters": dict(shape.parameters)}
                    found[name] = shape, point | {"one": self.measure(shape)}
        shapes, points = [shape for shape, _ in found.values()], [point for _, point in found.values()]
        sizes = [point["one"] for point in points]
        return {"points": points, "model": fit(shapes, sizes), **errors(shapes, sizes)}

    def checked(self, key: str, model: Coefficients) -> list[dict[str, Any]]:
        """A block where it is not fitted: what one instance takes, and what the model says."""
        found: list[dict[str, Any]] = []
        for settings in self._model.checks[key]:
            for shape in self.shapes(settings):
                if shape.key == key and all(check["parameters"] != shape.parameters for check in found):
                    said = predict(replace(shape, count=1), model).total
                    check = {"block": key, "settings": list(settings), "parameters": dict(shape.parameters)}
                    check |= {"one": self.measure(shape), "said": {field: getattr(said, field) for field in FIELDS}}
                    found.append(check)
        return found


def sources_digest(chosen: Family[Any], verilog: Verilog[Any]) -> str:
    """Of the Verilog of a family's machine, comments and layout left out."""
    folders = [RTL / folder for folder in verilog.folders]
    units = verilog.units(chosen.load_config(verilog.default))
    paths = {path for unit in units for path in Design(toplevel=unit.module, folders=folders).sources()}
    words = [word for path in sorted(paths) for word in code_of(path.read_text("utf-8")).split()]
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def fit(shapes: Sequence[BlockShape], sizes: Sequence[Sizes]) -> dict[str, dict[str, float]]:
    """Coefficients of the features of a block, by field: least squares of relative errors, none negative."""
    return {field: _fit_field([s.features for s in shapes], [size[field] for size in sizes]) for field in FIELDS}


def _fit_field(rows: Sequence[Mapping[str, float]], values: Sequence[float]) -> dict[str, float]:
    features, wanted = list(dict.fromkeys(feature for row in rows for feature in row)), np.array(values)
    if not wanted.any():
        return {}
    weights = 1 / np.maximum(wanted, 1)
    matrix = np.array([[row.get(feature, 0.0) for feature in features] for row in rows])
    scale = np.maximum(matrix.max(axis=0), 1e-9)
    found, _ = nnls(matrix / scale * weights[:, None], wanted * weights)
    return {f: float(f"{c / s:.6g}") for f, c, s in zip(features, found, scale, strict=True) if c > 0}


def errors(shapes: Sequence[BlockShape], sizes: Sequence[Sizes]) -> dict[str, Sizes]:
    """Largest relative errors over the points of a block: of the model, and of models that have not seen the point."""
    model, numbers = fit(shapes, sizes), range(len(shapes))
    alone = [
        fit([s for j, s in enumerate(shapes) if j != i], [s for j, s in enumerate(sizes) if j != i]) for i in numbers
    ]

    def worst(models: Sequence[Coefficients]) -> Sizes:
        said = [predict(replace(shape, count=1), each).total for shape, each in zip(shapes, models, strict=True)]
        return {
            f: round(max(abs(_relative(getattr(s, f), is_[f])) for s, is_ in zip(said, sizes, strict=True)), 4)
            for f in FIELDS
        }

    return {"worst": worst([model] * len(shapes)), "left_out": worst(alone) if len(shapes) > 1 else {}}


def _relative(said: float, is_: float) -> float:
    return (said - is_) / is_ if is_ else float(said != 0)


def fit_table(blocks: Mapping[str, Any]) -> list[str]:
    """Errors of the model, block by block."""
    lines = [
        "| block | points | LUT | FF | DSP | BRAM | LUT, unseen | FF, unseen |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key, block in blocks.items():
        cells = [_percent(block["worst"][field]) for field in FIELDS]
        cells += [_percent(block["left_out"].get(field)) for field in ("lut", "ff")]
        lines.append(f"| {key} | {len(block['points'])} | {' | '.join(cells)} |")
    return lines


def check_table(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Blocks that were not fitted, synthesised, and how far the model is off."""
    lines = ["| block | at | LUT | FF | DSP | BRAM |", "|---|---|---|---|---|---|"]
    for check in checks:
        is_, said = check["one"], check["said"]
        cells = [f"{is_[f]:,.10g} ({100 * _relative(said[f], is_[f]):+.1f} %)" for f in FIELDS]
        parameters = ", ".join(f"{name}={value}" for name, value in check["parameters"].items())
        lines.append(f"| {check['block']} | {parameters} | {' | '.join(cells)} |")
    return lines


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def _element_tables(chosen: Family[Any], verilog: Verilog[Any], jobs: int) -> dict[str, list[str]]:
    """Processing elements in standard cells, where a liberty file is installed."""
    liberty = find_liberty(None)
    if verilog.elements is None:
        return {}
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
