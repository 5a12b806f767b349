"""What a tile needs of L1, and what a mapping may be asked to be."""

from math import prod

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, ceil_div
from mapping.sparsity import Pattern
from mapping.tiling import check_channels
from simulator.families.s4.bound import most_pixels
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import Geometry, block_bytes, ring_places
from simulator.families.s4.mapping import S4Mapping

MAX_STEPS = 2**21  # of one program
OUTPUT = "l1_output_kib"


def shortage(
    shape: ConvShape, tile: tuple[int, int, int], team: int, executed: Pattern, config: S4Config
) -> str | None:
    """What of L1 is too small for a tile of (positions, channels, outputs), or None.

    Partial sums stand once, activations twice, and of the weights two places of the ring twice.
    """
    positions, channels, outputs = tile
    block = block_bytes(shape.positions, ceil_div(outputs, ring_places(team, config)), channels, executed, config)
    needs = (
        (OUTPUT, config.l1_output_kib, lambda: positions * outputs * config.accumulator_bytes),
        ("l1_weight_kib", config.l1_weight_kib, lambda: 4 * block),
        (
            "l1_activation_kib",
            config.l1_activation_kib,
            lambda: 2 * most_pixels(shape, team, positions) * channels * config.element_bytes,
        ),
    )
    for name, kib, need in needs:
        size = need()
        if size > kib * 1024:
            return f"{name} must be at least {ceil_div(size, 1024)} (is {kib})"
    return None


def check_room(layer: Layer, mapping: S4Mapping, config: S4Config) -> None:
    """Refuse a mapping whose tiles do not fit into L1 or cut banks apart, or that takes too many passes.

    Raises:
        InputError: It names what is too small.
    """
    tiling, shape = mapping.tiling, layer.shape
    check_channels(layer, tiling, mapping.pattern)
    geometry = Geometry(shape=shape, mapping=mapping, config=config)
    steps = prod(map(len, (geometry.groups, geometry.waves, geometry.outputs, geometry.channels)))
    if steps > MAX_STEPS:
        raise InputError(f"layer {layer.name}: {mapping} takes {steps:,} passes, more than {MAX_STEPS:,}")
    short = shortage(shape, (tiling.rows, tiling.channels, tiling.outputs), mapping.team, mapping.pattern, config)
    if short is not None:
        raise InputError(f"layer {layer.name}: {mapping}: {short}")
