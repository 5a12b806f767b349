"""Do instructions survive their encodings, and do words look as the artifact lays them out?"""

from dataclasses import replace

import numpy as np
import pytest

from mapping.errors import InputError
from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.isa import DSP_CHAIN_ISA, TO_LD, TO_MISC, TO_MV, TO_ST
from simulator.families.dsp_chain.network import stitch
from simulator.families.dsp_chain.rows import join, load, rows, store
from simulator.families.dsp_chain.steps import decode as decode_step
from simulator.families.dsp_chain.transformer import Transformer
from simulator.families.dsp_chain.words import LAYOUT, LENGTHS, decode, encode, instruction_bytes
from simulator.program import Program

pytestmark = pytest.mark.golden
SMALL = Transformer(layers=1, width=256, heads=4, hidden=768, vocabulary=1024)


def random_program(seed: int) -> Program:
    """Random fields of full width; the masks balance."""
    rng = np.random.default_rng(seed)
    made = join([load(0), rows("MV"), rows("MISC"), store(), rows("MM"), rows("SYS")]).program({})
    for opcode in DSP_CHAIN_ISA.opcodes:
        at = made.of(opcode.name)
        for field in opcode.fields:
            made.operands[at, opcode.column(field.name)] = rng.integers(0, field.highest + 1)
    made.release[:3] = TO_MV | TO_ST, TO_LD, 0
    made.wait[:4] = TO_MV, TO_LD, 0, TO_LD
    return made


def test_the_layout_covers_every_bit_once():
    for name, layout in LAYOUT.items():
        used = [(word, bit) for parts in layout.values() for word, low, bits in parts for bit in range(low, low + bits)]
        head = [(0, bit) for bit in range(18, 32)]
        assert len({*used, *head}) == len(used) + len(head)
        assert max(word for word, _ in [*used, *head]) < LENGTHS[name]
        for field, parts in layout.items():
            assert sum(bits for _, _, bits in parts) == DSP_CHAIN_ISA[name].field(field).bits


def test_fields_without_a_place_are_notes():
    for opcode in DSP_CHAIN_ISA.opcodes:
        without = [field for field in opcode.fields if field.name not in LAYOUT[opcode.name]]
        assert all(field.meaning.startswith("note: ") for field in without)


@pytest.mark.parametrize("seed", range(4))
def test_words_round_trip_without_notes(seed):
    program = random_program(seed)
    words = encode(program)
    assert 4 * len(words) == instruction_bytes(program) == 4 * (7 + 4 + 3 + 3 + 4 + 1)
    again = decode(words)
    for column in ("queue", "opcode", "wait", "release"):
        assert np.array_equal(getattr(again, column), getattr(program, column))
    for opcode in DSP_CHAIN_ISA.opcodes:
        for name in LAYOUT[opcode.name]:
            assert np.array_equal(again.operand(opcode.name, name), program.operand(opcode.name, name))


def test_a_word_by_hand():
    """MISC: opcode 5; it waits for MV, second of the five others from the right; SiLU at row 3, 32 blocks."""
    made = rows("MISC", operation=5, in_a_addr=3, out_addr=7, K=32).program({})
    made = replace(made, wait=made.wait, release=made.release)
    words = encode(made)
    assert words.tolist() == [5 << 28 | 3 << 6 | 5, 7 << 8, 32 << 18]
    pair = join([rows("MV", release=TO_MISC), rows("MISC", wait=TO_MV)]).program({})
    words = encode(pair)
    assert words[0] >> 18 & 31 == 0b00010  # of LD, ST, MM, MISC, SYS the fourth
    assert words[4] >> 23 & 31 == 0b00010  # of LD, ST, MM, MV, SYS the fourth


def test_broken_words_are_refused():
    words = encode(random_program(0))
    with pytest.raises(InputError, match="words end within the instruction"):
        decode(words[:-2])
    with pytest.raises(InputError, match="word 0: opcode 9 is none of"):
        decode(np.array([9 << 28], np.uint32))


def test_a_network_is_saved_loaded_and_disassembled(tmp_path):
    network = decode_step(SMALL, 32, FAMILY.load_config("vhk158-artifact"))
    program = stitch(network)
    program.save(tmp_path / "decode.npz")
    again = Program.load(tmp_path / "decode.npz", {"dsp_chain": DSP_CHAIN_ISA})
    assert np.array_equal(again.operands, program.operands)
    assert np.array_equal(again.wait, program.wait)
    lines = again.disassemble(0, 4)
    assert "LD       LD       release(MISC) mode=5" in lines[0]
    assert "MISC     MISC     wait(LD) release(ST)" in lines[1]
    assert lines[3].split()[1:3] == ["SYS", "SYS"]
