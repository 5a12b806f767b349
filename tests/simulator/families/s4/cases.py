"""Random layers, patterns and machines for S4, small enough to execute and ragged on purpose."""

from dataclasses import dataclass, replace

from hypothesis import assume
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.sparsity import Pattern, prune_layer
from mapping.tiling import LOOP_ORDERS
from simulator.config import build_config
from simulator.families import Candidate
from simulator.families.s4 import FAMILY
from simulator.families.s4.config import S4Config
from simulator.families.s4.mapping import S4Mapping

THEN = [(), ("relu",), ("add", "relu"), ("gelu",), ("softmax",), ("add", "layernorm")]


@dataclass(frozen=True)
class Case:
    """A layer pruned to a pattern, a machine, and one of the mappings that scheduling offers."""

    layer: Layer
    pattern: Pattern
    config: S4Config
    candidate: Candidate
    mapping: S4Mapping


@st.composite
def convolutions(draw) -> Layer:
    """Convolutions with groups, strides, dilations and lopsided padding."""
    groups, small = draw(st.sampled_from([1, 1, 1, 2, 3, 5])), st.integers(1, 3)
    try:
        shape = ConvShape(
            images=draw(small),
            in_rows=draw(st.integers(1, 8)),
            in_cols=draw(st.integers(1, 8)),
            in_channels=groups * draw(st.sampled_from([1, 3, 4, 8, 12, 20])),
            out_channels=groups * draw(st.sampled_from([1, 4, 6, 8, 12])),
            kernel=(draw(small), draw(small)),
            stride=(draw(small), draw(small)),
            dilation=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
            padding=tuple(draw(st.integers(0, 3)) for _ in range(4)),
            groups=groups,
        )
    except InputError:
        assume(False)
    return Layer(
        name="conv", op="conv", shape=shape, seed=draw(st.integers(0, 2**16)), then=draw(st.sampled_from(THEN))
    )


@st.composite
def gemms(draw) -> Layer:
    """GEMMs of weights or, as heads side by side, of activations."""
    layer = gemm_layer("gemm", draw(st.integers(1, 40)), draw(st.integers(1, 60)), draw(st.integers(1, 40)))
    layer = replace(layer, then=draw(st.sampled_from(THEN)))
    if draw(st.booleans()):
        return layer
    heads = draw(st.integers(1, 9))
    return FAMILY.part(replace(layer, dynamic=True, repeats=heads), FAMILY.load_config("s4-tiny"))


@st.composite
def machines(draw, **fixed) -> S4Config:
    """Small chips of every kind: rings of one to three SPUs, an L2 that holds everything or nothing."""
    bank = draw(st.sampled_from([4, 8, 16]))
    memories = [
        {"kind": "ideal", "bytes_per_cycle": draw(st.sampled_from([0, 1, 7])), "latency_cycles": 10},
        {"kind": "banked", "preset": "lpddr4-3200", "channels": draw(st.integers(1, 3))},
    ]
    values = {
        "clusters": draw(st.integers(1, 3)),
        "cluster_spus": draw(st.integers(1, 3)),
        "mac_rows": draw(st.integers(1, 3)),
        "mac_columns": draw(st.integers(1, 5)),
        "bank": bank,
        "max_rate": bank,
        "datapath": draw(st.sampled_from(["int8", "bf16"])),
        "output": draw(st.sampled_from(["accumulator", "element"])),
        "bf16_cycles": draw(st.integers(1, 3)),
        "clock_mhz": 1000,
        "vector_gops": draw(st.sampled_from([1, 20, 1000])),
        "special_gops": draw(st.sampled_from([1, 20, 1000])),
        "l1_activation_kib": draw(st.sampled_from([1, 4])),
        "l1_weight_kib": draw(st.sampled_from([1, 4])),
        "l1_output_kib": draw(st.sampled_from([1, 2])),
        "l2_gb_per_s": draw(st.sampled_from([1, 30])),
        "noc_mb_per_s": draw(st.sampled_from([500, 9000])),
        "dispatch_latency": draw(st.integers(0, 3)),
        "token_latency": draw(st.integers(0, 3)),
        "memory": draw(st.sampled_from(memories)),
    }
    return build_config(S4Config, values | fixed, "test")


class TinyL2(S4Config):
    """A machine whose L2 holds 400 bytes, which no configuration can say: everything spills."""

    @property
    def l2_bytes(self) -> int:
        return 400


@st.composite
def cases(draw, config=None) -> Case:
    """A layer with or without weights of its own; a mapping that scheduling offers, and one with smaller tiles."""
    layer = draw(st.one_of(convolutions(), gemms()))
    machine = draw(config if config is not None else machines())
    if draw(st.booleans()):
        machine = TinyL2.model_validate(machine.model_dump())
    rates = [rate for rate in (1, 2, 4, 8, 16) if rate <= machine.bank]
    rate = 1 if layer.dynamic else draw(st.sampled_from(rates))
    pattern = Pattern(machine.bank // rate, machine.bank) if rate > 1 else Pattern(1, 1)
    if rate > 1 and machine.bank > 4 and draw(st.booleans()) and rate <= 4:
        pattern = Pattern(4 // rate, 4)  # balanced over larger banks, too
    if draw(st.booleans()):
        layer = prune_layer(layer.with_weights(layer.values()), pattern)
    try:
        options = FAMILY.candidates(layer, pattern, machine)
    except InputError:
        assume(False)
    candidate = options[draw(st.integers(0, len(options) - 1))]
    mapping, tile = candidate.mapping, candidate.mapping.tiling
    executed = mapping.pattern
    channels = draw(st.integers(1, tile.channels))
    smaller = replace(
        tile,
        rows=draw(st.integers(1, tile.rows)),
        channels=min(-(-channels // executed.m) * executed.m, tile.channels),
        outputs=draw(st.integers(1, tile.outputs)),
        order=draw(st.sampled_from(LOOP_ORDERS)),
    )
    return Case(layer, pattern, machine, candidate, replace(mapping, tiling=smaller))
