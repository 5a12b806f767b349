// SPDX-License-Identifier: Apache-2.0
//
// Proof of zs_block_sequencer, included at its end under FORMAL: a block takes exactly its beats; its segments come for
// columns 0 to 15 in order, each started once in a first block and written once in a last one.

logic f_begun = 1'b0;
always_ff @(posedge clk_i) f_begun <= 1'b1;
always_comb assume (f_begun || !rst_ni);

// The block at the input is legal, and holds until it is taken.
logic f_held_q;
logic [6:0] f_block_q;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) f_held_q <= 1'b0;
  else f_held_q <= blk_valid_i && !blk_ready_o;
end
always_ff @(posedge clk_i) f_block_q <= {blk_kept_i, blk_first_i, blk_last_i};

always_comb begin
  assume (blk_kept_i == 0 || blk_kept_i == 2 || blk_kept_i == 4 || blk_kept_i == 8 || blk_kept_i == 16);
  if (f_held_q) assume (blk_valid_i && f_block_q == {blk_kept_i, blk_first_i, blk_last_i});
end

// Counted apart: beats of the block, and its columns that were started and ended.
logic [7:0] f_beats_q, f_expected;
logic [4:0] f_started_q, f_ended_q, f_segments, f_kept;
logic [2:0] f_log;
logic [8:0] f_slots, f_next_slots;
logic f_moves, f_starts, f_ends;

assign f_kept       = (blk_kept_i == '0) ? 5'd2 : blk_kept_i;
assign f_log        = f_kept[4] ? 3'd4 : f_kept[3] ? 3'd3 : f_kept[2] ? 3'd2 : 3'd1;
assign f_expected   = 8'((9'(f_kept) * 9'd16) / Length);
assign f_slots      = 9'(f_beats_q) * 9'(Length);
assign f_next_slots = f_slots + 9'(Length);
assign f_moves      = beat_valid_o && beat_ready_i;
assign f_starts     = f_kept <= Length || f_started_q == f_ended_q;
assign f_ends       = f_kept <= Length || (f_next_slots & (9'(f_kept) - 1)) == '0;

always_comb begin
  f_segments = '0;
  for (int g = 0; g < Groups; g++) f_segments = f_segments + 5'(beat_cuts_o[g]);
end

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_beats_q   <= '0;
    f_started_q <= '0;
    f_ended_q   <= '0;
  end else if (blk_valid_i && blk_ready_o) begin
    f_beats_q   <= '0;
    f_started_q <= '0;
    f_ended_q   <= '0;
  end else if (f_moves) begin
    f_beats_q   <= f_beats_q + 1'b1;
    f_started_q <= f_started_q + (f_starts ? f_segments : 5'd0);
    f_ended_q   <= f_ended_q + (f_ends ? f_segments : 5'd0);
  end
end

always_comb begin
  if (rst_ni) begin
    // What the block's beats so far imply; with it, induction needs one step.
    assert (9'(slot_q) == f_slots);
    assert (f_beats_q < f_expected || !blk_valid_i);
    assert (f_held_q || f_beats_q == '0);
    if (f_beats_q != '0) assert (f_ended_q == 5'(f_slots >> f_log));
    if (f_beats_q != '0) assert (f_started_q == 5'((f_slots + f_kept - 1) >> f_log));
    if (f_beats_q == '0) assert (f_started_q == '0 && f_ended_q == '0);
  end
  if (rst_ni && f_moves) begin
    assert (beat_cuts_o[Groups-1]);
    assert (beat_column_o == f_ended_q[3:0]);
    assert (9'(f_segments) << (3'(beat_segment_o) + 1) == Length);
    assert (beat_clear_o == (blk_first_i && f_starts));
    assert (beat_write_o == (blk_last_i && f_ends));
    assert (beat_weights_o == (blk_kept_i != '0));
    assert (blk_ready_o == (f_beats_q + 1'b1 == f_expected));
    if (blk_ready_o) assert (f_ended_q + f_segments == 5'd16);
  end
  if (rst_ni && blk_valid_i && !beat_valid_o) assert (blk_ready_o && blk_kept_i == '0 && !blk_first_i && !blk_last_i);
end

(* keep *) wire f_cover_second_pass = rst_ni && f_moves && f_started_q != f_ended_q;
(* keep *) wire f_cover_one_pass = rst_ni && f_moves && f_starts && f_ends && f_beats_q != '0;
(* keep *) wire f_cover_dropped = rst_ni && blk_valid_i && !beat_valid_o;
(* keep *) wire f_cover_zero_block_ends = rst_ni && f_moves && blk_ready_o && blk_kept_i == '0;
(* keep *) wire f_cover_dense_block = rst_ni && f_moves && blk_kept_i == 5'd16 && f_beats_q == 8'd3;
