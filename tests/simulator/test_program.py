"""Programs: binary encoding, files, text, and the checks every program must pass."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping, Tiling
from simulator.families.sat import FAMILY
from simulator.families.sat.isa import SAT_ISA
from simulator.isa import Field, InstructionSet, Opcode
from simulator.program import Program, ProgramError
from tests.simulator.families.sat.cases import cases

pytestmark = pytest.mark.golden

# Fields that begin and end in the middle of a 64-bit lane, and one that spans two.
ODD = InstructionSet(
    name="odd",
    queues=("a", "b"),
    resources=("port",),
    opcodes=(
        Opcode("SPAN", 0, 0, (Field("x", 13, "x"), Field("y", 63, "y"), Field("z", 5, "z", signed=True))),
        Opcode("NONE", 1, -1, ()),
        Opcode("SIGN", 1, -1, (Field("s", 40, "s", signed=True),)),
    ),
)


def lowered(case) -> Program:
    return FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, case.config)


def equal(one: Program, other: Program) -> None:
    for name in ("queue", "opcode", "wait", "release", "operands", "macs"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@st.composite
def odd_programs(draw):
    count = draw(st.integers(0, 20))
    opcode = np.array([draw(st.integers(0, 2)) for _ in range(count)], np.uint8)
    operands = np.zeros((count, ODD.width), np.int64)
    for i in range(count):
        for column, field in enumerate(ODD.opcodes[opcode[i]].fields):
            operands[i, column] = draw(st.integers(field.lowest, field.highest))
    zeros = np.zeros(count, np.uint16)
    queue = np.array([ODD.opcodes[o].queue for o in opcode], np.uint8)
    return Program(
        isa=ODD, queue=queue, opcode=opcode, wait=zeros, release=zeros, operands=operands, macs=zeros * 0, notes={}
    )


@given(odd_programs())
def test_words_of_any_field_width_decode_to_themselves(program):
    equal(Program.from_words(ODD, program.words(), program.macs, {}), program)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_words_of_lowered_layers_decode_to_themselves(case):
    program = lowered(case)
    words = program.words()
    assert words.shape == (len(program), 64)
    equal(Program.from_words(SAT_ISA, words, program.macs, {}), program)


def test_the_header_stands_in_the_first_bytes():
    program = Program(
        isa=ODD,
        queue=np.array([0, 1], np.uint8),
        opcode=np.array([0, 2], np.uint8),
        wait=np.array([0, 1], np.uint16),
        release=np.array([2, 0], np.uint16),
        operands=np.array([[0x155, 0, 0], [-1, 0, 0]]),
        macs=np.zeros(2, np.int64),
        notes={},
    )
    first, second = program.words()
    assert first[:8].tolist() == [0, 0, 0, 0, 2, 0, 0x55, 0x01]
    assert second[:12].tolist() == [2, 1, 1, 0, 0, 0, 255, 255, 255, 255, 255, 0]


@settings(max_examples=10, deadline=None)
@given(case=cases())
def test_save_and_load(case, tmp_path_factory):
    path = tmp_path_factory.mktemp("program") / "layer.npz"
    program = lowered(case)
    program.save(path)
    loaded = Program.load(path, {"sat": SAT_ISA})
    equal(loaded, program)
    assert loaded.notes["layer"] == case.layer.name


def test_disassembly_has_a_line_for_each_instruction():
    lines = small().disassemble()
    assert len(lines) == 5
    assert lines[0].split()[:4] == ["0", "load", "LOAD", "dram_address=0"]
    assert lines[1].split()[:4] == ["1", "load", "LOAD", "release(execute)"]
    assert lines[2].split()[:4] == ["2", "execute", "GEMM", "wait(load)"]
    assert lines[3].split()[:4] == ["3", "execute", "GEMM", "release(store)"]
    assert "position_count=4" in lines[2]
    assert small().disassemble(first=3, count=1) == lines[3:4]


def small() -> Program:
    """Two loads, two folds and a store: one tile."""
    tiling = Tiling(images=1, rows=4, cols=1, channels=16, outputs=6, order="outputs_outer")
    mapping = Mapping(dataflow="weight_stationary", pattern=Pattern(2, 8), tiling=tiling)
    config = FAMILY.load_config("sat-ideal", ("rows=2", "cols=3"))
    return FAMILY.lower(gemm_layer("g", 4, 16, 6), Pattern(2, 8), mapping, config)


def changed(program: Program, **columns: tuple[int, int]) -> Program:
    """A copy with one entry of some columns changed."""
    copies = {name: getattr(program, name).copy() for name in columns}
    for name, (index, value) in columns.items():
        copies[name][index] = value
    return replace(program, **copies)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"opcode": (0, 9)}, r"opcode 9 outside \[0, 2\]"),
        ({"queue": (2, 0)}, "instruction 2: GEMM in queue 0"),
        ({"wait": (0, 8)}, "instruction 0: wait mask 0x8 names a missing queue"),
        ({"release": (4, 2)}, "store sends 1 tokens to execute, which waits for 0"),
        ({"wait": (2, 0)}, "load sends 1 tokens to execute, which waits for 0"),
        ({"operands": ((2, SAT_ISA["GEMM"].column("n")), 64)}, r"GEMM.n=64 outside \[0, 63\]"),
        ({"operands": ((0, SAT_ISA["LOAD"].column("rows")), -1)}, r"LOAD.rows=-1 outside \[0, 16777215\]"),
    ],
)
def test_broken_programs_are_refused(columns, message):
    with pytest.raises(ProgramError, match=message):
        changed(small(), **columns).validate()


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (None, "no such file"),
        (b"", "not a zeroskip program"),
        (b"PK\x03\x04 truncated", "not a zeroskip program"),
        (b"hello", "not a zeroskip program"),
    ],
)
def test_files_that_are_no_program(tmp_path, write, message):
    path = tmp_path / "program.npz"
    if write is not None:
        path.write_bytes(write)
    with pytest.raises(InputError, match=message):
        Program.load(path, {"sat": SAT_ISA})


def test_a_truncated_or_foreign_program_is_refused(tmp_path):
    path = tmp_path / "program.npz"
    small().save(path)
    with pytest.raises(InputError, match="instruction set 'sat' is not one of other"):
        Program.load(path, {"other": ODD})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="not a zeroskip program"):
        Program.load(path, {"sat": SAT_ISA})
