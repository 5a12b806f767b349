"""Planted faults of the SAT machine: each must be caught by the default lockstep bench."""

from tests.rtl.mutants import Mutant

ACT, WEIGHT = "sat/zs_act_fetch.sv", "sat/zs_weight_fetch.sv"
SUM, PAD = "sat/zs_accumulator.sv", "sat/zs_sat_scratchpad.sv"
GEMM, CORE = "sat/zs_gemm_unit.sv", "sat/zs_sat_core.sv"
NARROW, FP16 = "sat/zs_narrow_store.sv", "core sat-fp16"

CORE_MUTANTS = [
    Mutant(
        ACT, "row < CoordWidth'(tile_rows_i)", "row <= CoordWidth'(tile_rows_i)", "padding after a tile is off by one"
    ),
    Mutant(ACT, "CoordWidth'(dilation_cols_i) - before_cols", "CoordWidth'(dilation_cols_i)", "no padding before"),
    Mutant(ACT, "in_tile ? pad_data_i : '0", "pad_data_i", "padding is not zero"),
    Mutant(ACT, "AddressWidth'(image) * AddressWidth'(tile_rows_i) + ", "", "every image is the first one"),
    Mutant(
        ACT, "CoordWidth'(kernel_row) * CoordWidth'(dilation_rows_i)", "CoordWidth'(kernel_row)", "dilation ignored"
    ),
    Mutant(ACT, "CoordWidth'(stride_cols_i)", "CoordWidth'(stride_rows_i)", "stride of the other axis"),
    Mutant(WEIGHT, "m_i > 6'(1 << i)", "m_i >= 6'(1 << i)", "an index bit too many for powers of two"),
    Mutant(WEIGHT, "pad_data_i[MaxN+k] >> first_bit[2:0]", "pad_data_i[MaxN+k]", "indices begin at whole bytes"),
    Mutant(WEIGHT, "32'(c) * 32'(index_bits)", "32'(c) * 32'd4", "every index has four bits"),
    Mutant(SUM, "accumulate_q ? pad_read_data_i[c] : 32'd0", "pad_read_data_i[c]", "accumulators are not cleared"),
    Mutant(SUM, "16'(c) < output_count_q", "16'(c) <= output_count_q", "one column too many is written"),
    Mutant(SUM, "valid_i && 16'(c)", "valid_i && !start_i && 16'(c)", "a fold that starts at once eats the last sum"),
    Mutant(PAD, "<= write_here && write_row == late_row;", "<= 1'b0;", "a store reads a sum before it is written"),
    Mutant(GEMM, "SlotsWidth'(slot_first) / SlotsWidth'(n)", "SlotsWidth'(slot_first)", "slots taken for groups"),
    Mutant(GEMM, "SlotsWidth'(weight_row) * SlotsWidth'(n)", "SlotsWidth'(weight_row)", "rows share slots"),
    Mutant(
        GEMM, "PositionWidth'(position_first) + act_position[r]", "act_position[r]", "folds all start at position 0"
    ),
    Mutant(CORE, "store_q <= storing", "store_q <= start_o[Store]", "the end of a store is told to the load queue"),
    Mutant(CORE, "resource = 3'b101", "resource = 3'b001", "a store does not ask for the DRAM port"),
    Mutant(CORE, "pad_write_valid[i] && !weights_q", "pad_write_valid[i]", "weights overwrite activations"),
    Mutant(
        SUM,
        ".Width (AddressWidth),\n    .Stages(AddLatency - 1)",
        ".Width (AddressWidth),\n    .Stages(0)",
        "a sum lands in the place of a later one",
        FP16,
    ),
    Mutant(SUM, ".AddLatency(AddLatency)", ".AddLatency(1)", "sums leave the adder before they are expected", FP16),
    Mutant(
        GEMM,
        "  zs_delay #(\n    .Width   (1),\n    .Stages  (AddLatency - 1)",
        "  zs_delay #(\n    .Width   (1),\n    .Stages  (0)",
        "a fold ends before its sums are accumulated",
        FP16,
    ),
    Mutant(
        GEMM,
        ".Fp16         (Fp16),\n    .AddLatency   (AddLatency),\n    .AddressWidth",
        ".Fp16         (0),\n    .AddLatency   (1),\n    .AddressWidth",
        "fp32 sums are accumulated as whole numbers",
        FP16,
    ),
    Mutant(NARROW, "odd_q ? value_bytes[i+1]", "odd_q ? value_bytes[i]", "every beat begins with a whole value", FP16),
    Mutant(NARROW, "((offset >> 1) << 2)", "(offset << 1)", "a beat inside a value reads half an accumulator on", FP16),
    Mutant(NARROW, "!narrow_q ? pad_data_i[i]", "1'b0 ? pad_data_i[i]", "every store rounds", FP16),
    Mutant(NARROW, "narrow_i ? box_address_i", "1'b1 ? box_address_i", "fp32 stores skip every other sum", FP16),
    Mutant(
        CORE,
        "assign narrow          = head_word[Store]",
        "assign narrow          = head_word[Load]",
        "a load says whether stores round",
        FP16,
    ),
]
