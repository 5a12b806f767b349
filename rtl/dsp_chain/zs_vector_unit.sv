// SPDX-License-Identifier: Apache-2.0
//
// zs_vector_unit: one chain with its sequencer and accumulators; blocks and compressed weights in, sums out.
//
// Golden function: simulator.families.dsp_chain.chain.vector_unit
// Timing function: simulator.families.dsp_chain.chain.unit_cycles and block_cycles
// Latency:         a block waits 1 cycle in its register; 1 + latency of the chain from the weights of a column's
//                  last beat to out_valid_o, if the output does not stall
// Throughput:      one beat of Length weights per cycle, no cycle lost between blocks
// Contract:        three valid/ready ports. blk_*: a block of 16 x 16 weights: kept weights of each column (0, 2, 4,
//                  8 or 16), first and last block of its columns, whether both rows count, and 16 activations of
//                  each row. wgt_*: the block's 16 * kept weights, column by
//                  column, Length a beat, each with its index in the window; taken as the block needs them.
//                  out_*: behind a last block, sums of columns out_column_o and following, out_columns_o of them,
//                  row 0 of the s-th in out_sums_o[2s], row 1 in out_sums_o[2s + 1]; the rest is 0. wgt_ready_o does
//                  not look at wgt_valid_i nor out_ready_i; blk_ready_o, out_valid_o and out_* come from flops.

`default_nettype none

module zs_vector_unit #(
  parameter  int Length          = 16,  // slices: 2, 4, 8 or 16
  parameter  int MuxStages       = 1,   // registers of a sparse MUX, [1, 2]
  parameter  int ReductionStages = 1,   // of a reduction node, [1, 4]
  parameter  int OverflowStages  = 1,   // of the overflow adjust unit, [1, 4]
  // Derived: do not override.
  localparam int Inputs          = 16,
  localparam int IndexWidth      = 4
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_ni,
  input  wire logic                              blk_valid_i,
  output      logic                              blk_ready_o,
  input  wire logic [4:0]                        blk_kept_i,
  input  wire logic                              blk_first_i,
  input  wire logic                              blk_last_i,
  input  wire logic                              blk_packed_i,
  input  wire logic [1:0][8*Inputs-1:0]          blk_window_i,
  input  wire logic                              wgt_valid_i,
  output      logic                              wgt_ready_o,
  input  wire logic [Length-1:0][7:0]            wgt_weights_i,
  input  wire logic [Length-1:0][IndexWidth-1:0] wgt_indices_i,
  output      logic                              out_valid_o,
  input  wire logic                              out_ready_i,
  output      logic [3:0]                        out_column_o,
  output      logic [3:0]                        out_columns_o,
  output      logic [Length-1:0][31:0]           out_sums_o
);

  localparam int Groups     = Length / 2;
  localparam int BlockWidth = 8 + 16 * Inputs;
  localparam int TagWidth   = 8;
  localparam int OutWidth   = 8 + 32 * Length;

  logic head_valid, head_ready, head_first, head_last, head_packed;
  logic [4:0] head_kept;
  logic [1:0][8*Inputs-1:0] head_window;
  logic beat_valid, beat_ready, beat_weights, chain_valid, chain_ready;
  logic [Groups-1:0] beat_cuts;
  logic [TagWidth-1:0] beat_tag;
  logic sums_valid, sums_ready, sums_clear, sums_write;
  logic [3:0] sums_column, sums_columns;
  logic [1:0] sums_segment;
  logic [Groups-1:0][39:0] sums;
  logic [Length-1:0][31:0] totals;
  logic out_free;

  zs_spill_register #(
    .Width(BlockWidth)
  ) u_block (
    .clk_i,
    .rst_ni,
    .in_valid_i (blk_valid_i),
    .in_ready_o (blk_ready_o),
    .in_data_i  ({blk_kept_i, blk_first_i, blk_last_i, blk_packed_i, blk_window_i}),
    .out_valid_o(head_valid),
    .out_ready_i(head_ready),
    .out_data_o ({head_kept, head_first, head_last, head_packed, head_window})
  );

  zs_block_sequencer #(
    .Length(Length)
  ) u_sequencer (
    .clk_i,
    .rst_ni,
    .blk_valid_i   (head_valid),
    .blk_ready_o   (head_ready),
    .blk_kept_i    (head_kept),
    .blk_first_i   (head_first),
    .blk_last_i    (head_last),
    .beat_valid_o  (beat_valid),
    .beat_ready_i  (beat_ready),
    .beat_weights_o(beat_weights),
    .beat_cuts_o   (beat_cuts),
    .beat_column_o (beat_tag[3:0]),
    .beat_segment_o(beat_tag[5:4]),
    .beat_clear_o  (beat_tag[6]),
    .beat_write_o  (beat_tag[7])
  );

  assign chain_valid = beat_valid && (wgt_valid_i || !beat_weights);
  assign beat_ready  = chain_ready && (wgt_valid_i || !beat_weights);
  assign wgt_ready_o = chain_ready && beat_valid && beat_weights;

  zs_dsp_chain #(
    .Length         (Length),
    .MuxStages      (MuxStages),
    .ReductionStages(ReductionStages),
    .OverflowStages (OverflowStages),
    .TagWidth       (TagWidth)
  ) u_chain (
    .clk_i,
    .rst_ni,
    .in_valid_i  (chain_valid),
    .in_ready_o  (chain_ready),
    .in_window_i (head_window),
    .in_weights_i(beat_weights ? wgt_weights_i : '0),
    .in_indices_i(beat_weights ? wgt_indices_i : '0),
    .in_cuts_i   (beat_cuts),
    .in_packed_i (head_packed),
    .in_tag_i    (beat_tag),
    .out_valid_o (sums_valid),
    .out_ready_i (sums_ready),
    .out_sums_o  (sums),
    .out_tag_o   ({sums_write, sums_clear, sums_segment, sums_column})
  );

  // Only a beat that is written has to wait for the output.
  assign sums_ready = out_free || !sums_write;

  zs_column_accumulator #(
    .Length(Length)
  ) u_accumulator (
    .clk_i,
    .take_i       (sums_valid && sums_ready),
    .clear_i      (sums_clear),
    .column_i     (sums_column),
    .segment_i    (sums_segment),
    .in_sums_i    (sums),
    .out_columns_o(sums_columns),
    .out_sums_o   (totals)
  );

  zs_spill_register #(
    .Width(OutWidth)
  ) u_out (
    .clk_i,
    .rst_ni,
    .in_valid_i (sums_valid && sums_write),
    .in_ready_o (out_free),
    .in_data_i  ({sums_column, sums_columns, totals}),
    .out_valid_o,
    .out_ready_i,
    .out_data_o ({out_column_o, out_columns_o, out_sums_o})
  );

endmodule

`default_nettype wire
