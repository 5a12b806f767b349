// SPDX-License-Identifier: Apache-2.0
//
// zs_sore_lane: keeps the elements of largest magnitude of a group that comes one element a cycle.
//
// Golden function: simulator.families.sat.sore.reduce_groups
// Timing function: none, zs_sore counts
// Latency:         outputs stand in the cycle of the group's last element, combinationally
// Throughput:      one element per cycle
// Contract:        take_i: data_i is element index_i of a group; first_i with element 0. Elements come in order of
//                  their index, so among equals the one that is there stays: ties go to the lowest index. mask_o
//                  has a bit for each of the n_i kept elements; values_o and indices_o hold those that are not
//                  zero, in ascending index, and zeros behind them, as mapping.formats.nm stores them.
//                  1 <= n_i <= MaxN. A kept zero of either sign is an empty slot: value +0, index 0.

`default_nettype none

module zs_sore_lane #(
  parameter  int Width      = 16,  // of an element [bit], [2, 64]
  parameter  int Float      = 1,   // 1: sign and magnitude (fp16, fp32); 0: two's complement
  parameter  int MaxN       = 4,   // elements kept at most, [1, 32]
  parameter  int MaxM       = 16,  // elements of a group at most, [1, 32]
  // Derived: do not override.
  localparam int CountWidth = $clog2(MaxM + 1),
  localparam int IndexWidth = (MaxM > 1) ? $clog2(MaxM) : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            take_i,
  input  wire logic                            first_i,
  input  wire logic [IndexWidth-1:0]           index_i,
  input  wire logic [Width-1:0]                data_i,
  input  wire logic [CountWidth-1:0]           n_i,
  output      logic [MaxM-1:0]                 mask_o,
  output      logic [MaxN-1:0][Width-1:0]      values_o,
  output      logic [MaxN-1:0][IndexWidth-1:0] indices_o
);

  // Kept so far, largest first; one more than fp16's 15 bits, for |-128| and its like.
  logic [MaxN-1:0] there_q, there_d, better;
  logic [MaxN-1:0][Width-1:0] magnitude_q, magnitude_d, value_q, value_d;
  logic [MaxN-1:0][IndexWidth-1:0] index_q, index_d;
  logic [Width-1:0] magnitude;

  if (Float != 0) begin : g_float
    assign magnitude = {1'b0, data_i[Width-2:0]};
  end else begin : g_integer
    assign magnitude = data_i[Width-1] ? ~data_i + 1'b1 : data_i;
  end

  for (genvar k = 0; k < MaxN; k++) begin : g_rank
    // Everything from here on is smaller than the new element, or empty.
    assign better[k] = first_i || !there_q[k] || magnitude > magnitude_q[k];

    if (k == 0) begin : g_best
      assign there_d[k]     = 1'b1;
      assign magnitude_d[k] = better[k] ? magnitude : magnitude_q[k];
      assign value_d[k]     = better[k] ? data_i : value_q[k];
      assign index_d[k]     = better[k] ? index_i : index_q[k];
    end else begin : g_other
      assign there_d[k]     = better[k] ? (!better[k-1] || (there_q[k-1] && !first_i)) : 1'b1;
      assign magnitude_d[k] =
          !better[k] ? magnitude_q[k] : (better[k-1] ? magnitude_q[k-1] : magnitude);
      assign value_d[k]     = !better[k] ? value_q[k] : (better[k-1] ? value_q[k-1] : data_i);
      assign index_d[k]     = !better[k] ? index_q[k] : (better[k-1] ? index_q[k-1] : index_i);
    end
  end

  always_ff @(posedge clk_i) begin : p_list
    if (take_i) begin
      there_q     <= there_d;
      magnitude_q <= magnitude_d;
      value_q     <= value_d;
      index_q     <= index_d;
    end
  end

  // Into ascending index: an element's slot is the number of non-zero kept elements before it.
  logic [MaxN-1:0] kept, stored;
  logic [MaxN-1:0][CountWidth-1:0] place;

  always_comb begin : p_order
    mask_o    = '0;
    values_o  = '0;
    indices_o = '0;
    for (int k = 0; k < MaxN; k++) begin
      kept[k]   = there_d[k] && k < int'(n_i);
      stored[k] = kept[k] && magnitude_d[k] != '0;
    end
    for (int k = 0; k < MaxN; k++) begin
      place[k] = '0;
      for (int j = 0; j < MaxN; j++) begin
        if (stored[j] && index_d[j] < index_d[k]) place[k] = place[k] + 1'b1;
      end
      for (int i = 0; i < MaxM; i++) begin
        if (kept[k] && index_d[k] == IndexWidth'(i)) mask_o[i] = 1'b1;
      end
    end
    for (int p = 0; p < MaxN; p++) begin
      for (int k = 0; k < MaxN; k++) begin
        if (stored[k] && place[k] == CountWidth'(p)) begin
          values_o[p]  = value_d[k];
          indices_o[p] = index_d[k];
        end
      end
    end
  end

  initial begin : p_check_parameters
    if (Width < 2 || Width > 64) $fatal(1, "zs_sore_lane: Width=%0d outside [2, 64] (%m)", Width);
    if (Float < 0 || Float > 1) $fatal(1, "zs_sore_lane: Float=%0d outside [0, 1] (%m)", Float);
    if (MaxM < 1 || MaxM > 32) $fatal(1, "zs_sore_lane: MaxM=%0d outside [1, 32] (%m)", MaxM);
    if (MaxN < 1 || MaxN > MaxM)
      $fatal(1, "zs_sore_lane: MaxN=%0d outside [1, MaxM=%0d] (%m)", MaxN, MaxM);
  end

endmodule

`default_nettype wire
