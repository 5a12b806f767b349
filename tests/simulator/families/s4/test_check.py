"""The program check lets every lowering pass and catches a token that is missing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from mapping.tiling import Tiling
from simulator.families.s4 import FAMILY
from simulator.families.s4.isa import FETCH, NOC, SPU, STORE, VECTOR
from simulator.families.s4.mapping import S4Mapping
from simulator.program import Program, ProgramError
from tests.simulator.families.s4.cases import cases

pytestmark = pytest.mark.golden
CONFIG = FAMILY.load_config("s4-tiny")


def tiled(order="outputs_outer") -> Program:
    """Five waves, three tiles of outputs, three of channels: every half is used again."""
    layer, pattern = gemm_layer("gemm", 20, 24, 12), Pattern(2, 8)
    tiling = Tiling(images=1, rows=1, cols=1, channels=8, outputs=4, order=order)
    mapping = S4Mapping(dataflow="weight_stationary", pattern=pattern, tiling=tiling, team=4)
    return FAMILY.lower(layer, pattern, mapping, CONFIG)


@settings(max_examples=25, deadline=None)
@given(cases())
def test_every_lowering_passes(case):
    program = FAMILY.lower(case.layer, case.pattern, case.mapping, case.config)
    FAMILY.check(program, case.config)
    assert (
        Program.from_words(program.isa, program.words(), program.macs, program.notes).operands == program.operands
    ).all()


@pytest.mark.parametrize("order", ["outputs_outer", "positions_outer"])
@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (NOC, SPU, "may use a weight half before it is written"),
        (FETCH, SPU, "may use a activation half before it is written"),
        (SPU, NOC, "may overwrite a weight half in use"),
        (SPU, FETCH, "may overwrite a activation half in use"),
        (SPU, VECTOR, "may use a output half before it is written"),
        (VECTOR, STORE, "may use a output half before it is written"),
        (STORE, SPU, "may overwrite a output half in use"),
    ],
)
def test_every_single_token_is_needed(order, source, target, message):
    program = tiled(order)
    FAMILY.check(program, CONFIG)
    senders = np.flatnonzero((program.queue == source) & ((program.release >> target) & 1 == 1))
    takers = np.flatnonzero((program.queue == target) & ((program.wait >> source) & 1 == 1))
    assert len(senders) == len(takers) > 2
    for which in range(len(senders)):
        wait, release = program.wait.copy(), program.release.copy()
        release[senders[which]] &= ~np.uint16(1 << target)
        wait[takers[which]] &= ~np.uint16(1 << source)
        with pytest.raises(ProgramError, match=message):
            FAMILY.check(replace(program, wait=wait, release=release), CONFIG)


def test_a_half_that_is_never_filled_is_missed():
    program = tiled()
    operands = program.operands.copy()
    operands[program.of("SPREAD"), program.isa["SPREAD"].column("half")] = 0
    with pytest.raises(ProgramError, match="uses a weight half that is never written"):
        FAMILY.check(replace(program, operands=operands), CONFIG)
