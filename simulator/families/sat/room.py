"""What a mapping may be asked to be."""

from mapping.graph import Layer
from mapping.tiling import Mapping, check_channels, check_count, check_fits
from simulator.families.sat.config import SatConfig


def check_room(layer: Layer, mapping: Mapping, config: SatConfig) -> None:
    """Refuse tiles that do not fit on chip, cut groups of channels apart, or are too many.

    Raises:
        InputError: It names what is too small, M, or the number of tiles.
    """
    check_channels(layer, mapping.tiling, mapping.pattern)
    check_count(layer, mapping.tiling)
    check_fits(layer, mapping.tiling, mapping.pattern, config.capacity(mapping.buffers), mapping.buffers)
