"""The program check lets every lowering pass and catches planted faults."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping, Tiling
from simulator.families.sat import FAMILY
from simulator.families.sat.isa import SAT_ISA
from simulator.program import Program, ProgramError
from tests.simulator.families.sat.cases import cases

pytestmark = pytest.mark.golden
CONFIG = FAMILY.load_config("sat-ideal", ("rows=2", "cols=3"))


def tiled(order="outputs_outer") -> Program:
    """Three tiles of positions, two of outputs, three of channels: every buffer is used again."""
    layer, pattern = gemm_layer("gemm", 12, 24, 10), Pattern(2, 8)
    tiling = Tiling(images=1, rows=4, cols=1, channels=8, outputs=5, order=order)
    mapping = Mapping(dataflow="weight_stationary", pattern=pattern, tiling=tiling)
    return FAMILY.lower(layer, pattern, mapping, CONFIG)


@settings(max_examples=100, deadline=None)
@given(cases())
def test_every_lowering_passes(case):
    program = FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)
    FAMILY.check(program, case.config)


def without_token(program: Program, source: int, target: int, which: int) -> Program:
    """The program without the which-th token from one queue to another, at both ends: tokens still balance."""
    wait, release = program.wait.copy(), program.release.copy()
    senders = np.flatnonzero((program.queue == source) & ((release >> target) & 1 == 1))
    takers = np.flatnonzero((program.queue == target) & ((wait >> source) & 1 == 1))
    release[senders[which]] &= ~np.uint16(1 << target)
    wait[takers[which]] &= ~np.uint16(1 << source)
    return replace(program, wait=wait, release=release)


@pytest.mark.parametrize("order", ["outputs_outer", "positions_outer"])
@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (0, 1, "may use a (activation|weight) tile before it is written"),
        (1, 0, "may overwrite a (activation|weight) tile in use"),
        (1, 2, "may use a output tile before it is written"),
        (2, 1, "may overwrite a output tile in use"),
    ],
    ids=["load-execute", "execute-load", "execute-store", "store-execute"],
)
def test_every_single_token_is_needed(order, source, target, message):
    program = tiled(order)
    FAMILY.check(program, CONFIG)
    tokens = np.count_nonzero((program.queue == source) & ((program.release >> target) & 1 == 1))
    assert tokens > 1
    for which in range(tokens):
        with pytest.raises(ProgramError, match=message):
            FAMILY.check(without_token(program, source, target, which), CONFIG)


def with_operand(program: Program, opcode: str, field: str, value: int) -> Program:
    operands = program.operands.copy()
    operands[program.of(opcode)[-1], SAT_ISA[opcode].column(field)] = value
    return replace(program, operands=operands)


@pytest.mark.parametrize(
    ("opcode", "field", "value", "message"),
    [
        ("LOAD", "pad_address", 2**30 - 1, "a tile ends at byte 1073741.* of the (weight|activation) scratchpad"),
        ("LOAD", "pad_address", 8, "two tiles of the (weight|activation) scratchpad overlap"),
        ("STORE", "pad_address", 4, "(overlap|never written)"),
        ("GEMM", "activation_address", 12, "uses a activation tile that is never written"),
        ("GEMM", "weight_address", 12, "uses a weight tile that is never written"),
    ],
)
def test_wrong_addresses_are_caught(opcode, field, value, message):
    with pytest.raises(ProgramError, match=message):
        FAMILY.check(with_operand(tiled(), opcode, field, value), CONFIG)
