"""Mappings worth trying, each with a bound of its cycles; the parts of several chips; what memory must hold."""

from collections.abc import Sequence
from dataclasses import replace

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, ceil_div
from mapping.sparsity import Pattern
from mapping.tiling import LOOP_ORDERS, Tiling
from mapping.tiling import Mapping as LayerMapping
from simulator.families import Candidate
from simulator.families.s4.bound import Bound, Sharing
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import block_bytes, ring_places
from simulator.families.s4.mapping import S4Mapping, as_s4, balanced
from simulator.families.s4.room import MAX_STEPS, OUTPUT, check_room, shortage

FEW_BLOCKS = 4  # with as many blocks of mac_columns positions an SPU is used well, whatever is left over


def part(layer: Layer, config: S4Config) -> Layer:
    """What one chip runs: its share of the images, of a GEMM's rows, or of the heads of an attention product.

    Heads become the groups of one convolution, as many as there are SPUs, so that they run side by side. Shares are
    rounded up: the chip with the largest decides.
    """
    shape, activations = layer.shape, layer.activations
    if layer.dynamic and shape.images == shape.groups == 1:
        heads = ceil_div(layer.repeats, config.chips)
        together = min(heads, config.spus)
        wide = replace(
            shape, in_channels=shape.in_channels * together, out_channels=shape.out_channels * together, groups=together
        )
        return replace(layer, shape=wide, repeats=ceil_div(heads, together), activations=None)
    if shape.images > 1:
        images = ceil_div(shape.images, config.chips)
        own = None if activations is None else activations[:images]
        return replace(layer, shape=replace(shape, images=images), activations=own)
    if shape.kernel == (1, 1) and shape.in_cols == 1 and not any(shape.padding) and shape.stride == (1, 1):
        rows = ceil_div(shape.in_rows, config.chips)
        own = None if activations is None else activations[:, :rows]
        return replace(layer, shape=replace(shape, in_rows=rows), activations=own)
    return layer


def admit(layers: Sequence[tuple[Layer, Pattern]], config: S4Config) -> None:
    """Refuse a model whose weights, with the largest activations, do not fit into the DRAM of a chip.

    The two phases of a language model, whose layers are called ``prefill...`` and ``decode...``, share their weights.

    Raises:
        InputError: It says by how much.
    """
    stored: dict[str, int] = {}
    activations = 0
    for layer, pattern in layers:
        shape = layer.shape
        if not layer.dynamic:
            executed = balanced(layer, pattern, config)
            size = block_bytes(shape.positions, shape.out_channels, shape.group_in_channels, executed, config)
            stored[layer.name.removeprefix("prefill").removeprefix("decode")] = size
        inputs = shape.images * shape.in_rows * shape.in_cols * shape.in_channels * config.element_bytes
        activations = max(activations, inputs + layer.m * shape.out_channels * config.output_bytes)
    weights, room = sum(stored.values()), config.memory_gb * 10**9
    over = weights + activations - room
    if over > 0:
        raise InputError(
            f"the model needs {weights / 1e9:.3f} GB for weights and {activations / 1e9:.3f} GB for activations on "
            f"every chip, {over / 1e9:.3f} GB more than memory_gb={config.memory_gb}; prune more or use a smaller batch"
        )


def candidates(layer: Layer, pattern: Pattern, config: S4Config) -> list[Candidate]:
    """Mappings of a layer by ascending bound.

    Raises:
        InputError: Banks cannot balance the pattern, not even the smallest tile fits into L1, or the layer takes too
            many passes.
    """
    executed = balanced(layer, pattern, config)
    found = []
    for sharing in _sharings(layer, config):
        team = sharing.team
        for outputs in _sizes(sharing.filters(layer.shape), ring_places(team, config) * config.mac_rows, 1):
            fits = False
            for positions in _shares(ceil_div(layer.m, team), config):
                if fits and positions < config.mac_columns:
                    break  # fewer positions than columns leave MACs idle
                channels = _largest_channels(layer.shape, positions, outputs, team, executed, config)
                if channels is None:
                    continue
                fits = True
                found += _in_both_orders(layer, executed, sharing, (positions, channels, outputs), config)
    if not found:
        raise InputError(
            f"layer {layer.name}: {layer.shape} does not fit into l1_activation_kib={config.l1_activation_kib}, "
            f"l1_weight_kib={config.l1_weight_kib}, l1_output_kib={config.l1_output_kib} in {MAX_STEPS:,} passes"
        )
    return sorted(found, key=lambda candidate: candidate.bound_cycles)


def bound_of(layer: Layer, mapping: LayerMapping, config: S4Config) -> int:
    """A number of cycles that a layer in any mapping cannot beat.

    Raises:
        InputError: The mapping is of another family, or does not fit.
    """
    own = as_s4(mapping)
    check_room(layer, own, config)
    tile = own.tiling
    sizes = tile.rows, tile.channels, tile.outputs
    return Bound(layer, own.pattern, Sharing(own.team, own.split), sizes, config).cycles(tile.order)


def _in_both_orders(
    layer: Layer, executed: Pattern, sharing: Sharing, tile: tuple[int, int, int], config: S4Config
) -> list[Candidate]:
    """The mappings with these tiles; one where the order of the loops is the same."""
    found = []
    bound = Bound(layer, executed, sharing, tile, config)
    positions, channels, outputs = tile
    for order in LOOP_ORDERS if bound.outputs.tiles > 1 and bound.waves.tiles > 1 else LOOP_ORDERS[:1]:
        tiling = Tiling(images=1, rows=positions, cols=1, channels=channels, outputs=outputs, order=order)
        mapping = S4Mapping(
            dataflow="weight_stationary", pattern=executed, tiling=tiling, team=sharing.team, split=sharing.split
        )
        if bound.steps <= MAX_STEPS:
            found.append(Candidate(mapping=mapping, bound_cycles=bound.cycles(order)))
    return found


def _sharings(layer: Layer, config: S4Config) -> list[Sharing]:
    """How SPUs may share a layer.

    Groups may go to all SPUs one after another, to clusters or to single SPUs; so may parts of the filters where one
    group has few positions for each SPU.
    """
    teams = dict.fromkeys((config.spus, config.cluster_spus, 1))
    if layer.shape.groups > 1:
        return [Sharing(team) for team in teams]
    few = layer.m < FEW_BLOCKS * config.spus * config.mac_columns
    return [Sharing(team, config.spus // team) for team in teams if few or team == config.spus]


def _shares(most: int, config: S4Config) -> list[int]:
    """Positions of an SPU: all that it can get, and powers of two times the columns of its MACs, and below them."""
    sizes, size = [most], config.mac_columns
    while size < most:
        sizes.append(size)
        size *= 2
    size = min(config.mac_columns, most) // 2
    while size:
        sizes.append(size)
        size //= 2
    return sizes


def _sizes(length: int, step: int, smallest: int) -> list[int]:
    """``length``, the powers of two times ``step`` below it, largest first, and below ``step`` down to ``smallest``."""
    sizes, size = [length], step
    while size * 2 < length:
        size *= 2
    while size >= smallest and size:
        if size < length:
            sizes.append(size)
        size //= 2
    return sizes


def _largest_channels(
    shape: ConvShape, positions: int, outputs: int, team: int, executed: Pattern, config: S4Config
) -> int | None:
    """The largest tile of channels for which everything fits into L1, or None."""
    for channels in _sizes(shape.group_in_channels, config.bank, executed.m):
        short = shortage(shape, (positions, channels, outputs), team, executed, config)
        if short is None:
            return channels
        if short.startswith(OUTPUT):  # fewer channels do not help
            return None
    return None
