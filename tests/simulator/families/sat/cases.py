"""Random layers, patterns and machines for SAT, small enough to execute and ragged on purpose."""

from dataclasses import dataclass
from functools import partial

from hypothesis import assume
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.rule import MappingRule
from mapping.sparsity import Pattern, prune_layer
from simulator.config import build_config
from simulator.families import Candidate
from simulator.families.sat import FAMILY
from simulator.families.sat.config import SatConfig
from simulator.ruled import ruled

PATTERNS = ["dense", "1:2", "2:4", "1:4", "2:8", "1:8", "4:8", "2:16", "3:7", "5:32"]


@dataclass(frozen=True)
class Case:
    """A layer pruned to a pattern, a machine, and one of the mappings that scheduling offers, or one of a rule."""

    layer: Layer
    pattern: Pattern
    config: SatConfig
    candidate: Candidate


@st.composite
def convolutions(draw, most_channels: int = 40) -> Layer:
    """1-D and 2-D convolutions with groups, strides, dilations and lopsided padding."""
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    small = st.integers(1, 3)
    try:
        shape = ConvShape(
            images=draw(small),
            in_rows=draw(st.integers(1, 10)),
            in_cols=draw(st.integers(1, 10)),
            in_channels=groups * draw(st.integers(1, most_channels)),
            out_channels=groups * draw(st.integers(1, most_channels)),
            kernel=(draw(small), draw(small)),
            stride=(draw(small), draw(small)),
            dilation=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
            padding=tuple(draw(st.integers(0, 3)) for _ in range(4)),
            groups=groups,
        )
    except InputError:
        assume(False)
    return Layer(name="conv", op="conv", shape=shape, seed=draw(st.integers(0, 2**16)))


gemms = st.builds(gemm_layer, st.just("gemm"), m=st.integers(1, 70), k=st.integers(1, 150), n=st.integers(1, 70))


@st.composite
def machines(draw, datapath: str | None = None, **fixed) -> SatConfig:
    """Small arrays with small scratchpads, every timing option, ideal and banked memory."""
    add_latency = draw(st.sampled_from([1, 1, 2, 5]))
    registers = draw(st.sampled_from(["single", "shadow"]))
    datapath = datapath or draw(st.sampled_from(["int8", "fp16"]))
    ideal = st.fixed_dictionaries(
        {
            "kind": st.just("ideal"),
            "bytes_per_cycle": st.sampled_from([0, 1, 7, 64]),
            "latency_cycles": st.sampled_from([0, 1, 40]),
        }
    )
    banked = st.fixed_dictionaries(
        {
            "kind": st.just("banked"),
            "preset": st.sampled_from(["ddr4-2400", "hbm2", "lpddr4-3200", "gddr6-16"]),
            "channels": st.integers(1, 2),
        }
    )
    values = {
        "rows": draw(st.integers(1, 6)),
        "cols": draw(st.integers(1, 6)),
        "datapath": datapath,
        "output": "accumulator" if datapath == "int8" else draw(st.sampled_from(["accumulator", "element"])),
        "add_latency": add_latency,
        "mul_latency": draw(st.integers(0, 3)),
        "interleave": 1 if add_latency == 1 else draw(st.integers(1, 6)),
        "weight_registers": registers,
        "fold_overlap": "none" if registers == "single" else draw(st.sampled_from(["none", "pipelined"])),
        "output_drain": draw(st.sampled_from(["hidden", "serial"])),
        "sparse_rows": draw(st.sampled_from(["group", "slot"])),
        "activation_scratchpad_kib": draw(st.sampled_from([2, 4, 16])),
        "weight_scratchpad_kib": draw(st.sampled_from([2, 4, 16])),
        "output_scratchpad_kib": draw(st.sampled_from([1, 2, 16])),
        "dispatch_latency": draw(st.integers(0, 3)),
        "token_latency": draw(st.integers(0, 3)),
        "memory": draw(st.one_of(ideal, banked)),
    }
    return build_config(SatConfig, values | fixed, "test")


rules = st.builds(
    MappingRule,
    order=st.sampled_from([None, "outputs_outer", "positions_outer"]),
    buffers=st.sampled_from([None, 1, 2]),
    **{axis: st.one_of(st.none(), st.integers(1, 9)) for axis in ("images", "rows", "cols", "outputs")},
    channels=st.sampled_from([None, 8, 16, 32]),
)


@st.composite
def cases(draw, config=None, most_channels: int = 40) -> Case:
    """A layer with or without weights of its own, and one mapping of it, now and then one of a rule."""
    layer = draw(st.one_of(convolutions(most_channels), gemms))
    pattern = Pattern.parse(draw(st.sampled_from(PATTERNS)))
    machine = draw(config if config is not None else machines())
    if draw(st.booleans()):
        layer = prune_layer(layer.with_weights(layer.values()), pattern)
    family = draw(st.one_of(st.just(FAMILY), rules.map(partial(ruled, FAMILY))))
    try:
        options = family.candidates(layer, pattern, machine)
    except InputError:
        assume(False)
    return Case(layer, pattern, machine, options[draw(st.integers(0, len(options) - 1))])
