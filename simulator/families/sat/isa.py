"""SAT's instructions: three queues (load, execute, store), one DRAM port."""

from simulator.isa import Field, InstructionSet, Opcode

LOAD, EXECUTE, STORE = 0, 1, 2
DRAM_PORT = 0
TO_LOAD, TO_EXECUTE, TO_STORE = 1 << LOAD, 1 << EXECUTE, 1 << STORE
ACTIVATIONS, WEIGHTS = 0, 1

BOX = (
    Field("dram_address", 40, "first byte in DRAM"),
    Field("pad_address", 30, "first byte in the scratchpad; the box lies there without gaps"),
    Field("images", 16, "boxes of rows"),
    Field("rows", 24, "rows of columns"),
    Field("cols", 24, "runs of contiguous bytes"),
    Field("run_bytes", 30, "bytes of a run in DRAM"),
    Field("image_stride", 40, "bytes from image to image in DRAM"),
    Field("row_stride", 40, "bytes from row to row"),
    Field("col_stride", 32, "bytes from run to run"),
)

_GEMM = (
    Field("activation_address", 30, "first byte of the activation tile in its scratchpad"),
    Field("weight_address", 30, "first byte of the weight tile"),
    Field("output_address", 30, "first byte of the accumulator tile"),
    Field("output_stationary", 1, "1: outputs stay in the array; 0: weights do"),
    Field("accumulate", 1, "1: add to the accumulators; 0: overwrite them"),
    Field("chain_first", 1, "1: no fold of this tile ran directly before"),
    Field("chain_last", 1, "1: none follows directly"),
    Field("n", 6, "kept weights of a group"),
    Field("m", 6, "weights of a group"),
    Field("kernel_rows", 8, "kernel height"),
    Field("kernel_cols", 8, "kernel width"),
    Field("stride_rows", 8, "rows of the tile between two output rows"),
    Field("stride_cols", 8, "columns of the tile between two output columns"),
    Field("dilation_rows", 8, "rows between two kernel rows"),
    Field("dilation_cols", 8, "columns between two kernel columns"),
    Field("before_rows", 16, "rows of padding before the tile", signed=True),
    Field("before_cols", 16, "columns of padding before the tile", signed=True),
    Field("tile_rows", 24, "rows of the activation tile"),
    Field("tile_cols", 20, "columns of the activation tile"),
    Field("channels", 20, "channels of the activation tile"),
    Field("out_rows", 24, "output rows per image of the tile"),
    Field("out_cols", 20, "output columns per image of the tile"),
    Field("outputs", 20, "output channels of the tile"),
    Field("position_first", 30, "first output position of this fold, counted through the tile"),
    Field("position_count", 30, "output positions of this fold"),
    Field("slot_first", 24, "first weight slot (group * n + slot) of this fold"),
    Field("slot_count", 24, "weight slots of this fold"),
    Field("output_first", 20, "first output channel of this fold, in the tile"),
    Field("output_count", 16, "output channels of this fold"),
)

SAT_ISA = InstructionSet(
    name="sat",
    queues=("load", "execute", "store"),
    resources=("dram",),
    opcodes=(
        Opcode("LOAD", LOAD, DRAM_PORT, (*BOX, Field("buffer", 1, "0: activations, 1: weights"))),
        Opcode("GEMM", EXECUTE, -1, _GEMM),
        Opcode("STORE", STORE, DRAM_PORT, (*BOX, Field("narrow", 1, "1: accumulators are rounded to elements"))),
    ),
)
