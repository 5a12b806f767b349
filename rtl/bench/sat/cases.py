"""Programs for the SAT core: random layers, patterns, mappings and memories, one seed each."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mapping.arrays import ByteArray
from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern, prune_layer
from mapping.tiling import Dataflow, Mapping
from rtl.bench.programs import Case
from rtl.bench.sat.values import add_noise
from simulator.families.sat import FAMILY
from simulator.families.sat.config import SatConfig
from simulator.families.sat.layout import layout
from simulator.families.sat.timing import fold_cycles
from simulator.memory.config import IdealMemory
from simulator.program import Program

PATTERNS = ("dense", "1:2", "2:4", "1:4", "2:8", "1:8", "4:8", "2:16", "3:7")
WIDEST = 16  # the largest M among them
DATAFLOWS: tuple[Dataflow, ...] = ("weight_stationary", "output_stationary")
DRAWN = ("gemm", "conv")  # names of random layers
LATENCIES = (0, 0, 1, 2, 7, 40)
DRAM_BYTES = 65536
MOST_CYCLES = 4000
MOST_INSTRUCTIONS = 250
ATTEMPTS = 200
Rng = np.random.Generator


@dataclass(frozen=True, kw_only=True)
class SatCase(Case):
    """A case, and what it was made of; ``lanes`` is the most bytes per cycle that its machine can move."""

    layer: Layer
    mapping: Mapping
    config: SatConfig
    lanes: int


def patterns_of(config: SatConfig) -> list[str]:
    """Those of the patterns that a machine supports."""
    return [name for name in PATTERNS if Pattern.parse(name).m <= config.max_group]


def random_case(config: SatConfig, seed: int, index: int) -> SatCase:
    """Case ``index`` of a run; it depends on nothing else."""
    rng = np.random.default_rng([seed, index])
    names = patterns_of(config)
    pattern = Pattern.parse(names[index % len(names)])
    dataflow = DATAFLOWS[index // len(names) % len(DATAFLOWS)]
    machine = with_memory(config, rng)
    for _ in range(ATTEMPTS):
        layer = _random_layer(rng, pattern, config.cols)
        found = _random_mapping(layer, pattern, dataflow, machine, rng)
        if found is not None:
            mapping, program = found
            return build(f"case {index}", layer, pattern, mapping, program, machine, lanes_of(config), rng)
    raise RuntimeError(f"no program for case {index} of seed {seed} in {ATTEMPTS} attempts")


def with_memory(config: SatConfig, rng: Rng) -> SatConfig:
    """The same machine behind another memory, or with another output format: neither is built into the core."""
    lanes = lanes_of(config)
    bandwidth = int(rng.choice((1, lanes, lanes, rng.integers(1, lanes + 1))))
    memory = IdealMemory(bytes_per_cycle=bandwidth, latency_cycles=int(rng.choice(LATENCIES)))
    formats = ("element", "accumulator") if config.datapath == "fp16" else ("accumulator",)
    return config.model_copy(update={"memory": memory, "output": str(rng.choice(formats))})


def lanes_of(config: SatConfig) -> int:
    """The most bytes per cycle that a machine can move."""
    assert isinstance(config.memory, IdealMemory)
    return config.memory.bytes_per_cycle


def build(
    name: str,
    layer: Layer,
    pattern: Pattern,
    mapping: Mapping,
    program: Program,
    machine: SatConfig,
    lanes: int,
    rng: Rng,
) -> SatCase:
    """A case of one layer: its DRAM holds any activation, and noise where nothing was put."""
    before = FAMILY.golden.image(layer, pattern, mapping, machine)
    add_noise(before, layer, pattern, mapping, machine, rng)
    return case_of(name, layer, pattern, mapping, program, machine, lanes, before)


def case_of(
    name: str,
    layer: Layer,
    pattern: Pattern,
    mapping: Mapping,
    program: Program,
    machine: SatConfig,
    lanes: int,
    before: ByteArray,
) -> SatCase:
    """A case of one layer on a DRAM image; golden says what must come of it."""
    FAMILY.check(program, machine)
    memory = machine.memory
    assert isinstance(memory, IdealMemory)
    return SatCase(
        name=f"{name}: {layer.shape}, pruned {pattern}, {mapping}, memory {memory.bytes_per_cycle} bytes per cycle "
        f"after {memory.latency_cycles} cycles",
        program=program,
        job=FAMILY.job(program, machine),
        before=before,
        after=FAMILY.golden.execute(program, before, machine, None),
        inputs={"latency_i": memory.latency_cycles, "bytes_per_cycle_i": memory.bytes_per_cycle},
        layer=layer,
        mapping=mapping,
        config=machine,
        lanes=lanes,
    )


def _random_layer(rng: Rng, pattern: Pattern, cols: int) -> Layer:
    if pattern.m == WIDEST and rng.random() < 0.7:  # enough weights that each index comes to each column
        groups, outputs = int(rng.integers(4, 9)), cols * int(rng.integers(2, 5))
        positions = int(rng.integers(1, 9))
        return replace(gemm_layer(DRAWN[0], m=positions, k=pattern.m * groups, n=outputs), seed=_seed(rng))
    layer = _gemm(rng) if rng.random() < 0.35 else _convolution(rng, pattern.m)
    if rng.random() < 0.5:
        return layer
    values = layer.values()
    if rng.random() < 0.5:  # some groups keep fewer weights than they may, some none
        values = values * (rng.random(values.shape) < rng.choice((0.05, 0.5)))
    return prune_layer(layer.with_weights(values.astype(np.float32)), pattern)


def _gemm(rng: Rng) -> Layer:
    def most(limit: int) -> int:
        return int(rng.choice((1, rng.integers(1, 9), rng.integers(1, limit + 1))))

    return replace(gemm_layer(DRAWN[0], m=most(40), k=int(rng.integers(1, 120)), n=most(24)), seed=_seed(rng))


def _convolution(rng: Rng, group: int) -> Layer:
    while True:
        groups = int(rng.choice((1, 1, 1, 2, 3)))
        try:
            shape = ConvShape(
                images=int(rng.choice((1, 1, 2, 3))),
                in_rows=int(rng.integers(1, 8)),
                in_cols=int(rng.integers(1, 8)),
                in_channels=groups * _channels(rng, group),
                out_channels=groups * int(rng.choice((rng.integers(1, 5), rng.integers(1, 13)))),
                kernel=_pair(rng, 4),
                stride=_pair(rng, 4),
                dilation=_pair(rng, 3),
                padding=tuple(int(rng.integers(0, 4)) for _ in range(4)),  # type: ignore[arg-type]
                groups=groups,
            )
        except InputError:
            continue
        if shape.images * shape.out_rows * shape.out_cols <= 120:
            return Layer(name=DRAWN[1], op="conv", shape=shape, seed=_seed(rng))


def _channels(rng: Rng, group: int) -> int:
    return int(rng.choice((rng.integers(1, 5), rng.integers(1, 25), group * rng.integers(1, 3))))


def _pair(rng: Rng, limit: int) -> tuple[int, int]:
    return int(rng.integers(1, limit)), int(rng.integers(1, limit))


def _seed(rng: Rng) -> int:
    return int(rng.integers(0, 2**16))


def _random_mapping(
    layer: Layer, pattern: Pattern, dataflow: Dataflow, machine: SatConfig, rng: Rng
) -> tuple[Mapping, Program] | None:
    """One of the mappings that scheduling offers, whose program is short enough."""
    try:
        options = FAMILY.candidates(layer, pattern, machine)
    except InputError:
        return None
    executed = DENSE if rng.random() < 0.05 else pattern
    chosen = [o.mapping for o in options if o.mapping.dataflow == dataflow and o.mapping.pattern == executed]
    for index in rng.permutation(len(chosen))[:3].tolist():
        mapping = chosen[index]
        if rng.random() < 0.15:
            mapping = replace(mapping, buffers=1)
        try:
            program = FAMILY.lower(layer, pattern, mapping, machine)
        except InputError:
            continue
        short = len(program) <= MOST_INSTRUCTIONS and _execute_cycles(program, machine) <= MOST_CYCLES
        if short and layout(layer, mapping, machine).end <= DRAM_BYTES:
            return mapping, program
    return None


def _execute_cycles(program: Program, machine: SatConfig) -> int:
    def fold(name: str) -> Any:  # noqa: ANN401  # an array
        return program.operand("GEMM", name)

    cycles = fold_cycles(
        fold("output_stationary"), fold("n"), fold("position_count"), fold("slot_count"), True, True, machine
    )
    return int(cycles.sum())
