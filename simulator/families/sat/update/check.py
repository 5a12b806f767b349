"""Whether a program of the units beside the array respects the scratchpad: no use of a block before it is there."""

from collections import defaultdict

import numpy as np

from mapping.arrays import IntArray
from simulator.program import Program, ProgramError

# The operands of an instruction that name what it reads and what it writes.
READS = {
    "LOAD": (),
    "WUVE": ("weight_address", "velocity_address", "gradient_address"),
    "SORE": ("source_address",),
    "STORE": ("pad_address",),
}
WRITES = {
    "LOAD": ("pad_address",),
    "WUVE": ("weight_address", "velocity_address"),
    "SORE": ("target_address",),
    "STORE": (),
}


def check_update(program: Program) -> None:
    """Check fields and tokens, then who may read and write every block of the scratchpad.

    Raises:
        ProgramError: What ``Program.validate`` refuses, an instruction that may read a block before it is written, or
            one that may overwrite a block before it has been read.
    """
    program.validate()
    ended, place = known_ends(program)
    writer: dict[int, int] = {}
    readers: defaultdict[int, list[int]] = defaultdict(list)

    def before(first: int, second: int) -> bool:
        return bool(ended[second, program.queue[first]] > place[first])

    for i in range(len(program)):
        opcode = program.isa.opcodes[program.opcode[i]]
        reads = [int(program.operands[i, opcode.column(name)]) for name in READS[opcode.name]]
        writes = [int(program.operands[i, opcode.column(name)]) for name in WRITES[opcode.name]]
        for address in reads:
            if address not in writer or not before(writer[address], i):
                raise ProgramError(f"instruction {i} may read the block at {address} before it is written")
            readers[address].append(i)
        for address in writes:
            users = [*readers[address], *([writer[address]] if address in writer else [])]
            if not all(user == i or before(user, i) for user in users):
                raise ProgramError(f"instruction {i} may overwrite the block at {address} in use")
            writer[address], readers[address] = i, []


def known_ends(program: Program) -> tuple[IntArray, IntArray]:
    """What tokens and queue order say when an instruction starts.

    Returns:
        (i, q) how many instructions of each queue have ended for certain; (i,) place of each in its own queue.
    """
    queues = len(program.isa.queues)
    ended = np.zeros((len(program), queues), np.int64)
    place = np.zeros(len(program), np.int64)
    latest = [-1] * queues
    sent: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    taken: defaultdict[tuple[int, int], int] = defaultdict(int)
    for i in range(len(program)):
        queue = int(program.queue[i])
        causes = [latest[queue]] if latest[queue] >= 0 else []
        for source in range(queues):
            if (int(program.wait[i]) >> source) & 1:
                causes.append(sent[source, queue][taken[source, queue]])
                taken[source, queue] += 1
            if (int(program.release[i]) >> source) & 1:
                sent[queue, source].append(i)
        for cause in causes:
            ended[i] = np.maximum(ended[i], ended[cause])
            ended[i, program.queue[cause]] = max(ended[i, program.queue[cause]], place[cause] + 1)
        place[i] = 0 if latest[queue] < 0 else place[latest[queue]] + 1
        latest[queue] = i
    return ended, place
