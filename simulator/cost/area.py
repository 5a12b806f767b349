"""Area without synthesis: a model fitted to what Yosys made of a family's Verilog, valid where it was fitted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from mapping.errors import InputError
from simulator.cost.resources import Resources
from simulator.families import Family
from simulator.verilog import AreaModel, BlockShape, Verilog

FIELDS = ("lut", "ff", "dsp", "bram")
Coefficients = Mapping[str, Mapping[str, float]]  # by field of Resources, then by feature
Box = Mapping[str, tuple[int, int]]  # least and most of each parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What is known of a block.

    Attributes:
        coefficients: Of its features.
        box: The range of each parameter.
    """

    coefficients: Coefficients
    box: Box


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
        total: Also of what only training needs; as ``core`` where nobody asked for that.
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
    return estimate(family, config, training=training).total


def estimate(family: Family[Any], config: object, *, training: bool = True) -> Estimate:
    """What a configuration takes, block by block.

    Raises:
        InputError: As ``area``.
    """
    verilog, model = need_model(family)
    known = _fitted(model.file)
    units = verilog.units(config)
    extra = {unit.name for unit in units if unit.training}
    shapes = [shape for shape in model.shape(units) if training or shape.unit not in extra]
    for shape in shapes:
        check_range(known[shape.key].box, shape)
    blocks = _merged([predict(shape, known[shape.key].coefficients) for shape in shapes])
    core = Resources.total([block.total for block in blocks if block.unit not in extra])
    total = Resources.total([block.total for block in blocks])
    return Estimate(blocks=blocks, core=core, total=total, target=target_of(model))


def predict(shape: BlockShape, coefficients: Coefficients) -> BlockArea:
    """Resources of all instances: sums of the features of one times fitted coefficients, rounded as cells are."""
    found = {
        field: sum(value * shape.features.get(name, 0.0) for name, value in terms.items())
        for field, terms in coefficients.items()
    }
    rounded = {
        field: round(2 * value) / 2 if field == "bram" else float(round(value)) for field, value in found.items()
    }
    return BlockArea(unit=shape.unit, name=shape.name, count=shape.count, total=Resources(**rounded).times(shape.count))


def _merged(blocks: list[BlockArea]) -> tuple[BlockArea, ...]:
    """Blocks of one name as one."""
    found: dict[tuple[str, str], BlockArea] = {}
    for block in blocks:
        known = found.get((block.unit, block.name))
        count, total = (known.count, known.total) if known else (0, Resources())
        found[block.unit, block.name] = replace(block, count=block.count + count, total=block.total + total)
    return tuple(found.values())


def check_range(box: Box, shape: BlockShape) -> None:
    """Refuse a block that does not lie between its fitted points.

    Raises:
        InputError: A parameter lies outside the values that the points have.
    """
    for name, value in shape.parameters.items():
        least, most = box[name]
        if name not in shape.wires and not least <= value <= most:
            raise InputError(
                f"{shape.name}: {name}={value} outside [{least}, {most}], where its area was fitted; "
                "zeroskip area without --model synthesises it"
            )


def box_of(points: Sequence[Mapping[str, Any]]) -> Box:
    """Least and most of each parameter over some points."""
    found: dict[str, tuple[int, int]] = {}
    for point in points:
        for name, value in point["parameters"].items():
            least, most = found.get(name, (value, value))
            found[name] = min(least, value), max(most, value)
    return found


@cache
def load(path: Path) -> dict[str, Any]:
    """What ``python -m benchmarks.area`` wrote: points, coefficients, checks and their provenance."""
    return json.loads(path.read_text("utf-8"))


def target_of(model: AreaModel) -> str:
    """What the model was synthesised for."""
    target: str = load(model.file)["target"]
    return target


@cache
def _fitted(path: Path) -> dict[str, Fitted]:
    """Every block of a file."""
    blocks = load(path)["blocks"]
    return {key: Fitted(coefficients=block["model"], box=box_of(block["points"])) for key, block in blocks.items()}


def need_model(family: Family[Any]) -> tuple[Verilog[Any], AreaModel]:
    """The Verilog of a family and its area model.

    Raises:
        InputError: It has none.
    """
    if family.verilog is None or family.verilog.model is None:
        raise InputError(f"family {family.name!r} has no area model")
    return family.verilog, family.verilog.model
