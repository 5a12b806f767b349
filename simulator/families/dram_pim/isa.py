"""Instructions of the host of a DRAM with processing in its banks, and those of the unit beside it."""

from simulator.isa import Field, InstructionSet, Opcode
from simulator.memory.commands.table import load_table

HOST, ASIC = 0, 1
MEMORY = 0
TO_HOST, TO_ASIC = 1 << HOST, 1 << ASIC
MAX_CHANNELS = 62

_REQUEST = (
    Field("mask", MAX_CHANNELS, "bit c: channel c takes part"),
    Field("bank", 8, "bank of a channel, or -1: all of them, or none", signed=True),
    Field("row", 32, "row, or -1", signed=True),
    Field("column", 12, "first column of 16 elements"),
    Field("count", 16, "columns; cycles of the host for HOST"),
    Field("register", 8, "MAC register of every bank"),
    Field("source", 12, "column of the buffer that meets the first column of the row"),
    Field("n", 7, "kept weights of a group; 0: the columns are only waited for"),
    Field("m", 7, "weights of a group; 1: dense"),
    Field("address", 40, "first byte in the host's memory"),
    Field("stride", 32, "bytes there from channel to channel"),
)
# Every table has the operations of AiM: what a host can ask for is the same, how long it takes is not.
OPERATIONS = tuple(load_table("aim").operations)

DRAM_PIM_ISA = InstructionSet(
    name="dram_pim",
    queues=("host", "asic"),
    resources=("memory",),
    opcodes=(
        *(Opcode(name, HOST, MEMORY, _REQUEST) for name in OPERATIONS),
        Opcode("ASIC", ASIC, -1, (Field("cycles", 40, "cycles of the unit beside the memory"),)),
    ),
)
