"""What the DRAM of a random program holds: operands on which an adder or a multiplier tends to be wrong, and noise."""

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, ByteArray
from mapping.graph import Layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.families.sat.config import SatConfig
from simulator.families.sat.golden import ELEMENT, operands
from simulator.families.sat.layout import layout

Half = npt.NDArray[np.float16]
Rng = np.random.Generator
CORNERS = np.array([0, 0x8000, 1, 0x8001, 0x3FF, 0x400, 0x7BFF, 0xFBFF, 0x3C00, 0xBC00], np.uint16).view(np.float16)
SPECIALS = np.array([0x7C00, 0xFC00, 0x7E00, 0xFD01], np.uint16).view(np.float16)  # infinities, and two of the NaNs


def add_noise(
    memory: ByteArray,
    layer: Layer,
    pattern: Pattern,
    mapping: Mapping,
    machine: SatConfig,
    rng: Rng,
    *,
    change_weights: bool = True,
) -> None:
    """Fill a DRAM image with random activations, and with random bytes wherever neither they nor weights lie.

    int8: half of the programs have many -128 and 127. fp16: see ``halves``; weights that are not zero are replaced
    by values of the same kind, unless ``change_weights`` is false.
    """
    place = layout(layer, mapping, machine)
    activations, _ = operands(layer, pattern, machine)
    used = activations.nbytes
    weights = np.zeros(len(memory), bool)
    for (_, output, channel), first in np.ndenumerate(place.weights):
        weights[first : first + place.weight_bytes[output, channel]] = True
    noise = rng.integers(0, 256, len(memory)).astype(np.uint8)
    if machine.datapath == "fp16":
        kind = int(rng.integers(len(KINDS)))
        noise[:used] = halves((activations.size,), rng, kind).view(np.uint8)
        for tile in weight_tiles(memory, layer, mapping, machine) if change_weights else ():
            tile[:] = np.where(tile == 0, tile, halves(tile.shape, rng, kind))
    elif rng.random() < 0.5:
        extreme = rng.choice(np.array([128, 127, 0], np.uint8), used)
        memory[:used] = np.where(rng.random(used) < 0.3, extreme, noise[:used])
        noise[:used] = memory[:used]
    free = ~weights
    memory[free] = noise[free]


def weight_tiles(memory: ByteArray, layer: Layer, mapping: Mapping, machine: SatConfig) -> list[AnyArray]:
    """The values of every weight tile in a DRAM image, (slots * outputs,), as views."""
    place, executed = layout(layer, mapping, machine), mapping.pattern
    tiles = []
    for (_, output, channel), first in np.ndenumerate(place.weights):
        groups = layer.shape.positions * executed.groups(int(place.tiles.channels.count[channel]))
        size = groups * executed.n * int(place.tiles.outputs.count[output]) * machine.element_bytes
        tiles.append(memory[first : first + size].view(ELEMENT[machine.datapath]))
    return tiles


def halves(shape: tuple[int, ...], rng: Rng, kind: int) -> Half:
    """Random fp16 values of one of the ``KINDS``.

    Whole numbers make sums that lie in the middle between two fp16 values, wide ones sums that lie in the middle
    between two fp32 values. NaN and infinity spread, so few programs have them.
    """
    return KINDS[kind](shape, rng).astype(np.float16)


def _normal(shape: tuple[int, ...], rng: Rng) -> AnyArray:
    return rng.standard_normal(shape)


def _whole(shape: tuple[int, ...], rng: Rng) -> AnyArray:
    return rng.integers(-64, 65, shape)


def _wide(shape: tuple[int, ...], rng: Rng) -> AnyArray:
    """Any finite value, each exponent as likely as another."""
    bits = rng.integers(0, 0x7C00, shape) | rng.integers(0, 2, shape) << 15
    return bits.astype(np.uint16).view(np.float16)


def _few(shape: tuple[int, ...], rng: Rng) -> AnyArray:
    """Sums of products of these often cancel."""
    return rng.integers(-2, 3, shape)


def _small(shape: tuple[int, ...], rng: Rng) -> AnyArray:
    """Products of these are whole multiples of 2**-26, a quarter of the smallest fp16 value."""
    return rng.integers(-8, 9, shape) * 2.0**-13


def _corners(shape: tuple[int, ...], rng: Rng) -> AnyArray:
    return np.where(rng.random(shape) < 0.3, rng.choice(CORNERS, shape), _wide(shape, rng))


def _special(shape: tuple[int, ...], rng: Rng) -> AnyArray:
    return np.where(rng.random(shape) < 0.02, rng.choice(SPECIALS, shape), _corners(shape, rng))


KINDS = (_normal, _whole, _few, _wide, _small, _corners, _special)
