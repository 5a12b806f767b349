// SPDX-License-Identifier: Apache-2.0
//
// Proof of zs_overflow_adjust, included at its end under FORMAL: nothing is lost between the cascade and what goes beside
// it, and the lower lane that goes on has room for eight products: it is in [0, 1023].

logic [8:0] f_beside;
logic signed [18:0] f_lower;

assign f_beside = packed_i ? {borrows, p_i[17:10]} : '0;  // also where a segment ends
assign f_lower  = {f_beside, p_i[9:0]};

always_comb begin
  assert (cascade + {{29{f_beside[8]}}, f_beside, 10'd0} == p_i);
  if (packed_i) begin
    assert (cascade[17:10] == '0);
    assert (f_lower >= -130048 && f_lower <= 132095);
  end
  assert (beside == (ends_i ? 9'd0 : f_beside));
end

(* keep *) wire f_cover_eight_largest = packed_i && !ends_i && f_lower == 131072;
(* keep *) wire f_cover_smallest = packed_i && !ends_i && f_lower == -130048;
(* keep *) wire f_cover_ends = packed_i && ends_i && f_beside != '0;
(* keep *) wire f_cover_unpacked = !packed_i && p_i[17:10] != '0;
