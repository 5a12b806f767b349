"""What a chip of S4 does to run a program, counted for the energy model.

Counts are those of the SPU in ``rtl/s4``: a walk reads a pair of each filter once for every block of positions, and a
whole bank of activations at every position and cycle. All pairs are multiplied, those that fill up a bank with zeros
too; rows and columns of MACs without work are taken to stand still. Around the SPUs the simulator's own paths count:
L2, the network of the weights, DRAM. What the vector unit reads and keeps of sums on the way is not counted.
"""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import IntArray
from mapping.graph import ceil_div
from simulator.cost.actions import Actions
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import Geometry, geometry_of, pairs_per_filter
from simulator.families.s4.timing import dram_bytes
from simulator.memory.config import IdealMemory
from simulator.program import Program

_MAC = {"int8": ("mul.int8", "add.int32"), "bf16": ("mul.bf16", "add.fp32")}
_SUM = 32  # bits of a partial sum


def actions(program: Program, config: S4Config) -> list[Actions]:
    """Everything that a program makes one chip do."""
    geometry = geometry_of(program, config)
    moved = dram_bytes(program)
    memory = "ideal" if isinstance(config.memory, IdealMemory) else config.memory.preset
    parts = [
        *_passes(program, geometry),
        *_transfers(program, geometry, moved),
        *_vector(program),
        Actions(component="DRAM", kind="dram", count=8 * int(moved.sum()), of=memory),
    ]
    return [part for part in parts if part.count]


@dataclass(frozen=True, slots=True)
class _Passes:
    """The work of each pass, (p,) each, summed over the groups that run side by side.

    Attributes:
        products: Multiplications.
        sums: Partial sums.
        walked: Pairs that SPUs read to walk them.
        windows: Banks of activations read, one at each position.
        passed: Pairs that go on to the next SPU of a ring.
    """

    products: IntArray
    sums: IntArray
    walked: IntArray
    windows: IntArray
    passed: IntArray

    @classmethod
    def of(cls, program: Program, geometry: Geometry) -> "_Passes":
        def field(name: str) -> IntArray:
            return program.operand("PASS", name)

        config = geometry.config
        groups, positions, outputs, pairs = field("groups"), field("positions"), field("outputs"), field("pairs")
        filters, share, ring = field("filters"), field("share"), field("ring")
        blocks = positions // share * -(-share // config.mac_columns) + -(-(positions % share) // config.mac_columns)
        rounds = outputs // filters * -(-filters // config.mac_rows) + -(-(outputs % filters) // config.mac_rows)
        return cls(
            products=groups * positions * outputs * pairs,
            sums=groups * positions * outputs,
            walked=groups * outputs * pairs * blocks,
            windows=groups * rounds * pairs * positions,
            passed=groups * outputs * pairs * (ring - 1) * _rings(geometry),
        )


def _rings(geometry: Geometry) -> int:
    """Rings that work on a group, each with sub-filters of its own."""
    return geometry.mapping.team // geometry.ring


def _pair_bits(config: S4Config) -> int:
    """Bits of a value and its index as they lie in L1; dense values are given one there, too."""
    return 8 * config.element_bytes + (config.bank - 1).bit_length()


def _passes(program: Program, geometry: Geometry) -> list[Actions]:
    """The SPUs: MACs, their registers, L1, the rings."""
    config, work = geometry.config, _Passes.of(program, geometry)
    element, pair = 8 * config.element_bytes, _pair_bits(config)
    multiply, add = _MAC[config.datapath]
    products, passed = int(work.products.sum()), int(work.passed.sum())
    # An operand, a product and a sum for each product; a value for each pair that is walked.
    registers = products * (element + 2 * element + _SUM) + int(work.walked.sum()) * element
    added, kept = program.operand("PASS", "accumulate"), 1 - program.operand("PASS", "drain")
    return [
        Actions(component="multipliers", kind=multiply, count=products),
        Actions(component="adders", kind=add, count=products),
        Actions(component="SPU registers", kind="register", count=registers),
        _l1("weights", "read", int(work.walked.sum()) * pair, config),
        _l1("weights", "write", passed * pair, config),
        _l1("activations", "read", int(work.windows.sum()) * config.bank * element, config),
        _l1("sums", "read", int((work.sums * added).sum()) * _SUM, config),
        _l1("sums", "write", int((work.sums * kept).sum()) * _SUM, config),
        Actions(component="rings", kind="link", count=passed * pair),
    ]


def _l1(what: str, way: str, bits: int, config: S4Config) -> Actions:
    """An SRAM of L1: one for each row of weights, one for each column of activations, one for all sums."""
    kib = {
        "weights": ceil_div(config.l1_weight_kib, config.mac_rows),
        "activations": ceil_div(config.l1_activation_kib, config.mac_columns),
        "sums": config.l1_output_kib,
    }[what]
    return Actions(component=f"L1 {what}", kind=f"sram.{way}", count=bits, of=kib)


def _transfers(program: Program, geometry: Geometry, moved: IntArray) -> list[Actions]:
    """L2, the network, and what arrives in L1."""
    config, shape = geometry.config, geometry.shape

    def bits(*names: str) -> int:
        return 8 * sum(int(program.operand(name, "bytes").sum()) for name in names)

    arriving = 0
    for name in ("SPREAD", "BRING"):
        groups, outputs, channels = (program.operand(name, key) for key in ("groups", "outputs", "channels"))
        pairs = pairs_per_filter(shape.positions, channels, geometry.mapping.pattern)
        arriving += int((groups * outputs * pairs).sum()) * _rings(geometry)
    spread = bits("SPREAD", "BRING")
    # A team of several clusters has the weights of its group in each of them: so many links carry every bit.
    clusters = max(1, geometry.mapping.team // config.cluster_spus)
    kib = ceil_div(config.l2_bytes, 1024)
    loaded = 8 * int(moved[program.of("LOAD")].sum())
    return [
        Actions(component="L2", kind="sram.read", count=spread + bits("FETCH"), of=kib),
        Actions(component="L2", kind="sram.write", count=loaded + bits("KEEP"), of=kib),
        Actions(component="network", kind="link", count=spread * clusters),
        _l1("weights", "write", arriving * _pair_bits(config), config),
        _l1("activations", "write", bits("FETCH", "PULL"), config),
    ]


def _vector(program: Program) -> list[Actions]:
    kinds = {"int_ops": "alu.int8", "float_ops": "alu.bf16", "special_ops": "special.bf16"}
    return [
        Actions(component="vector units", kind=kind, count=int(np.sum(program.operand("VECTOR", name))))
        for name, kind in kinds.items()
    ]
