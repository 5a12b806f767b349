// SPDX-License-Identifier: Apache-2.0
//
// Proof of zs_spill_register, included at its end under FORMAL: it loses, duplicates and reorders nothing, holds
// its payload under stall, and is ready exactly when fewer than two beats lie in it.

logic f_begun = 1'b0;
always_ff @(posedge clk_i) f_begun <= 1'b1;
always_comb assume (f_begun || !rst_ni);

// The beats inside as the ports tell it, the oldest first.
logic f_push, f_pop;
logic [1:0] f_count;
logic [Width-1:0] f_first, f_second;

assign f_push = in_valid_i && in_ready_o;
assign f_pop  = out_valid_o && out_ready_i;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) f_count <= 2'd0;
  else f_count <= f_count + {1'b0, f_push} - {1'b0, f_pop};
end

always_ff @(posedge clk_i) begin
  if (f_pop) f_first <= f_second;
  if (f_push) begin
    if (f_count - {1'b0, f_pop} == 2'd0) f_first <= in_data_i;
    else f_second <= in_data_i;
  end
end

logic f_stalled;
logic [Width-1:0] f_stalled_data;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) f_stalled <= 1'b0;
  else f_stalled <= out_valid_o && !out_ready_i;
end

always_ff @(posedge clk_i) f_stalled_data <= out_data_o;

always_comb begin
  if (rst_ni) begin
    assert (f_count <= 2'd2);
    assert (in_ready_o == (f_count != 2'd2));
    assert (out_valid_o == (f_count != 2'd0));
    assert (!out_valid_o || out_data_o == f_first);
    assert (!f_stalled || (out_valid_o && out_data_o == f_stalled_data));
    // What makes it inductive.
    assert (back_valid_q == (f_count == 2'd2));
    assert (!back_valid_q || back_q == f_second);
  end
end

// Situations that must be reachable, or the proof says nothing.
logic f_was_full;
logic [2:0] f_popped;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_was_full <= 1'b0;
    f_popped   <= 3'd0;
  end else begin
    f_was_full <= f_was_full || f_count == 2'd2;
    f_popped   <= f_popped + {2'b00, f_pop};
  end
end

(* keep *) wire f_cover_full = rst_ni && f_count == 2'd2;
(* keep *) wire f_cover_drained = rst_ni && f_was_full && f_count == 2'd0 && f_popped == 3'd3;
(* keep *) wire f_cover_streams = rst_ni && f_push && f_pop && f_popped == 3'd2 && !f_was_full;
(* keep *) wire f_cover_stalls = rst_ni && f_stalled && f_push;
