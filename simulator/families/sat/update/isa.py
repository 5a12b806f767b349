"""Instructions of the units beside the array: WUVE updates weights, SORE prunes them; one DRAM port, as for the array.

Both work on the output scratchpad, which the array leaves alone between two products.
"""

from simulator.families.sat.isa import BOX, DRAM_PORT
from simulator.isa import Field, InstructionSet, Opcode

LOAD, WUVE, SORE, STORE = range(4)

_WUVE = (
    Field("weight_address", 30, "first byte of the master weights, fp32"),
    Field("velocity_address", 30, "first byte of their velocities, fp32"),
    Field("gradient_address", 30, "first byte of their gradients"),
    Field("wide_gradient", 1, "1: gradients are fp32; 0: fp16"),
    Field("count", 30, "weights"),
    Field("momentum", 32, "fp32 bits: what a velocity keeps"),
    Field("rate", 32, "fp32 bits: how much of its velocity a weight loses"),
)

_SORE = (
    Field("source_address", 30, "first byte of a dense block (positions, inputs, outputs)"),
    Field("target_address", 30, "first byte of its compressed copy"),
    Field("wide", 1, "1: the block is fp32 and rounded first; 0: fp16"),
    Field("along_outputs", 1, "1: groups lie along the outputs; 0: along the inputs"),
    Field("positions", 16, "kernel positions of the block"),
    Field("inputs", 20, "input channels"),
    Field("outputs", 20, "output channels"),
    Field("n", 6, "kept weights of a group"),
    Field("m", 6, "weights of a group"),
)

UPDATE_ISA = InstructionSet(
    name="sat-update",
    queues=("load", "wuve", "sore", "store"),
    resources=("dram",),
    opcodes=(
        Opcode("LOAD", LOAD, DRAM_PORT, BOX),
        Opcode("WUVE", WUVE, -1, _WUVE),
        Opcode("SORE", SORE, -1, _SORE),
        Opcode("STORE", STORE, DRAM_PORT, (*BOX, Field("narrow", 1, "1: fp32 is rounded to fp16"))),
    ),
)
