"""S4's instructions: six queues, and two shared resources (DRAM, L2)."""

from simulator.isa import Field, InstructionSet, Opcode

LOAD, NOC, FETCH, SPU, VECTOR, STORE = range(6)
DRAM, L2 = 0, 1
TO_LOAD, TO_NOC, TO_FETCH, TO_SPU, TO_VECTOR, TO_STORE = (1 << queue for queue in range(6))

BOX = (
    Field("address", 40, "first byte"),
    Field("runs", 30, "runs of contiguous bytes"),
    Field("run_bytes", 30, "bytes of a run"),
    Field("stride", 30, "bytes from run to run"),
    Field("group_stride", 40, "bytes from convolution group to group"),
)
GROUPS = (
    Field("group", 20, "first convolution group"),
    Field("groups", 10, "groups side by side"),
)
POSITIONS = (
    Field("position", 36, "first output position, counted through the layer"),
    Field("positions", 30, "output positions"),
)
CHANNELS = (
    Field("channel", 20, "first input channel of the group"),
    Field("channels", 20, "input channels"),
)
OUTPUTS = (
    Field("output", 20, "first filter of the group"),
    Field("outputs", 20, "filters"),
)
HALF = Field("half", 1, "half of the L1 buffer")
BYTES = Field("bytes", 40, "bytes moved")

S4_ISA = InstructionSet(
    name="s4",
    queues=("load", "noc", "fetch", "spu", "vector", "store"),
    resources=("dram", "l2"),
    opcodes=(
        # Weights: DRAM to L2, then over the NoC to all rings. A second operand that is an activation comes from L2.
        Opcode("LOAD", LOAD, DRAM, (*BOX, *GROUPS)),
        Opcode("SPREAD", NOC, -1, (*GROUPS, *OUTPUTS, *CHANNELS, HALF, BYTES)),
        Opcode("BRING", NOC, L2, (*GROUPS, *OUTPUTS, *CHANNELS, HALF, BYTES)),
        # Activations to the SPUs: from L2, or from DRAM where the tensor does not fit into L2.
        Opcode("FETCH", FETCH, L2, (*GROUPS, *POSITIONS, *CHANNELS, HALF, BYTES)),
        Opcode("PULL", FETCH, DRAM, (*BOX, *GROUPS, *POSITIONS, *CHANNELS, HALF, BYTES)),
        # One turn of the rings: every SPU multiplies its positions with every sub-filter of the tile.
        Opcode(
            "PASS",
            SPU,
            -1,
            (
                *GROUPS,
                *POSITIONS,
                *CHANNELS,
                *OUTPUTS,
                Field("ring", 5, "places of the ring"),
                Field("filters", 20, "filters at one place"),
                Field("share", 30, "output positions of one SPU"),
                Field("pairs", 30, "index-value pairs of one filter"),
                Field("weight_half", 1, "half of the weights"),
                Field("activation_half", 1, "half of the activations"),
                Field("accumulate", 1, "1: add to the partial sums; 0: overwrite them"),
                Field("drain", 1, "1: the sums are complete and leave for the vector unit"),
                Field("output_half", 1, "half they leave to"),
            ),
        ),
        Opcode(
            "VECTOR",
            VECTOR,
            -1,
            (
                HALF,
                Field("shift", 6, "bits by which int32 sums are scaled down to int8"),
                Field("int_ops", 40, "int8 vector operations"),
                Field("float_ops", 40, "bf16 vector operations"),
                Field("special_ops", 40, "bf16 special functions"),
            ),
        ),
        Opcode("KEEP", STORE, L2, (*GROUPS, *POSITIONS, *OUTPUTS, HALF, BYTES)),
        Opcode("STORE", STORE, DRAM, (*BOX, *GROUPS, *POSITIONS, *OUTPUTS, HALF, BYTES)),
    ),
)
