// SPDX-License-Identifier: Apache-2.0
//
// Proof of zs_token_counter, included at its end under FORMAL: as long as error_o is low, exactly those tokens lie
// waiting that were sent and not taken; error_o is high exactly from the first token that was lost or missing.

logic f_begun = 1'b0;
always_ff @(posedge clk_i) f_begun <= 1'b1;
always_comb assume (f_begun || !rst_ni);

// Counted apart; the difference fits, and so do more than the counter can hold.
logic [Width+1:0] f_sent, f_taken, f_waiting;
logic f_wrong, f_seen_wrong;

assign f_waiting = f_sent - f_taken;
assign f_wrong   = (take_i && f_waiting == '0) || (send_i && !take_i && f_waiting == 2**Width - 1);

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_sent       <= '0;
    f_taken      <= '0;
    f_seen_wrong <= 1'b0;
  end else begin
    f_sent       <= f_sent + {{(Width + 1) {1'b0}}, send_i};
    f_taken      <= f_taken + {{(Width + 1) {1'b0}}, take_i};
    f_seen_wrong <= f_seen_wrong || f_wrong;
  end
end

always_comb begin
  if (rst_ni) begin
    assert (error_o == f_seen_wrong);
    assert (available_o == (count_o != '0));
    assert (error_o || count_o == f_waiting);
    assert (error_o || f_waiting <= 2**Width - 1);
  end
end

(* keep *) wire f_cover_full = rst_ni && !error_o && (&count_o);
(* keep *) wire f_cover_empty_again = rst_ni && !error_o && f_taken == 2 && f_waiting == '0;
(* keep *) wire f_cover_lost = rst_ni && error_o && (&count_o);
(* keep *) wire f_cover_missing = rst_ni && error_o && f_sent == '0;
