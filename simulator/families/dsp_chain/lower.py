"""Lowering of a single GEMM: one mapping for each pattern it can be executed in, and its place in HBM.

A core computes its share of the columns with the same program as every other core, on HBM channels of its own.
"""

from dataclasses import dataclass

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import Layer, ceil_div
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Mapping, Tiling
from simulator.families import Candidate
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig, exact
from simulator.families.dsp_chain.layers import Linear, Place, with_indices
from simulator.families.dsp_chain.mm import linear_mm
from simulator.families.dsp_chain.mv import linear_mv
from simulator.families.dsp_chain.plan import MV_BLOCKS
from simulator.families.dsp_chain.weights import core_codes, kept_of
from simulator.program import Program

ALIGNMENT = 64  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """A GEMM as a core sees it: its blocks and addresses, and the bytes that they take.

    Attributes:
        linear: What the generators of programs are told.
        m: Rows of activations.
        core_bytes: HBM of one core.
    """

    linear: Linear
    m: int
    core_bytes: int


def candidates(layer: Layer, pattern: Pattern, config: DspChainConfig) -> list[Candidate]:
    """The layer as it is pruned and as a dense one, by ascending bound: what the products alone take.

    Raises:
        InputError: No GEMM, a pattern that is no density code, or a layer that does not fit HBM.
    """
    _check(layer)
    kept_of(pattern, layer.name)
    options = []
    for executed in dict.fromkeys((pattern, DENSE)):
        lowered = layout(layer, pattern, executed, config)
        options.append(Candidate(mapping=_mapping(layer, executed, config), bound_cycles=_bound(lowered, config)))
    return sorted(options, key=lambda option: option.bound_cycles)


def lower(layer: Layer, pattern: Pattern, mapping: Mapping, config: DspChainConfig) -> Program:
    """The program of every core.

    Raises:
        InputError: A layer that does not fit HBM, or a buffer that cannot hold two splits of it.
    """
    _check(layer)
    lowered = layout(layer, pattern, mapping.pattern, config)
    one = layer.m == 1
    made = linear_mv(lowered.linear, config) if one else linear_mm(lowered.linear, layer.m, config)
    return made.program(
        {
            "layer": layer.name,
            "shape": str(layer.shape),
            "pattern": str(pattern),
            "mapping": str(mapping),
            "cores": config.cores,
            "core_bytes": lowered.core_bytes,
            "config": config.model_dump(),
        }
    )


def layout(layer: Layer, pattern: Pattern, executed: Pattern, config: DspChainConfig) -> Lowered:
    """Where a core's share of a layer lies: activations, weights, indices, codes of blocks, results."""
    bits = 8 if layer.dynamic else config.weight_bits
    codes = core_codes(layer, pattern, executed, bits, config)
    kept = int(codes.sum())
    sparse = bool((codes != BLOCK).any())
    k, n = codes.shape
    stored = ceil_div(n, MV_BLOCKS) * MV_BLOCKS if layer.m == 1 else n
    rows = ceil_div(layer.m, BLOCK) * BLOCK if layer.m > 1 else 1
    sizes = {
        "activations": rows * BLOCK * k,
        "weights": 2 * kept * bits,
        "indices": 8 * int(with_indices(codes).sum()) if sparse else 0,
        "codes": k * stored if sparse else 0,
        "outputs": rows * BLOCK * n,
    }
    first, places = 0, {}
    for name, size in sizes.items():
        places[name] = first
        first += ceil_div(size, ALIGNMENT) * ALIGNMENT
    if first * config.cores > config.hbm_bytes:
        raise InputError(f"layer {layer.name}: {first * config.cores:,} bytes do not fit hbm_gib={config.hbm_gib}")
    linear = Linear(name=layer.name, codes=codes, bits=bits, shift=shift(layer, bits), place=Place(**places))
    return Lowered(linear=linear, m=layer.m, core_bytes=first)


def shift(layer: Layer, bits: int) -> int:
    """Right shift that brings sums of random products into int8: half the bits of K, and those of a weight."""
    return max(0, layer.k.bit_length() // 2 + bits - 2)


def _mapping(layer: Layer, executed: Pattern, config: DspChainConfig) -> Mapping:
    columns = min(config.mv_columns if layer.m == 1 else BLOCK, layer.n)
    tiling = Tiling(
        images=1, rows=min(layer.m, config.mm_rows), cols=1, channels=layer.k, outputs=columns, order="positions_outer"
    )
    return Mapping(dataflow="output_stationary", pattern=executed, tiling=tiling)


def _bound(lowered: Lowered, config: DspChainConfig) -> int:
    """Units of time that the multiplications of one core take at full rate."""
    kept: IntArray = lowered.linear.codes
    if lowered.m == 1:
        cycles = exact(float(BLOCK * int(kept.sum()))) / config.mv_macs
    else:
        groups = ceil_div(lowered.m, config.mm_rows)
        cycles = exact(float(groups * config.mm_rows * BLOCK * int(kept.sum()))) / config.mm_macs
    return int(cycles * config.ticks / exact(config.correction_factor))


def _check(layer: Layer) -> None:
    shape = layer.shape
    if shape.kernel != (1, 1) or shape.stride != (1, 1) or shape.groups != 1 or any(shape.padding):
        raise InputError(f"layer {layer.name}: dsp_chain runs GEMMs only, not {shape}")
