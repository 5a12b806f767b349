"""FlightLLM's instructions: six queues, field widths of the published artifact (``profile/inst_gen/isa.py``).

The artifact's simulator needs more than an instruction says: how many channels move at once, how dense a block is. Such
notes follow the fields of the hardware; ``words.py`` writes the instructions without them, in the artifact's layout.
"""

from simulator.isa import Field, InstructionSet, Opcode

LD, ST, MM, MV, MISC, SYS = range(6)
TO = tuple(1 << queue for queue in range(6))
TO_LD, TO_ST, TO_MM, TO_MV, TO_MISC, TO_SYS = TO
HBM_PORT = 0

# Mode of a LD: the buffer that it fills.
B_BUFFER, META_BUFFER, BIAS_BUFFER, FSB_BUFFER, A_BUFFER, GLOBAL_BUFFER = range(6)
# Operation of a MISC.
ADD, MUL, SOFTMAX, LAYERNORM, RMSNORM, SILU = range(6)
TWO_PASSES = (SOFTMAX, LAYERNORM, RMSNORM)

_SHARE = (
    Field("share", 32, "note: `share` / `whole` of the dense work or bytes are done or moved"),
    Field("whole", 32, "note: see share"),
)

_LD = (
    Field("mode", 3, "0 B, 1 index, 2 bias, 3 block codes, 4 A, 5 global buffer"),
    Field("channel", 3, "HBM channel"),
    Field("bank_addr", 12, "first row in the buffer"),
    Field("stride_1d", 34, "bytes in HBM from run to run"),
    Field("stride_2d", 34, "bytes, second loop"),
    Field("stride_3d", 34, "bytes, third loop"),
    Field("hbm_addr", 34, "first byte in HBM"),
    Field("loop_1d", 8, "runs"),
    Field("loop_2d", 8, "second loop"),
    Field("loop_3d", 8, "third loop"),
    Field("zero_fill", 1, "1: zeros instead of bytes from HBM"),
    Field("hbm_type", 2, "1: HBM, 0: DDR"),
    Field("length", 23, "bytes of a run, counted in the buffer"),
    Field("channels", 4, "note: channels whose bandwidth the transfer has, 1 or 8"),
    Field("cross", 1, "note: 1: the buffer belongs to other channels than the data"),
    Field("matrix", 1, "note: 1: rows of the buffer as in MM mode, 0: as in MV mode"),
    *_SHARE,
)
_ST = (
    Field("bank_addr", 12, "first row in the global buffer"),
    Field("loop_1d", 5, "runs"),
    Field("rs_col", 1, "column order"),
    Field("hbm_addr", 34, "first byte in HBM"),
    Field("hbm_type", 2, "1: HBM, 0: DDR"),
    Field("channel", 3, "HBM channel"),
    Field("length", 23, "bytes of a run"),
    Field("channels", 4, "note: channels whose bandwidth the transfer has, 1 or 8"),
    Field("matrix", 1, "note: 1: rows of the buffer as in MM mode, 0: as in MV mode"),
)
_PRODUCT = (
    Field("K", 14, "reduction, in blocks of 16"),
    Field("output", 1, "1: sums are requantised to int8 and written; 0: they stay in the accumulators"),
    Field("bias", 1, "1: the accumulators begin with the bias"),
    Field("relu", 1, "1: negative results become 0"),
    Field("sparse", 1, "1: blocks are N:16, with codes and indices"),
    Field("bias_addr", 12, "first row in the bias buffer"),
    Field("meta_addr", 12, "first row in the index buffer"),
    Field("fsb_addr", 12, "first row in the buffer of block codes"),
    Field("a_addr", 12, "first row in the A buffer"),
    Field("b_addr", 12, "first row in the B buffer"),
    Field("out_addr", 12, "first row in the global buffer"),
    Field("first", 1, "note: 1: the accumulators begin anew"),
    Field("shift", 6, "note: right shift of the sums before they are rounded to int8"),
    *_SHARE,
)
_MISC = (
    Field("in_a_addr", 12, "first row of the first operand in the global buffer"),
    Field("mask", 2, "1: masked"),
    Field("operation", 4, "0 add, 1 multiply, 2 softmax, 3 layer norm, 4 RMS norm, 5 SiLU"),
    Field("in_b_addr", 12, "first row of the second operand"),
    Field("out_addr", 12, "first row of the result"),
    Field("K", 14, "elements, in blocks of 16"),
)

DSP_CHAIN_ISA = InstructionSet(
    name="dsp_chain",
    queues=("LD", "ST", "MM", "MV", "MISC", "SYS"),
    resources=("hbm",),
    opcodes=(
        Opcode("LD", LD, HBM_PORT, _LD),
        Opcode("ST", ST, HBM_PORT, _ST),
        Opcode("MM", MM, -1, _PRODUCT),
        Opcode("MV", MV, -1, _PRODUCT),
        Opcode("MISC", MISC, -1, _MISC),
        Opcode("SYS", SYS, -1, ()),
    ),
)
