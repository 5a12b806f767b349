// SPDX-License-Identifier: Apache-2.0
//
// Proof of zs_arbiter, included at its end under FORMAL: one holder at a time; whoever holds keeps it until its end;
// no request is lost: where the resource is free one is granted; of any two the one that came first, or came in the
// same cycle and has the lower index, is granted first.

logic f_begun = 1'b0;
always_ff @(posedge clk_i) f_begun <= 1'b1;
always_comb assume (f_begun || !rst_ni);

logic [NumQueues-1:0] f_waits;   // asked in an earlier cycle and was not granted
logic [NumQueues-1:0] f_holder;  // as grants and ends tell it
logic f_held;

assign f_held = (f_holder & ~done_i) != '0;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_waits  <= '0;
    f_holder <= '0;
  end else begin
    f_waits  <= request_i & ~grant_o;
    f_holder <= (grant_o != '0) ? grant_o : f_held ? f_holder : '0;
  end
end

always_comb assume ((f_waits & ~request_i) == '0);  // a request stays until it is granted

always_comb begin
  if (rst_ni) begin
    assert ((grant_o & (grant_o - 1'b1)) == '0);
    assert ((grant_o & ~request_i) == '0);
    assert (!f_held || grant_o == '0);
    assert (f_held || request_i == '0 || grant_o != '0);
    assert (holder_o == f_holder);
    assert ((f_holder & (f_holder - 1'b1)) == '0);
    assert (pending_q == f_waits);
  end
end

for (genvar f_a = 0; f_a < NumQueues; f_a++) begin : f_g_first
  for (genvar f_b = f_a + 1; f_b < NumQueues; f_b++) begin : f_g_second
    logic f_known, f_b_first;  // both wait, and b came in an earlier cycle than a

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) f_known <= 1'b0;
      else f_known <= request_i[f_a] && request_i[f_b] && !grant_o[f_a] && !grant_o[f_b];
    end

    always_ff @(posedge clk_i) if (!f_known) f_b_first <= f_waits[f_b] && !f_waits[f_a];

    wire f_b_before_a = f_known ? f_b_first : f_waits[f_b] && !f_waits[f_a];

    always_comb begin
      if (rst_ni && request_i[f_a] && request_i[f_b]) begin
        assert (!grant_o[f_a] || !f_b_before_a);
        assert (!grant_o[f_b] || f_b_before_a);
      end
      // What makes it inductive.
      if (rst_ni && f_waits[f_a] && f_waits[f_b]) begin
        assert (f_known);
        assert (ahead_q[f_a][f_b] == f_b_first);
        assert (ahead_q[f_b][f_a] == !f_b_first);
      end
      if (rst_ni) assert (f_known == (f_waits[f_a] && f_waits[f_b]));
    end

    for (genvar f_c = 0; f_c < NumQueues; f_c++) begin : f_g_third
      if (f_c != f_a && f_c != f_b) begin : f_g_order
        always_comb begin
          if (rst_ni && f_waits[f_a] && f_waits[f_b] && f_waits[f_c]) begin
            assert (!(ahead_q[f_a][f_b] && ahead_q[f_b][f_c]) || ahead_q[f_a][f_c]);
            assert (!(ahead_q[f_b][f_a] && ahead_q[f_a][f_c]) || ahead_q[f_b][f_c]);
          end
        end
      end
    end
  end
end

// Situations that must be reachable, or the proof says nothing.
(* keep *) wire f_cover_grant = rst_ni && grant_o[NumQueues-1];
(* keep *) wire f_cover_all_wait = rst_ni && (&f_waits[NumQueues-2:0]) && f_holder[NumQueues-1];
(* keep *) wire f_cover_back_to_back = rst_ni && grant_o != '0 && f_holder != '0;
(* keep *) wire f_cover_first_come = rst_ni && grant_o[NumQueues-1] && request_i[0] && f_waits[0];
