"""What pruned weights buy in the banks: compressed groups, and skipped blocks."""

from dataclasses import dataclass

from mapping.graph import Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern, prune_layer
from mapping.sparsity.patterns.block import Block
from mapping.tiling import Mapping
from simulator.execute import run
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.counters import counters
from simulator.families.dram_pim.layers import candidates, lower
from simulator.families.dram_pim.timing import job

SIZE = 4096
KEPT = (16, 8, 4, 2, 1)  # of 16
WIDE = 16
BLOCKS = ((512, 16), (16, 16), (16, 256), (4, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One product: share of weights kept, cycles, rows opened by a channel, columns read by it."""

    kept: float
    cycles: int
    activations: float
    columns: float


def sweep(config: DramPimConfig, size: int = SIZE) -> dict[str, list[Point]]:
    """Every line of the study; the first point of each is dense."""
    lines = {}
    for buffer, width in (("AiM's buffer", 1), ("wide buffer", WIDE)):
        for packing, title in (("row", "a row each"), ("packed", "packed")):
            machine = _changed(config, buffer_columns=width, packing=packing)
            lines[f"N:16, {buffer}, {title}"] = [
                _point(gemm_layer("product", 1, size, size), Pattern(n, 16), machine, n / 16) for n in KEPT
            ]
    machine = _changed(config, storage="dense", packing="row")
    dense = gemm_layer("product", 1, size, size)
    dense = dense.with_weights(dense.values())
    for height, width in BLOCKS:
        points = []
        for n in KEPT:
            pruned = prune_layer(dense, Block(height, width, 1 - n / 16)) if n < KEPT[0] else dense
            points.append(_point(pruned, DENSE, machine, n / 16))
        lines[f"blocks of {height} x {width}, skipped"] = points
    return lines


def _changed(config: DramPimConfig, **changes: object) -> DramPimConfig:
    return DramPimConfig.model_validate(config.model_dump() | changes)


def _point(layer: Layer, pattern: Pattern, config: DramPimConfig, kept: float) -> Point:
    options = [each.mapping for each in candidates(layer, pattern, config)]
    mapping: Mapping = next((each for each in options if each.pattern == pattern), options[0])
    found = counters(run(job(lower(layer, pattern, mapping, config), config)), config.table)
    return Point(
        kept=kept,
        cycles=found.cycles,
        activations=found.commands["ACT16"] / found.channels,
        columns=found.commands["MAC16"] / found.channels,
    )
