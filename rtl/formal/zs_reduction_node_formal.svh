// SPDX-License-Identifier: Apache-2.0
//
// Proof of zs_reduction_node, included at its end under FORMAL: what it makes of a packed sum is the one way to write it
// as upper * 2**18 + lower with lower in [-130048, 132095]; and nothing leaves a segment that goes on.

logic signed [19:0] f_lower;
logic [37:0] f_whole;

// Without what came beside the cascade.
assign f_lower = sums[0] - {beside_i[8], beside_i, 10'd0};
assign f_whole = {sums[1], 18'd0} + {{18{f_lower[19]}}, f_lower};

always_comb begin
  if (ends_i && packed_i) begin
    assert (f_lower >= -130048 && f_lower <= 132095);
    assert (f_whole == p_i[37:0]);
  end
  if (ends_i && !packed_i) assert (sums[0] == p_i[19:0] && sums[1] == '0);
  if (!ends_i) assert (sums == '0);
end

(* keep *) wire f_cover_eight_largest = ends_i && packed_i && f_lower == 131072 && sums[1] == 20'd131072;
(* keep *) wire f_cover_sixteen_largest = ends_i && packed_i && sums[0] == 20'd262144 && sums[1] == 20'd262144;
(* keep *) wire f_cover_smallest = ends_i && packed_i && f_lower == -130048;
(* keep *) wire f_cover_mixed = ends_i && packed_i && sums[0][19] && !sums[1][19] && sums[1] != '0;
