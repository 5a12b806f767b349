// SPDX-License-Identifier: Apache-2.0
//
// Proof of zs_fifo, included at its end under FORMAL: it loses, duplicates and reorders nothing, holds its payload
// under stall, and is ready exactly when fewer than Depth beats lie in it.

logic f_begun = 1'b0;
always_ff @(posedge clk_i) f_begun <= 1'b1;
always_comb assume (f_begun || !rst_ni);

// The beats inside as the ports tell it, the oldest in f_queue[0].
logic f_push, f_pop;
logic [7:0] f_count, f_free;
logic [Depth-1:0][Width-1:0] f_queue;

assign f_push = in_valid_i && in_ready_o;
assign f_pop  = out_valid_o && out_ready_i;
assign f_free = f_count - {7'd0, f_pop};  // where the next beat goes

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) f_count <= 8'd0;
  else f_count <= f_count + {7'd0, f_push} - {7'd0, f_pop};
end

for (genvar f_i = 0; f_i < Depth; f_i++) begin : f_g_entry
  always_ff @(posedge clk_i) begin
    if (f_push && f_free == f_i) f_queue[f_i] <= in_data_i;
    else if (f_pop && f_i + 1 < Depth) f_queue[f_i] <= f_queue[(f_i + 1) % Depth];
  end

  // What makes it inductive: entry i lies i places after the read pointer.
  wire [7:0] f_place = (read_q + f_i >= Depth) ? read_q + f_i - Depth : read_q + f_i;
  always_comb if (rst_ni && f_i < f_count) assert (mem_q[f_place] == f_queue[f_i]);
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
    assert (f_count <= Depth);
    assert (count_o == f_count);
    assert (in_ready_o == (f_count != Depth));
    assert (out_valid_o == (f_count != 8'd0));
    assert (!out_valid_o || out_data_o == f_queue[0]);
    assert (!f_stalled || (out_valid_o && out_data_o == f_stalled_data));
    // What makes it inductive.
    assert (read_q < Depth && write_q < Depth);
    assert (write_q == ((read_q + f_count >= Depth) ? read_q + f_count - Depth : read_q + f_count));
  end
end

// Situations that must be reachable, or the proof says nothing.
logic f_was_full;
logic [7:0] f_popped;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_was_full <= 1'b0;
    f_popped   <= 8'd0;
  end else begin
    f_was_full <= f_was_full || f_count == Depth;
    f_popped   <= f_popped + {7'd0, f_pop};
  end
end

(* keep *) wire f_cover_full = rst_ni && f_count == Depth;
(* keep *) wire f_cover_drained = rst_ni && f_was_full && f_count == 8'd0;
(* keep *) wire f_cover_wraps = rst_ni && f_popped == Depth + 1;
(* keep *) wire f_cover_stalls = rst_ni && f_stalled && f_pop;
