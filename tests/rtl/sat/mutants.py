"""Planted faults in rtl/sat: each must be caught by the default benches of this folder.

Beside what tests.rtl.mutants.Mutant says, a fault names the bench and the configuration that are tried first.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    """``original`` stands once in ``file`` under rtl and is replaced by ``mutated``; see tests.rtl.mutants."""

    file: str
    original: str
    mutated: str
    fault: str
    bench: str


OPERAND, INT8, FP16 = "sat/zs_pe_operand.sv", "sat/zs_pe_int8.sv", "sat/zs_pe_fp16.sv"
SEQUENCER, ARRAY, OUT = "sat/zs_fold_sequencer.sv", "sat/zs_array.sv", "sat/zs_array_out.sv"
ADD, MUL, MUL32, NARROW = "sat/zs_fp32_add.sv", "sat/zs_fp16_mul.sv", "sat/zs_fp32_mul.sv", "sat/zs_fp32_to_fp16.sv"
SORE, LANE, WUVE = "sat/zs_sore.sv", "sat/zs_sore_lane.sv", "sat/zs_wuve.sv"

SAT_MUTANTS = [
    Mutant(
        OPERAND,
        "if (index == IndexWidth'(i)) activation_o",
        "if (index == IndexWidth'(i - 1)) activation_o",
        "index off by one",
        "array tiny",
    ),
    Mutant(
        OPERAND,
        "slot_i == SlotWidth'(i)) begin\n        weight_o = weights_q[i];\n        index    = indices_q[i];",
        "slot_i == SlotWidth'(i)) begin\n        weight_o = weights_q[i];\n        index    = indices_q[0];",
        "index of the first slot used for all",
        "array tiny",
    ),
    Mutant(
        OPERAND,
        "os_i ? weights_i[0] : weights_q[0]",
        "weights_q[0]",
        "output-stationary weight a cycle late",
        "array tiny",
    ),
    Mutant(INT8, "(first_q ? 32'd0 : psum_q)", "psum_q", "accumulator not cleared", "array tiny"),
    Mutant(
        INT8,
        "(last_q && !os_i) ? psum_i",
        "last_q ? psum_i",
        "sum from above added to output-stationary sums, too",
        "array tiny",
    ),
    Mutant(INT8, "if (drain_i) psum_q <= psum_i;\n    else if (valid_q)", "if (valid_q)", "no drain", "array tiny"),
    Mutant(
        INT8,
        "16'($signed(activation)) * 16'($signed(weight))",
        "16'($signed(activation)) * 16'({8'd0, weight})",
        "weight taken as unsigned",
        "array tiny",
    ),
    Mutant(
        INT8,
        "32'(product_q) +",
        "{16'd0, product_q} +",
        "product not sign-extended",
        "array tiny",
    ),
    Mutant(
        FP16,
        "a = emit ? psum_i : (first ? 32'd0 : accumulated);",
        "a = emit ? psum_i : accumulated;",
        "fp16 accumulator not cleared",
        "array fp16-partial",
    ),
    Mutant(
        FP16,
        "b = (emit && !single_i) ? accumulated : product;",
        "b = product;",
        "group sum lost on its way down",
        "array fp16-partial",
    ),
    Mutant(
        FP16,
        "else if (gather_q && acc_q == AccWidth'(i))",
        "else if (gather_q && acc == AccWidth'(i))",
        "sum goes into the accumulator of another position",
        "array fp16-partial",
    ),
    Mutant(
        SEQUENCER,
        "localparam int OsFill = Rows + AddLatency - 2 + MulLatency;",
        "localparam int OsFill = Rows + AddLatency - 1 + MulLatency;",
        "output-stationary fold a cycle too long",
        "array tiny",
    ),
    Mutant(
        SEQUENCER,
        "localparam int WsFill = Rows * AddLatency - 1 + MulLatency;",
        "localparam int WsFill = Rows * AddLatency - 2 + MulLatency;",
        "weight-stationary fold ends a cycle early",
        "array tiny",
    ),
    Mutant(
        SEQUENCER,
        "in_range   = position < positions_q && (os_q || offset_q < PositionWidth'(Interleave));",
        "in_range   = position < positions_q;",
        "more positions in a batch than accumulators",
        "array fp16-partial",
    ),
    Mutant(
        SEQUENCER,
        "(state_q == StIssue && slot_q == '0 && base_q != '0) || state_q == StFlush",
        "state_q == StFlush",
        "only the last batch passes its group sums on",
        "array fp16-partial",
    ),
    Mutant(
        SEQUENCER,
        "if (slot_q != n_q - 1'b1) begin",
        "if (slot_q != n_q) begin",
        "group counter counts one slot too many",
        "array tiny",
    ),
    Mutant(
        SEQUENCER,
        "drain_position_o = base_q + PositionWidth'(wait_q)",
        "drain_position_o = base_q + PositionWidth'(Rows - 1) - PositionWidth'(wait_q)",
        "drained results in the wrong order",
        "array tiny",
    ),
    Mutant(
        ARRAY,
        "row_used[r]       = SlotsWidth'(r * int'(n)) < slots",
        "row_used[r]       = 1'b1",
        "rows beyond the fold multiply noise",
        "array tiny",
    ),
    Mutant(
        ARRAY,
        "assign load_used      = SlotsWidth'(int'(load_row) * int'(n)) < slots;",
        "assign load_used      = 1'b1;",
        "noise kept as the weights of rows beyond the fold",
        "array fp16-partial",
    ),
    Mutant(OUT, ".Stages(Cols - 1 - c)", ".Stages(Cols - 1)", "results not aligned over columns", "array tiny"),
    Mutant(
        ARRAY,
        "command[r+1] = os ? after_one : after_addition",
        "command[r+1] = after_one",
        "rows follow each other before the sum is there",
        "array fp16-partial",
    ),
    Mutant(
        OUT,
        "if (clear_i) ready_position_q <= '0;",
        "if (!rst_ni) ready_position_q <= '0;",
        "positions counted on from fold to fold",
        "array tiny",
    ),
    Mutant(
        ADD,
        "up = normal_q4[2] && (normal_q4[3] || normal_q4[1:0] != '0);",
        "up = 1'b0;",
        "rounding toward zero",
        "fp",
    ),
    Mutant(
        ADD,
        "up = normal_q4[2] && (normal_q4[3] || normal_q4[1:0] != '0);",
        "up = normal_q4[2];",
        "ties away from zero",
        "fp",
    ),
    Mutant(
        ADD,
        "aligned = {shifted[50:25], shifted[24:0] != '0};",
        "aligned = shifted[50:24];",
        "sticky bit dropped",
        "fp",
    ),
    Mutant(
        ADD,
        "normal   = {raw_q3[27:2], raw_q3[1] | raw_q3[0]};",
        "normal   = raw_q3[27:1];",
        "sticky bit lost after a carry",
        "fp",
    ),
    Mutant(
        ADD,
        "shift = (exponent_q3 <= 8'(zeros)) ? 5'(exponent_q3 - 8'd1) : zeros;",
        "shift = zeros;",
        "subnormal sums normalised",
        "fp",
    ),
    Mutant(ADD, "zero_sign = sign_q2 && !subtract_q2;", "zero_sign = sign_q2;", "cancellation gives -0", "fp"),
    Mutant(
        MUL,
        "(a_i[14:10] == '0) ? 5'd1 : a_i[14:10]",
        "a_i[14:10]",
        "subnormal factor halved",
        "fp",
    ),
    Mutant(
        MUL32,
        "(below > 11'd26) ? 11'd26 : below",
        "(below > 11'd24) ? 11'd24 : below",
        "tiny products keep a bit",
        "fp",
    ),
    Mutant(
        NARROW,
        "up = shifted[37] && (shifted[38] || shifted[36:0] != '0);",
        "up = shifted[37] && shifted[36:0] != '0;",
        "ties of the narrowing toward zero",
        "fp",
    ),
    Mutant(LANE, "magnitude > magnitude_q[k]", "magnitude >= magnitude_q[k]", "ties to the higher index", "sore fp16"),
    Mutant(
        LANE,
        "{1'b0, data_i[Width-2:0]}",
        "data_i",
        "sign taken as part of the magnitude",
        "sore fp16",
    ),
    Mutant(
        LANE,
        "first_i || !there_q[k] ||",
        "!there_q[k] ||",
        "list not emptied between groups",
        "sore fp16",
    ),
    Mutant(
        LANE,
        "stored[k] = kept[k] && magnitude_d[k] != '0;",
        "stored[k] = kept[k];",
        "kept zeros take a slot",
        "sore fp16",
    ),
    Mutant(
        SORE,
        "in_ready_o    = !ends || !out_valid_q || out_ready_i;",
        "in_ready_o    = 1'b1;",
        "result overwritten under stall",
        "sore fp16",
    ),
    Mutant(
        SORE,
        "in_ready_o    = !ends || !out_valid_q || out_ready_i;",
        "in_ready_o    = !out_valid_q || out_ready_i;",
        "input stops although there is room",
        "sore fp16",
    ),
    Mutant(SORE, "in_last_i || CountWidth'(index_q)", "CountWidth'(index_q)", "short group not ended", "sore fp16"),
    Mutant(WUVE, "{!step[31], step[30:0]}", "step", "gradient ascent", "wuve pipelined"),
    Mutant(
        WUVE,
        ".a_i      (learning_rate_i),\n      .b_i      (velocity_q),",
        ".a_i      (learning_rate_i),\n      .b_i      (velocity_d),",
        "velocity used a cycle early",
        "wuve pipelined",
    ),
    Mutant(
        WUVE,
        "advance    = !out_valid_o || out_ready_i",
        "advance    = 1'b1",
        "pipeline ignores a stall",
        "wuve pipelined",
    ),
]
