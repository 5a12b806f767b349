// SPDX-License-Identifier: Apache-2.0
//
// Proof of zs_dispatch, included at its end under FORMAL: an instruction starts exactly when it is free, all its
// tokens are there and its resource is granted; it starts once, ends once and is taken off the queue at its end;
// its word holds until then; it takes the tokens of its wait mask once and sends those of its release mask once.
// That words leave the FIFO as they came is the proof of zs_fifo, which runs along inside.

logic f_begun = 1'b0;
always_ff @(posedge clk_i) f_begun <= 1'b1;
always_comb assume (f_begun || !rst_ni);

logic [7:0] f_accepted, f_started, f_ended;
logic f_running;  // as starts and ends tell it
logic f_end, f_tokens, f_granted;

assign f_end     = f_running && done_i;
assign f_granted = resource_i == '0 || (resource_i & grant_i & request_o) != '0;

always_comb begin
  f_tokens = 1'b1;
  for (int f_i = 0; f_i < 16; f_i++) begin
    if (head_word_o[16 + f_i] && (f_i >= NumQueues || !available[f_i])) f_tokens = 1'b0;
  end
end

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_accepted <= 8'd0;
    f_started  <= 8'd0;
    f_ended    <= 8'd0;
    f_running  <= 1'b0;
  end else begin
    f_accepted <= f_accepted + {7'd0, instr_valid_i && instr_ready_o};
    f_started  <= f_started + {7'd0, start_o};
    f_ended    <= f_ended + {7'd0, f_end};
    f_running  <= start_o || (f_running && !done_i);
  end
end

logic f_held;
logic [WordWidth-1:0] f_held_word;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) f_held <= 1'b0;
  else f_held <= head_valid_o && !f_end;
end

always_ff @(posedge clk_i) f_held_word <= head_word_o;

always_comb begin
  if (rst_ni) begin
    assert (start_o == (run_i && head_valid_o && !f_running && f_tokens && f_granted));
    assert (request_o == ((run_i && head_valid_o && !f_running && f_tokens) ? resource_i : '0));
    assert (busy_o == f_running);
    assert (f_started - f_ended == {7'd0, f_running});
    assert (f_accepted - f_ended == unused_count);
    assert (!f_running || head_valid_o);
    assert (!f_held || (head_valid_o && head_word_o == f_held_word));
    assert (token_take_o == (start_o ? head_word_o[16+:NumQueues] : '0));
    assert (token_send_o == (f_end ? head_word_o[32+:NumQueues] : '0));
  end
end

// Situations that must be reachable, or the proof says nothing.
(* keep *) wire f_cover_second_start = rst_ni && start_o && f_started == 8'd1;
(* keep *) wire f_cover_waits_for_token = rst_ni && run_i && head_valid_o && !f_running && !f_tokens && f_ended == 8'd1;
(* keep *) wire f_cover_waits_for_grant = rst_ni && request_o != '0 && !start_o && f_ended == 8'd1;
(* keep *) wire f_cover_takes_and_sends = rst_ni && f_end && (&head_word_o[16+:NumQueues]) && (&token_send_o);
(* keep *) wire f_cover_full = rst_ni && !instr_ready_o && f_running;
