"""Programs for a ring of SPUs: random layers, lowered as for any S4 machine, drawn from the seed and their number."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import LOOP_ORDERS
from simulator.config import build_config
from simulator.families.s4 import FAMILY
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import Geometry
from simulator.families.s4.mapping import S4Mapping
from simulator.program import Program

ATTEMPTS = 200
MOST_STEPS = 40


@dataclass(frozen=True, kw_only=True)
class Case:
    """A program and what it is of."""

    number: int
    layer: Layer
    pattern: Pattern
    geometry: Geometry
    program: Program

    @property
    def name(self) -> str:
        """For a failure message."""
        return f"program {self.number}: {self.layer.shape}, {self.geometry.mapping}"


def machine(parameters: dict[str, int]) -> S4Config:
    """The chip whose only cluster is the ring of the bench."""
    values: dict[str, Any] = {
        "clusters": 1,
        "cluster_spus": parameters["Ring"],
        "mac_rows": parameters["Rows"],
        "mac_columns": parameters["Cols"],
        "bank": parameters["Bank"],
        "max_rate": parameters["Bank"],
        "channel_multiple": 1,
        "output": "accumulator",
        "l1_activation_kib": 2,
        "l1_weight_kib": 2,
        "l1_output_kib": 1,
    }
    return build_config(S4Config, values, "bench")


def draw(parameters: dict[str, int], seed: int, number: int) -> Case:
    """Program ``number`` of a seed: a layer, one mapping that scheduling offers, its tiles perhaps cut smaller.

    Raises:
        AssertionError: None was found that the memories of the bench hold.
    """
    rng, config = random.Random(f"{seed}/{number}"), machine(parameters)
    for _ in range(ATTEMPTS):
        rates = [rate for rate in (1, 1, 2, 4, 8, 16, 32) if rate <= config.bank]
        rate = rng.choice(rates)
        pattern = DENSE if rate == 1 else Pattern(config.bank // rate, config.bank)
        try:
            layer = _layer(rng, number, config)
            options = FAMILY.candidates(layer, pattern, config)
        except InputError:
            continue
        mapping = _cut_smaller(rng, options[rng.randrange(len(options))].mapping)
        geometry = Geometry(shape=layer.shape, mapping=mapping, config=config)
        program = FAMILY.lower(layer, pattern, mapping, config)
        if len(program.of("PASS")) <= MOST_STEPS and _fits(program, geometry, parameters):
            return Case(number=number, layer=layer, pattern=pattern, geometry=geometry, program=program)
    raise AssertionError(f"no program found for seed {seed}, number {number}")


def _layer(rng: random.Random, number: int, config: S4Config) -> Layer:
    if rng.random() < 0.5:
        layer = gemm_layer("gemm", rng.randint(1, 30), rng.randint(1, 3 * config.bank), rng.randint(1, 20))
    else:
        groups = rng.choice([1, 1, 2, 3])
        shape = ConvShape(
            images=rng.randint(1, 2),
            in_rows=rng.randint(1, 5),
            in_cols=rng.randint(1, 5),
            in_channels=groups * rng.randint(1, 2 * config.bank),
            out_channels=groups * rng.randint(1, 12),
            kernel=(rng.randint(1, 3), rng.randint(1, 3)),
            stride=(rng.randint(1, 2), rng.randint(1, 2)),
            padding=tuple(rng.randint(0, 1) for _ in range(4)),  # type: ignore[arg-type]
            groups=groups,
        )
        layer = Layer(name="conv", op="conv", shape=shape)
    layer = replace(layer, seed=number)
    if rng.random() < 0.3:  # the largest products: -128 x -128, summed up
        extreme = np.full(layer.shape.weight_shape, -1.0, np.float32)
        shape = layer.shape
        inputs = (shape.images, shape.in_rows, shape.in_cols, shape.in_channels)
        signs = np.random.default_rng(number).choice(np.array([-1.0, 1.0], np.float32), inputs)
        layer = replace(layer, weights=extreme, activations=signs)
    return layer


def _cut_smaller(rng: random.Random, mapping: S4Mapping) -> S4Mapping:
    tile, step = mapping.tiling, mapping.pattern.m
    channels = -(-rng.randint(1, tile.channels) // step) * step
    tiling = replace(
        tile,
        rows=rng.choice([tile.rows, rng.randint(1, tile.rows)]),
        channels=min(rng.choice([tile.channels, channels]), tile.channels),
        outputs=rng.choice([tile.outputs, rng.randint(1, tile.outputs)]),
        order=rng.choice(LOOP_ORDERS),
    )
    return replace(mapping, tiling=tiling)


def _fits(program: Program, geometry: Geometry, parameters: dict[str, int]) -> bool:
    """Whether the memories of the bench hold every pass: its activations are unfolded."""
    return all(
        walk.beats <= parameters["PairDepth"]
        and walk.blocks * walk.words <= parameters["ActDepth"]
        and walk.ring * walk.rounds * walk.blocks <= parameters["SumDepth"]
        for walk in walks(program, geometry)
    )


@dataclass(frozen=True, kw_only=True)
class Walk:
    """The loops of a pass as ``zs_spu`` counts them."""

    ring: int
    rounds: int
    blocks: int
    positions: int
    banks: int
    kept: int
    rest: int
    pairs: int

    @property
    def words(self) -> int:
        """Bank words of a block of positions."""
        return self.positions * self.banks

    @property
    def beats(self) -> int:
        """Pairs of every row in one place of the ring."""
        return self.rounds * self.pairs


def walks(program: Program, geometry: Geometry) -> Iterator[Walk]:
    """The loops of every pass."""
    config, executed, names = (
        geometry.config,
        geometry.mapping.pattern,
        ("ring", "filters", "share", "pairs", "channels"),
    )
    fields = [program.operand("PASS", name).tolist() for name in names]
    for ring, filters, share, pairs, channels in zip(*fields, strict=True):
        banks = -(-channels // config.bank)
        dense_rest = channels - (banks - 1) * config.bank
        yield Walk(
            ring=ring,
            rounds=-(-filters // config.mac_rows),
            blocks=-(-share // config.mac_columns),
            positions=geometry.shape.positions,
            banks=banks,
            kept=config.bank if executed.is_dense else executed.n,
            rest=dense_rest if executed.is_dense else executed.n,
            pairs=pairs,
        )
