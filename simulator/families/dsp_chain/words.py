"""Instructions in the artifact's own layout: 32-bit words, one to seven of them, masks of five bits.

``Program.words`` writes every instruction at one length, notes included, for this project's hardware and files. This is
what FlightLLM's instruction memory would hold: the fields without the notes, as ``profile/inst_gen/isa.py`` of the
artifact places them. A mask has a bit for every other queue, the first queue in the highest.
"""

import numpy as np
import numpy.typing as npt

from mapping.arrays import IntArray
from mapping.errors import InputError
from simulator.families.dsp_chain.isa import DSP_CHAIN_ISA
from simulator.program import Program

QUEUES = len(DSP_CHAIN_ISA.queues)
OPCODES = {"LD": 1, "ST": 2, "MM": 3, "MV": 4, "MISC": 5, "SYS": 15}
LENGTHS = {"LD": 7, "ST": 3, "MM": 4, "MV": 4, "MISC": 3, "SYS": 1}  # words

# Parts of a field from its lowest bits on: word, lowest bit there, bits.
Layout = dict[str, tuple[tuple[int, int, int], ...]]
_PRODUCT: Layout = {
    "K": ((0, 4, 14),),
    "output": ((0, 3, 1),),
    "bias": ((0, 2, 1),),
    "relu": ((0, 1, 1),),
    "sparse": ((0, 0, 1),),
    "bias_addr": ((1, 24, 8), (2, 0, 4)),
    "meta_addr": ((1, 12, 12),),
    "fsb_addr": ((1, 0, 12),),
    "a_addr": ((2, 16, 12),),
    "b_addr": ((2, 4, 12),),
    "out_addr": ((3, 0, 12),),
}
LAYOUT: dict[str, Layout] = {
    "LD": {
        "mode": ((0, 15, 3),),
        "channel": ((0, 12, 3),),
        "bank_addr": ((0, 0, 12),),
        "stride_1d": ((1, 0, 32), (2, 0, 2)),
        "stride_2d": ((2, 2, 30), (3, 0, 4)),
        "stride_3d": ((3, 4, 28), (4, 0, 6)),
        "hbm_addr": ((4, 6, 26), (5, 0, 8)),
        "loop_1d": ((5, 24, 8),),
        "loop_2d": ((5, 16, 8),),
        "loop_3d": ((5, 8, 8),),
        "zero_fill": ((6, 25, 1),),
        "hbm_type": ((6, 23, 2),),
        "length": ((6, 0, 23),),
    },
    "ST": {
        "bank_addr": ((0, 6, 12),),
        "loop_1d": ((0, 1, 5),),
        "rs_col": ((0, 0, 1),),
        "hbm_addr": ((1, 0, 32), (2, 0, 2)),
        "hbm_type": ((2, 28, 2),),
        "channel": ((2, 25, 3),),
        "length": ((2, 2, 23),),
    },
    "MM": _PRODUCT,
    "MV": _PRODUCT,
    "MISC": {
        "in_a_addr": ((0, 6, 12),),
        "mask": ((0, 4, 2),),
        "operation": ((0, 0, 4),),
        "in_b_addr": ((1, 20, 12),),
        "out_addr": ((1, 8, 12),),
        "K": ((2, 18, 14),),
    },
    "SYS": {},
}


def instruction_bytes(program: Program) -> int:
    """Bytes of a program in instruction memory."""
    counts = np.bincount(program.opcode, minlength=len(DSP_CHAIN_ISA.opcodes))
    lengths = [LENGTHS[opcode.name] for opcode in DSP_CHAIN_ISA.opcodes]
    return 4 * int(counts @ lengths)


def encode(program: Program) -> npt.NDArray[np.uint32]:
    """All words of a program.

    Raises:
        ProgramError: A field that does not fit.
    """
    program.validate()
    lengths = np.array([LENGTHS[opcode.name] for opcode in DSP_CHAIN_ISA.opcodes])[program.opcode]
    first = lengths.cumsum() - lengths
    words = np.zeros(int(lengths.sum()), np.uint64)
    for opcode in DSP_CHAIN_ISA.opcodes:
        at = program.of(opcode.name)
        own = first[at]
        words[own] |= np.uint64(OPCODES[opcode.name] << 28)
        for mask, low in ((program.wait, 23), (program.release, 18)):
            words[own] |= _five_bits(mask[at], opcode.queue).astype(np.uint64) << np.uint64(low)
        for name, parts in LAYOUT[opcode.name].items():
            value = program.operand(opcode.name, name, at).astype(np.uint64)
            for word, low, bits in parts:
                words[own + word] |= (value & np.uint64((1 << bits) - 1)) << np.uint64(low)
                value = value >> np.uint64(bits)
    return words.astype(np.uint32)


def decode(words: npt.NDArray[np.uint32]) -> Program:
    """The program that words hold; its notes are 0, for they are not in the words.

    Raises:
        InputError: An opcode that does not exist, or words that end within an instruction.
    """
    kinds = {code: index for index, name in enumerate(OPCODES) for code in (OPCODES[name],)}
    lengths = list(LENGTHS.values())
    starts, opcodes, position = [], [], 0
    codes = (words >> np.uint32(28)).tolist()
    while position < len(codes):
        kind = kinds.get(codes[position])
        if kind is None:
            raise InputError(f"word {position}: opcode {codes[position]} is none of {list(kinds)}")
        starts.append(position)
        opcodes.append(kind)
        position += lengths[kind]
    if position != len(codes):
        raise InputError(f"{len(codes)} words end within the instruction at word {starts[-1]}")
    first, opcode = np.array(starts, np.int64), np.array(opcodes, np.uint8)
    wait, release = np.zeros(len(first), np.uint16), np.zeros(len(first), np.uint16)
    operands = np.zeros((len(first), DSP_CHAIN_ISA.width), np.int64)
    wide = words.astype(np.int64)
    for index, entry in enumerate(DSP_CHAIN_ISA.opcodes):
        at = np.flatnonzero(opcode == index)
        own = first[at]
        wait[at], release[at] = (_all_bits(wide[own] >> low & 31, entry.queue) for low in (23, 18))
        for name, parts in LAYOUT[entry.name].items():
            shift = 0
            for word, low, bits in parts:
                operands[at, entry.column(name)] |= (wide[own + word] >> low & ((1 << bits) - 1)) << shift
                shift += bits
    queue = np.array([entry.queue for entry in DSP_CHAIN_ISA.opcodes], np.uint8)[opcode]
    return Program(
        isa=DSP_CHAIN_ISA,
        queue=queue,
        opcode=opcode,
        wait=wait,
        release=release,
        operands=operands,
        macs=np.zeros(len(first), np.int64),
        notes={},
    )


def _others(queue: int) -> list[int]:
    return [other for other in range(QUEUES) if other != queue]


def _five_bits(mask: npt.NDArray[np.uint16], queue: int) -> IntArray:
    """A mask of all queues as one of the others."""
    result = np.zeros(len(mask), np.int64)
    for place, other in enumerate(_others(queue)):
        result |= (mask.astype(np.int64) >> other & 1) << (QUEUES - 2 - place)
    return result


def _all_bits(mask: IntArray, queue: int) -> npt.NDArray[np.uint16]:
    """The reverse of ``_five_bits``."""
    result = np.zeros(len(mask), np.int64)
    for place, other in enumerate(_others(queue)):
        result |= (mask >> (QUEUES - 2 - place) & 1) << other
    return result.astype(np.uint16)
