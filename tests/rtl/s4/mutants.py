"""Planted faults in rtl/s4: each must be caught by the default run of the bench."""

from tests.rtl.mutants import Mutant

DECODER, SEQUENCER, SPU = "s4/zs_pair_decoder.sv", "s4/zs_spu_sequencer.sv", "s4/zs_spu.sv"
GATHER, ROW, SRAM = "s4/zs_gather.sv", "s4/zs_mac_row.sv", "s4/zs_sram.sv"

S4_MUTANTS = [
    Mutant(DECODER, "buffer_q[IndexBits+:8]", "buffer_q[IndexBits+1+:8]", "value a bit too high"),
    Mutant(DECODER, "buffer_q[IndexWidth-1:0]", "{buffer_q[IndexWidth-2:0], 1'b0}", "index loses its top bit"),
    Mutant(DECODER, "fill_d   = fill_d - width;", "fill_d   = fill_d - FillWidth'(8);", "index bits not consumed"),
    Mutant(DECODER, "ends_run ? run_i : run_q", "(run_q == '0) ? run_i : run_q", "dense channels a value too long"),
    Mutant(
        DECODER,
        "if (Bank == 1 || ends_run || channel_q",
        "if (Bank == 1 || channel_q",
        "dense index runs on over kernel positions",
    ),
    Mutant(
        DECODER,
        "fill_q <= FillWidth'(WordWidth) && left_q",
        "fill_q < FillWidth'(WordWidth / 4) && left_q",
        "words taken late",
    ),
    Mutant(
        DECODER,
        "if (give) begin\n      buffer_d",
        "if (out_valid_o) begin\n      buffer_d",
        "pair lost while the ring writes",
    ),
    Mutant(GATHER, "window[(c*Bank+b)*8+:8]", "window[b*8+:8]", "all columns get the first position"),
    Mutant(
        GATHER, "index_i[r] == IndexWidth'(b)", "index_i[0] == IndexWidth'(b)", "all rows use the first row's index"
    ),
    Mutant(ROW, "16'($signed(operand_i[c]))", "16'({8'd0, operand_i[c]})", "activation taken as unsigned"),
    Mutant(ROW, "32'($signed(product_q[c]))", "32'({16'd0, product_q[c]})", "product not sign-extended"),
    Mutant(ROW, "(load_i ? psum_i[c] : 32'd0)", "32'd0", "partial sums of earlier channels dropped"),
    Mutant(ROW, "(load_i ? psum_i[c] : 32'd0)", "psum_i[c]", "first channels added to what lay there"),
    Mutant(ROW, "if (valid_q) sum_q", "if (valid_i) sum_q", "sums a cycle early"),
    Mutant(SEQUENCER, "(bank_q == banks_i - 1'b1) ? rest_i : kept_i", "kept_i", "short bank walked to its full length"),
    Mutant(
        SEQUENCER,
        "if (end_step && slot_q == ring_i - 1'b1) sum_addr_q",
        "if (end_step && slot_q == ring_i) sum_addr_q",
        "sums of the last place not wrapped",
    ),
    Mutant(
        SEQUENCER, "{weight_half_i, parity ^ step_q[0]}", "{weight_half_i, parity}", "every step walks the first place"
    ),
    Mutant(SEQUENCER, "parity ^ ring_i[0]", "1'b0", "home forgotten after an odd turn"),
    Mutant(
        SEQUENCER,
        "if (load_i) parity_q[load_half_i]",
        "if (load_i) parity_q[!load_half_i]",
        "load resets the other half's place",
    ),
    Mutant(SEQUENCER, "issuing_q && (step_q == '0 || there)", "issuing_q", "walks pairs that have not arrived"),
    Mutant(SEQUENCER, "arrived_q > pair_addr_q;", "arrived_q > pair_addr_q + 1'b1;", "waits for a pair too many"),
    Mutant(
        SEQUENCER,
        "(arrive_step_q == step_q || arrive_step_q == step_q + 1'b1)",
        "1'b1",
        "takes pairs into the place that is being walked",
    ),
    Mutant(
        SEQUENCER, "pair_addr_q <= pair_base_q;", "pair_addr_q <= '0;", "second block walks the first round's filters"
    ),
    Mutant(
        SEQUENCER,
        "act_addr_q <= end_blocks ? '0",
        "act_addr_q <= end_block ? '0",
        "every block gets the first positions",
    ),
    Mutant(SEQUENCER, "in_ring && block_q == '0", "in_ring", "pairs handed on once for every block"),
    Mutant(
        SEQUENCER,
        "all_arrived_o  = !in_ring || arrive_step_q > ring_i",
        "all_arrived_o  = 1'b1",
        "ends before its sub-filters are home",
    ),
    Mutant(SPU, "last_q[4] && !drain_i", "last_q[4] && drain_i", "sums kept in the wrong passes"),
    Mutant(
        SPU,
        "valid_q[1] && forward_q && !forwarded_q",
        "valid_q[1] && forward_q",
        "pair handed on twice when a sum stalls",
    ),
    Mutant(SPU, "last_q[4] && drain_i && !drained_q", "last_q[4] && drain_i", "sum given twice when a link stalls"),
    Mutant(SPU, "pair_ready  = !arrive;", "pair_ready  = 1'b1;", "decoded pair lost to the ring's"),
    Mutant(SPU, "= !forward_waits && !drain_waits", "= !forward_waits", "sums overtaken under stall"),
    Mutant(SPU, "= !forward_waits && !drain_waits", "= !drain_waits", "pairs overtaken under stall"),
    Mutant(
        SPU,
        "load_base_q <= load_base_q + load_pairs_q;",
        "load_base_q <= load_base_q;",
        "later filters overwrite the first",
    ),
    Mutant(SPU, "{pair_value, pair_index}", "{pair_value, pair_index ^ IndexWidth'(1)}", "neighbouring channel picked"),
    Mutant(SRAM, "if (read_i) data_q", "data_q", "memory does not hold under stall"),
]
