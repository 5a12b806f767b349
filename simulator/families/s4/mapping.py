"""How a layer runs on S4, and which bank-balanced pattern its weights are executed in."""

from dataclasses import dataclass

from mapping.errors import InputError
from mapping.graph import Layer, ceil_div
from mapping.sparsity import DENSE, Pattern
from mapping.sparsity.patterns.bank import BankBalanced
from mapping.tiling import Mapping
from simulator.families.s4.config import S4Config


@dataclass(frozen=True, slots=True, kw_only=True)
class S4Mapping(Mapping):
    """A mapping and how the SPUs share a layer.

    Of the tiling, ``rows`` are the output positions of one SPU (consecutive, counted through images, rows and columns),
    ``channels`` and ``outputs`` those of a tile; ``images`` and ``cols`` are 1.

    Attributes:
        team: SPUs that share filters, and the positions between them: all of a chip, those of a cluster, or one.
        split: Parts into which the filters of a layer of one group are cut for other teams, which take them as they
            would take other groups; filled up with empty filters.
    """

    team: int
    split: int = 1

    def lengths(self, layer: Layer) -> dict[str, int]:
        """Length of each axis: ``rows`` are all positions of one SPU, ``outputs`` the filters of a part."""
        return {
            "images": 1,
            "rows": ceil_div(layer.m, self.team),
            "cols": 1,
            "channels": layer.shape.group_in_channels,
            "outputs": ceil_div(layer.shape.group_out_channels, self.split),
        }

    def __str__(self) -> str:
        tile = self.tiling
        return (
            f"{self.pattern}, {self.split} x {self.team} SPUs, tile {tile.rows} positions, {tile.channels} channels, "
            f"{tile.outputs} outputs, {tile.order}"
        )


def as_s4(mapping: Mapping) -> S4Mapping:
    """The mapping as one of this family.

    Raises:
        InputError: It is of another family.
    """
    if not isinstance(mapping, S4Mapping):
        raise InputError(f"{mapping} is no mapping for s4")
    return mapping


def balanced(layer: Layer, pattern: Pattern, config: S4Config) -> Pattern:
    """The pattern in which a layer is executed: banks that all keep the same number of weights, or dense.

    A 2:8 mask keeps 8 of every 32, so it is balanced over banks of 32, too. Layers whose channels are not a multiple of
    ``channel_multiple`` are not compressed (MoffettSystem/PruningTools, sparse_block).

    Raises:
        InputError: Banks of this size cannot balance the pattern.
    """
    if pattern.is_dense or any(
        channels % config.channel_multiple
        for channels in (layer.shape.group_in_channels, layer.shape.group_out_channels)
    ):
        return DENSE
    bank, rate = config.bank, pattern.m // pattern.n
    rates = ", ".join(str(value) for value in range(2, config.max_rate + 1) if bank % value == 0)
    if pattern.m % pattern.n or bank % pattern.m or rate > config.max_rate:
        raise InputError(
            f"layer {layer.name}: pattern {pattern} cannot be balanced over banks of {bank} channels (bank); use "
            f"bank:{bank}/RATE with RATE one of {rates}"
        )
    return Pattern(bank // rate, bank)


def bank_pattern(executed: Pattern) -> BankBalanced:
    """The executed pattern as banks; of a pattern that is not dense."""
    return BankBalanced(executed.m, executed.m // executed.n)
