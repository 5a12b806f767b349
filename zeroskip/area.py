"""``zeroskip area``: a configuration synthesised, or estimated, and what share of a part it takes."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from mapping.errors import InputError
from simulator.cost.area import estimate
from simulator.cost.parts import Part, find_part
from simulator.cost.resources import HEADINGS, Resources
from simulator.families import Family
from simulator.families import family as find_family
from simulator.verilog import Verilog
from zeroskip.report.progress import progress
from zeroskip.report.screen import plain_table, show

if TYPE_CHECKING:
    from rtl.bench.synthesis import Block, UnitArea
    from rtl.bench.targets import Target

MODEL_FIELDS = ("lut", "ff", "dsp", "bram", "uram")


@dataclass(frozen=True, kw_only=True)
class AreaRequest:
    """The options of ``zeroskip area``, as typed."""

    family: str
    config: str | None = None
    settings: tuple[str, ...] = ()
    target: str = "xcup"
    part: str | None = None
    liberty: Path | None = None
    elements: bool = False
    model: bool = False
    jobs: int | None = None
    as_json: bool = False


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A line of the table: a block, or a total."""

    unit: str
    block: str
    count: int
    total: Resources


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What is printed: rows, sums, and the fields of resources that they have."""

    fields: tuple[str, ...]
    rows: list[_Row]
    sums: Mapping[str, Resources]
    made_by: str
    lacks: str = ""


def run(request: AreaRequest, check: Callable[[], None] = lambda: None) -> None:
    """Do the whole job and print it.

    Args:
        request: What to do.
        check: Called again and again; what it raises ends the job.

    Raises:
        InputError: An unknown name, a configuration that the Verilog cannot do, or a missing tool.
    """
    family = find_family(request.family)
    verilog = _verilog(family)
    part = find_part(request.part) if request.part else None
    config = family.load_config(request.config or verilog.default, request.settings)
    if request.elements:
        _print_elements(request, verilog, config, check)
        return
    answer = _estimated(family, config) if request.model else _synthesised(request, verilog, config, part, check)
    shares = {name: _shares(answer, name, part) for name in answer.sums} if part else {}
    if request.as_json:
        click.echo(json.dumps(_document(request, answer, shares), indent=2))
        return
    name = request.config or verilog.default
    show(_table(answer, f"{request.family}: {' '.join([name, *request.settings])} ({answer.made_by})"))
    if answer.lacks:
        click.echo(f"No Verilog, and in no total: {answer.lacks}.")
    if part:
        show(_share_table(part, shares))


def _verilog(family: Family[Any]) -> Verilog[Any]:
    if family.verilog is None:
        raise InputError(f"family {family.name!r} has no Verilog of a machine, so it has no area")
    return family.verilog


def _synthesised(
    request: AreaRequest, verilog: Verilog[Any], config: object, part: Part | None, check: Callable[[], None]
) -> _Answer:
    """Every unit through Yosys."""
    target = _target(request, part)
    units = verilog.units(config)
    areas = _run(verilog, units, target, request.jobs, check)
    rows = [_row(area, block) for area in areas for block in _merged(area)]
    totals = [(area.unit, area.total.times(area.unit.count)) for area in areas]
    sums = {verilog.total: Resources.total([total for unit, total in totals if not unit.training])}
    if any(unit.training for unit, _ in totals):
        sums["with training"] = Resources.total([total for _, total in totals])
    return _Answer(
        fields=target.shown, rows=rows, sums=sums, made_by=f"Yosys, target {target.name}", lacks=verilog.lacks
    )


def _row(area: "UnitArea", block: "Block") -> _Row:
    """A block in all units of its kind."""
    copies = area.unit.count
    return _Row(unit=area.unit.name, block=block.name, count=copies * block.count, total=block.total.times(copies))


def _estimated(family: Family[Any], config: object) -> _Answer:
    """Of the fitted model."""
    found = estimate(family, config)
    rows = [_Row(unit=b.unit, block=b.name, count=b.count, total=b.total) for b in found.blocks]
    sums = {"core": found.core, "with training": found.total}
    return _Answer(fields=MODEL_FIELDS, rows=rows, sums=sums, made_by=f"fitted model, target {found.target}")


def _target(request: AreaRequest, part: Part | None) -> "Target":
    from rtl.bench.targets import find_target  # noqa: PLC0415  # the model needs no Yosys

    name = part.target if part else request.target
    return find_target(name, _liberty(request.liberty) if request.liberty else None)


def _liberty(given: Path | None) -> Path | None:
    from rtl.bench.targets import find_liberty  # noqa: PLC0415

    return find_liberty(given)


def _run(
    verilog: Verilog[Any], units: tuple[Any, ...], target: "Target", jobs: int | None, check: Callable[[], None]
) -> list["UnitArea"]:
    from rtl.bench.synthesis import synthesise  # noqa: PLC0415
    from rtl.bench.yosys import need_yosys  # noqa: PLC0415

    need_yosys()
    areas = []
    with progress(check) as bar:
        for unit in units:
            bar.step(f"elaborating {unit.name}")
            jobs = jobs or os.cpu_count() or 1
            areas.append(synthesise(verilog, unit, target, jobs=jobs, check=check, say=bar.step))
    return areas


def _merged(area: "UnitArea") -> list[Any]:
    """Blocks of one name as one: a module with several parameter sets."""
    from rtl.bench.synthesis import Block  # noqa: PLC0415

    names = dict.fromkeys(block.name for block in area.blocks)
    merged = []
    for name in names:
        same = [block for block in area.blocks if block.name == name]
        if len(same) == 1:
            merged.append(same[0])
            continue
        total = Resources.total([block.total for block in same])
        count = sum(block.count for block in same)
        one = total.times(1 / count)
        merged.append(Block(name=name, module=same[0].module, count=count, one=one, cells={}))
    return merged


def _print_elements(request: AreaRequest, verilog: Verilog[Any], config: object, check: Callable[[], None]) -> None:
    """Processing elements side by side, in standard cells."""
    from rtl.bench.targets import LIBERTY_HINT, find_target  # noqa: PLC0415

    if verilog.elements is None:
        raise InputError(f"--elements: family {request.family!r} has no variants of an element to compare")
    liberty = _liberty(request.liberty)
    if liberty is None:
        raise InputError(
            f"--elements compares areas of standard cells, and no liberty file is installed: {LIBERTY_HINT}"
        )
    areas = _run(verilog, verilog.elements(config), find_target("generic", liberty), request.jobs, check)
    if request.as_json:
        rows = {a.unit.name: {f: getattr(a.total, f) for f in ("cells", "ff", "area_um2")} for a in areas}
        click.echo(json.dumps({"liberty": liberty.name, "elements": rows}, indent=2))
        return
    table = plain_table(
        "element", "cells", "flip-flops", "area [um2]", "of dense", title=f"{areas[0].unit.module}, {liberty.name}"
    )
    for area in areas:
        total, ratio = area.total, area.total.area_um2 / areas[0].total.area_um2
        table.add_row(
            area.unit.name, f"{total.cells:,.0f}", f"{total.ff:,.0f}", f"{total.area_um2:,.0f}", f"{ratio:.2f}"
        )
    show(table)


def _table(answer: _Answer, title: str) -> Table:
    table = plain_table("unit", "block", "count", *(HEADINGS[field] for field in answer.fields), title=title)
    for row in answer.rows:
        table.add_row(row.unit, row.block, str(row.count), *_numbers(row.total, answer.fields))
    for name, total in answer.sums.items():
        table.add_row(f"total, {name}", "", "", *_numbers(total, answer.fields), style="bold")
    return table


def _numbers(resources: Resources, fields: tuple[str, ...]) -> list[str]:
    return [f"{getattr(resources, field):,.1f}".removesuffix(".0") for field in fields]


def _shares(answer: _Answer, name: str, part: Part | None) -> dict[str, float]:
    """Of what the part has; resources that it lacks are infinite."""
    assert part is not None
    return part.shares(answer.sums[name])


def _share_table(part: Part, shares: Mapping[str, Mapping[str, float]]) -> Table:
    fields = list(next(iter(shares.values())))
    table = plain_table(
        "share of the part", *(HEADINGS[field] for field in fields), title=f"{part.name}: {part.device}"
    )
    for name, values in shares.items():
        table.add_row(name, *(f"{100 * values[field]:.1f} %" for field in fields))
    return table


def _document(request: AreaRequest, answer: _Answer, shares: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    def plain(resources: Resources) -> dict[str, float]:
        return {field: getattr(resources, field) for field in answer.fields}

    return {
        "family": request.family,
        "config": request.config,
        "settings": list(request.settings),
        "made_by": answer.made_by,
        "lacks": answer.lacks,
        "blocks": [{"unit": r.unit, "block": r.block, "count": r.count, **plain(r.total)} for r in answer.rows],
        "totals": {name: plain(total) for name, total in answer.sums.items()},
        "part": request.part,
        "shares": {name: dict(values) for name, values in shares.items()},
    }
