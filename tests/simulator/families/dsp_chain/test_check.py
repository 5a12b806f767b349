"""The program check lets every lowering pass and catches planted faults."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.isa import LD, MM, MV, ST
from simulator.program import Program, ProgramError
from tests.simulator.families.dsp_chain.cases import cases

pytestmark = pytest.mark.golden
CONFIG = FAMILY.load_config("vhk158", ("a_rows=96", "b_rows=40", "global_rows=8"))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_lowering_passes(case):
    program = FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)
    FAMILY.check(program, case.config)


def lowered(m: int) -> Program:
    """Several splits, groups and turns of every buffer."""
    layer, pattern = gemm_layer("gemm", m, 160, 1024 if m == 1 else 320), Pattern(8, 16)
    return FAMILY.lower(layer, pattern, FAMILY.candidates(layer, pattern, CONFIG)[0].mapping, CONFIG)


def without_token(program: Program, source: int, target: int, which: int) -> Program:
    """The program without the which-th token from one queue to another, at both ends: tokens still balance."""
    wait, release = program.wait.copy(), program.release.copy()
    senders = np.flatnonzero((program.queue == source) & ((release >> target) & 1 == 1))
    takers = np.flatnonzero((program.queue == target) & ((wait >> source) & 1 == 1))
    release[senders[which]] &= ~np.uint16(1 << target)
    wait[takers[which]] &= ~np.uint16(1 << source)
    return replace(program, wait=wait, release=release)


@pytest.mark.parametrize(
    ("m", "source", "target", "message"),
    [
        (1, LD, MV, "may use weights before they are written"),
        (1, MV, LD, "may overwrite weights in use"),
        (300, LD, MM, "may use (weights|activations) before they are written"),
        (300, MM, LD, "may overwrite (weights|activations) in use"),
        (300, MM, ST, "may use results before they are written"),
        (300, ST, MM, "may overwrite results in use"),
    ],
)
def test_every_single_token_is_needed(m, source, target, message):
    program = lowered(m)
    FAMILY.check(program, CONFIG)
    tokens = np.count_nonzero((program.queue == source) & ((program.release >> target) & 1 == 1))
    assert tokens > 1
    for which in range(tokens):
        with pytest.raises(ProgramError, match=message):
            FAMILY.check(without_token(program, source, target, which), CONFIG)


def test_a_load_beyond_its_buffer_is_caught():
    program = lowered(1)
    operands = program.operands.copy()
    loads = program.of("LD")
    operands[loads[-1], program.isa["LD"].column("bank_addr")] = 95
    with pytest.raises(ProgramError, match="of a buffer of 6144"):
        FAMILY.check(replace(program, operands=operands), CONFIG)
