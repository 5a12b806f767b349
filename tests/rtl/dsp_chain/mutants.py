"""Planted faults in the DSP chain."""

from tests.rtl.mutants import Mutant

SLICE, MUX, NODE = "dsp_chain/zs_dsp_slice.sv", "dsp_chain/zs_sparse_mux.sv", "dsp_chain/zs_reduction_node.sv"
OVERFLOW, CHAIN = "dsp_chain/zs_overflow_adjust.sv", "dsp_chain/zs_dsp_chain.sv"
SEQUENCER, COLUMNS = "dsp_chain/zs_block_sequencer.sv", "dsp_chain/zs_column_accumulator.sv"
UNIT = "dsp_chain/zs_vector_unit.sv"
CELLS, SIXTEEN, FOUR = "zs_dsp_slice cells", "zs_dsp_chain sixteen", "zs_vector_unit four"

DSP_MUTANTS = [
    Mutant(SLICE, "fresh_product_q ? 48'd0 : pcin_i", "fresh_q ? 48'd0 : pcin_i", "fresh sum a cycle early", CELLS),
    Mutant(SLICE, "(fresh_product_q ? 48'd0 : pcin_i)", "pcin_i", "cascade never cut", CELLS),
    Mutant(SLICE, "assign sum     = a_q + d_q", "assign sum     = a_q", "pre-adder missing", CELLS),
    Mutant(SLICE, "45'(sum) * 45'(b_q)", "45'(sum) * {27'd0, b_q}", "weight of a slice taken as unsigned", CELLS),
    Mutant(SLICE, "48'(product_q)", "{3'd0, product_q}", "product of a slice not sign-extended", CELLS),
    Mutant(SLICE, "if (en_i) begin", "begin", "slice moves while stalled", CELLS),
    Mutant(MUX, "{(IndexWidth-LowWidth)'(f), low_index}", "{low_index, 2'(f)}", "halves of the index swapped", CELLS),
    Mutant(MUX, "far_data[far_index]", "far_data[near_index]", "second MUX stage with the next index", CELLS),
    Mutant(MUX, "if (en_i) data_q <=", "data_q <=", "MUX moves while stalled", CELLS),
    Mutant(NODE, "p_i[17] && (p_i[16:10] != '0)", "p_i[17]", "node reads +131072 as -131072", CELLS),
    Mutant(NODE, "p_i[37:18] + {19'd0, borrows}", "p_i[37:18]", "upper lane not given back its borrow", CELLS),
    Mutant(NODE, " + {beside_i[8], beside_i, 10'd0}", "", "part beside the cascade lost", CELLS),
    Mutant(NODE, "{beside_i[8], beside_i, 10'd0}", "{1'b0, beside_i, 10'd0}", "part beside taken as unsigned", CELLS),
    Mutant(NODE, "packed_i ? lower : p_i[19:0]", "lower", "unpacked sum read as a lane", CELLS),
    Mutant(NODE, "(ends_i && packed_i) ? upper", "ends_i ? upper", "row 1 not 0 when unpacked", CELLS),
    Mutant(NODE, "ends_i ? 9'd0 : beside_i", "beside_i", "part beside goes on into the next segment", CELLS),
    Mutant(NODE, "!ends_i ? '0 : packed_i", "packed_i", "sum written where none ends", CELLS),
    Mutant(OVERFLOW, "p_i[17] && (p_i[16:10] != '0)", "p_i[17]", "adjust reads +131072 as -131072", CELLS),
    Mutant(OVERFLOW, "p_i[47:18] + {29'd0, borrows}", "p_i[47:18]", "borrow lost at the adjustment", CELLS),
    Mutant(OVERFLOW, "(packed_i && !ends_i) ?", "packed_i ?", "ended segment leaves something beside", CELLS),
    Mutant(OVERFLOW, "Stages(Stages + GroupSlices)", "Stages(Stages + 1)", "part beside a cycle early", CELLS),
    Mutant(OVERFLOW, "8'd0, p_i[9:0]} : p_i", "p_i[17:0]} : p_i", "part beside stays in the cascade, too", CELLS),
    Mutant(CHAIN, "i + ((i >= Half) ? OverflowStages : 0)", "i", "operands too early behind the adjustment", SIXTEEN),
    Mutant(CHAIN, "in_cuts_i[i/2-1]", "in_cuts_i[i/2]", "sum starts a group early", SIXTEEN),
    Mutant(CHAIN, ".window_i(in_window_i[r])", ".window_i(in_window_i[0])", "both rows are row 0", SIXTEEN),
    Mutant(CHAIN, "packed_rows ? selected[15:8] : 8'd0", "selected[15:8]", "row 1 in an unpacked sum", SIXTEEN),
    Mutant(CHAIN, "!out_valid_o || out_ready_i", "out_ready_i", "gaps not closed under stall", SIXTEEN),
    Mutant(CHAIN, "!out_valid_o || out_ready_i", "1'b1", "stall not seen", SIXTEEN),
    Mutant(
        CHAIN, "Stages(MuxStages + Skew + SliceLatency)", "Stages(MuxStages + Skew + 2)", "cut a cycle early", SIXTEEN
    ),
    Mutant(CHAIN, ".Stages(Latency)", ".Stages(Latency - 1)", "tag a cycle early", SIXTEEN),
    Mutant(CHAIN, ".Stages(LastSkew - Skew)", ".Stages(LastSkew - Skew + 1)", "sums a cycle late", SIXTEEN),
    Mutant(CHAIN, "{row_1[7], row_1, 18'd0}", "{1'b0, row_1, 18'd0}", "row 1 taken as unsigned", SIXTEEN),
    Mutant(SEQUENCER, "next_slot == slots;", "next_slot + 8'(Length) == slots;", "block a beat short", FOUR),
    Mutant(SEQUENCER, "blk_first_i && first_pass", "blk_first_i", "every pass clears", FOUR),
    Mutant(SEQUENCER, "blk_last_i && last_pass", "blk_last_i", "every pass is written", FOUR),
    Mutant(
        SEQUENCER, "blk_kept_i == '0 && !blk_first_i", "blk_kept_i == '0", "first block without weights dropped", FOUR
    ),
    Mutant(SEQUENCER, "ends_block ? '0 : next_slot", "next_slot", "slots go on from block to block", FOUR),
    Mutant(SEQUENCER, "4'(slot_q >> kept_log)", "4'(slot_q >> segment_log)", "passes go to other columns", FOUR),
    Mutant(SEQUENCER, "((5'd1 << segment_log) - 5'd1)", "5'd1", "chain cut behind every group", FOUR),
    Mutant(COLUMNS, "32'($signed(in_sums", "32'((in_sums", "sums not sign-extended", CELLS),
    Mutant(COLUMNS, "(clear_i ? '0 : held", "(1'b0 ? '0 : held", "columns never cleared", CELLS),
    Mutant(COLUMNS, "(((s+1)<<log)-1)", "(s<<log)", "sum of the segment's first group", CELLS),
    Mutant(COLUMNS, "if (take_i && 4'(s)", "if (4'(s)", "sums added while nothing is taken", CELLS),
    Mutant(COLUMNS, "column_i >> $clog2(s + 1))", "column_i >> 1)", "odd columns taken for even ones", CELLS),
    Mutant(UNIT, "out_free || !sums_write", "out_free", "unwritten sums wait for the output", FOUR),
    Mutant(UNIT, "out_free || !sums_write", "1'b1", "sums lost when the output is full", FOUR),
    Mutant(UNIT, "beat_weights ? wgt_weights_i : '0", "wgt_weights_i", "block without weights reads the port", FOUR),
    Mutant(
        UNIT,
        "chain_ready && beat_valid && beat_weights",
        "chain_ready && beat_valid",
        "block without weights takes some",
        FOUR,
    ),
    Mutant(
        UNIT,
        "chain_valid = beat_valid && (wgt_valid_i || !beat_weights)",
        "chain_valid = beat_valid",
        "beat without its weights",
        FOUR,
    ),
    Mutant(UNIT, ".in_packed_i (head_packed)", ".in_packed_i (1'b1)", "always packed", FOUR),
]
