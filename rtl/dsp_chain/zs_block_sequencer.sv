// SPDX-License-Identifier: Apache-2.0
//
// zs_block_sequencer: cuts the compressed weights of a 16 x 16 block into beats of a chain.
//
// Golden function: simulator.families.dsp_chain.chain.block_sums (the cuts), vector_unit (columns, clearing, writing)
// Timing function: simulator.families.dsp_chain.chain.block_cycles
// Latency:         0, combinational from the block to the beat
// Throughput:      one beat per cycle; no cycle is lost between blocks
// Contract:        blk_kept_i is one of 0, 2, 4, 8, 16 and, with all blk_*, holds until blk_ready_o, in the block's
//                  last beat. A block takes 16 * kept / Length beats, each with one of weights (beat_weights_o). One
//                  without weights takes none but for a cycle to drop it; if it is first or last it takes the beats
//                  of 2:16 without weights. Columns have segments of 2**(segment + 1) slices; segments of a beat
//                  belong to columns beat_column_o and following. beat_clear_o: its sums start the columns;
//                  beat_write_o: they end them.

`default_nettype none

module zs_block_sequencer #(
  parameter  int Length = 16,  // slices of the chain: 2, 4, 8 or 16
  // Derived: do not override.
  localparam int Groups = Length / 2
) (
  input  wire logic              clk_i,
  input  wire logic              rst_ni,
  input  wire logic              blk_valid_i,
  output      logic              blk_ready_o,
  input  wire logic [4:0]        blk_kept_i,
  input  wire logic              blk_first_i,
  input  wire logic              blk_last_i,
  output      logic              beat_valid_o,
  input  wire logic              beat_ready_i,
  output      logic              beat_weights_o,
  output      logic [Groups-1:0] beat_cuts_o,
  output      logic [3:0]        beat_column_o,
  output      logic [1:0]        beat_segment_o,
  output      logic              beat_clear_o,
  output      logic              beat_write_o
);

  localparam int LengthLog = $clog2(Length);

  // Slots, 16 for each kept weight of a column, of which the next beat takes Length.
  logic [7:0] slot_q, next_slot, slots;
  logic [2:0] kept_log, segment_log;
  logic drops, ends_block, first_pass, last_pass;

  always_comb begin : p_kept
    case (blk_kept_i)
      5'd16:   kept_log = 3'd4;
      5'd8:    kept_log = 3'd3;
      5'd4:    kept_log = 3'd2;
      default: kept_log = 3'd1;
    endcase
  end

  assign segment_log = (kept_log > 3'(LengthLog)) ? 3'(LengthLog) : kept_log;
  assign slots       = 8'd16 << kept_log;  // 256 of them are 0, as is the slot behind the last
  assign next_slot   = slot_q + 8'(Length);
  assign ends_block  = next_slot == slots;
  assign first_pass  = (slot_q & ((8'd1 << kept_log) - 8'd1)) == '0;
  assign last_pass   = (next_slot & ((8'd1 << kept_log) - 8'd1)) == '0;
  assign drops       = blk_kept_i == '0 && !blk_first_i && !blk_last_i;

  assign beat_valid_o   = blk_valid_i && !drops;
  assign beat_weights_o = blk_kept_i != '0;
  assign beat_column_o  = 4'(slot_q >> kept_log);
  assign beat_segment_o = 2'(segment_log - 3'd1);
  assign beat_clear_o   = blk_first_i && first_pass;
  assign beat_write_o   = blk_last_i && last_pass;
  assign blk_ready_o    = drops || (beat_ready_i && ends_block);

  always_comb begin : p_cuts
    for (int g = 0; g < Groups; g++) begin
      beat_cuts_o[g] = (5'(2 * (g + 1)) & ((5'd1 << segment_log) - 5'd1)) == '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_slot
    if (!rst_ni) slot_q <= '0;
    else if (beat_valid_o && beat_ready_i) slot_q <= ends_block ? '0 : next_slot;
  end

  initial begin : p_check_parameters
    if (Length != 2 && Length != 4 && Length != 8 && Length != 16)
      $fatal(1, "zs_block_sequencer: Length=%0d is none of 2, 4, 8, 16 (%m)", Length);
  end

`ifdef FORMAL
`include "zs_block_sequencer_formal.svh"
`endif

endmodule

`default_nettype wire
