"""Area without synthesis: a model fitted to what Yosys made of a family's Verilog, valid where it was fitted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mapping.errors import InputError
from simulator.cost.resources import Resources
from simulator.families import Family
from simulator.verilog import AreaModel, BlockShape, Verilog

FIELDS = ("lut", "ff", "dsp", "bram")
Coefficients = Mapping[str, Mapping[str, float]]  # by field of Resources, then by feature


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockArea:
    """A block of a machine, all instances together."""

    unit: str
    name: str
    count: int
    total: Resources


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What the model says of a configuration.

    Attributes:
        core: Of what executes programs.
        total: Also of what only training needs.
        target: Of the synthesis that the model was fitted to.
    """

    blocks: tuple[BlockArea, ...]
    core: Resources
    total: Resources
    target: str


def area(family: Family[Any], config: object, *, training: bool = False) -> Resources:
    """What a configuration takes of an FPGA: LUT, FF, DSP and BRAM of UltraScale+, estimated.

    Args:
        family: Whose Verilog it is.
        config: A configuration of the family.
        training: Whether what only training needs counts.

    Raises:
        InputError: The family has no area model, the Verilog cannot do the configuration, or a parameter lies outside
            the range in which the model was fitted.
    """
    found = estimate(family, config)
    return found.total if training else found.core


def estimate(family: Family[Any], config: object) -> Estimate:
    """What a configuration takes, block by block.

    Raises:
        InputError: As ``area``.
    """
    verilog, model = _model(family)
    document = load(model.file)
    check_range(verilog, model, document["points"], config)
    training = {unit.name for unit in verilog.units(config) if unit.training}
    blocks = tuple(predict(shape, document["model"][key(shape)]) for shape in model.shape(config))
    core = Resources.total([block.total for block in blocks if block.unit not in training])
    total = Resources.total([block.total for block in blocks])
    return Estimate(blocks=blocks, core=core, total=total, target=document["target"])


def predict(shape: BlockShape, coefficients: Coefficients) -> BlockArea:
    """Resources of a block: sums of its features times fitted coefficients, rounded (block RAMs to halves)."""
    found = {
        field: sum(value * shape.features.get(name, 0.0) for name, value in terms.items())
        for field, terms in coefficients.items()
    }
    rounded = {
        field: round(2 * value) / 2 if field == "bram" else float(round(value)) for field, value in found.items()
    }
    return BlockArea(unit=shape.unit, name=shape.name, count=shape.count, total=Resources(**rounded))


def check_range(verilog: Verilog[Any], model: AreaModel[Any], points: list[dict[str, Any]], config: object) -> None:
    """Refuse what was not between the fitted points.

    Raises:
        InputError: A parameter of the Verilog lies outside the values that the points have.
    """
    wanted = {
        f"{unit.module} {name}": value for unit in verilog.units(config) for name, value in unit.parameters.items()
    }
    kinds = {name: value for name, value in wanted.items() if name.split()[1] in model.kinds}
    alike = [p["parameters"] for p in points if all(p["parameters"].get(n) == v for n, v in kinds.items())]
    if not alike:
        said = ", ".join(f"{name}={value}" for name, value in kinds.items())
        raise InputError(f"the area model has no point with {said}: synthesise, without --model")
    for name, value in wanted.items():
        least, most = min(p[name] for p in alike), max(p[name] for p in alike)
        if not least <= value <= most:
            raise InputError(
                f"{name}={value} outside [{least}, {most}], in which the area model was fitted: "
                "synthesise, without --model"
            )


def key(shape: BlockShape) -> str:
    """Name of a block in the data file."""
    return f"{shape.unit}/{shape.name}"


@cache
def load(path: Path) -> dict[str, Any]:
    """A fitted model with its points and their provenance."""
    return json.loads(path.read_text("utf-8"))


def _model(family: Family[Any]) -> tuple[Verilog[Any], AreaModel[Any]]:
    if family.verilog is None or family.verilog.model is None:
        raise InputError(f"family {family.name!r} has no area model")
    return family.verilog, family.verilog.model
