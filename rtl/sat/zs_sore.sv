// SPDX-License-Identifier: Apache-2.0
//
// zs_sore: N:M reducer: every lane keeps the n elements of largest magnitude of each group of m.
//
// Golden function: simulator.families.sat.sore.reduce_groups (the mask is mapping.sparsity.Pattern.project's)
// Timing function: simulator.families.sat.timing.sore_cycles: m cycles for each group of a lane
// Latency:         1 cycle from the last element of a group to out_valid_o
// Throughput:      one element per lane and cycle, without a gap between groups
// Contract:        in_*: valid/ready, one element for each lane; in_last_i ends a group before its m-th element (the
//                  short group at the end of an axis, which keeps up to min(n, its length)). n_i and m_i hold
//                  within a group, 1 <= n_i <= MaxN, n_i <= m_i <= MaxM. out_*: valid/ready, payload holds under
//                  stall; in_ready_o falls only when the last element of a group finds the result of the group
//                  before it still there. in_ready_o does not read in_valid_i, but it reads in_last_i.

`default_nettype none

module zs_sore #(
  parameter  int Lanes      = 4,   // [1, 1024]
  parameter  int Width      = 16,  // of an element [bit], [2, 64]
  parameter  int Float      = 1,   // 1: sign and magnitude (fp16, fp32); 0: two's complement
  parameter  int MaxN       = 4,   // elements kept at most, [1, 32]
  parameter  int MaxM       = 16,  // elements of a group at most, [1, 32]
  // Derived: do not override.
  localparam int CountWidth = $clog2(MaxM + 1),
  localparam int IndexWidth = (MaxM > 1) ? $clog2(MaxM) : 1
) (
  input  wire logic                                       clk_i,
  input  wire logic                                       rst_ni,
  input  wire logic [CountWidth-1:0]                      n_i,
  input  wire logic [CountWidth-1:0]                      m_i,
  input  wire logic                                       in_valid_i,
  output      logic                                       in_ready_o,
  input  wire logic                                       in_last_i,
  input  wire logic [Lanes-1:0][Width-1:0]                in_data_i,
  output      logic                                       out_valid_o,
  input  wire logic                                       out_ready_i,
  output      logic [Lanes-1:0][MaxM-1:0]                 out_mask_o,
  output      logic [Lanes-1:0][MaxN-1:0][Width-1:0]      out_values_o,
  output      logic [Lanes-1:0][MaxN-1:0][IndexWidth-1:0] out_indices_o
);

  logic [IndexWidth-1:0] index_q;
  logic out_valid_q, take, first, ends;
  logic [Lanes-1:0][MaxM-1:0] mask, mask_q;
  logic [Lanes-1:0][MaxN-1:0][Width-1:0] values, values_q;
  logic [Lanes-1:0][MaxN-1:0][IndexWidth-1:0] indices, indices_q;

  assign first         = index_q == '0;
  assign ends          = in_last_i || CountWidth'(index_q) == m_i - 1'b1;
  assign in_ready_o    = !ends || !out_valid_q || out_ready_i;
  assign take          = in_valid_i && in_ready_o;
  assign out_valid_o   = out_valid_q;
  assign out_mask_o    = mask_q;
  assign out_values_o  = values_q;
  assign out_indices_o = indices_q;

  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    zs_sore_lane #(
      .Width(Width),
      .Float(Float),
      .MaxN (MaxN),
      .MaxM (MaxM)
    ) u_lane (
      .clk_i,
      .take_i   (take),
      .first_i  (first),
      .index_i  (index_q),
      .data_i   (in_data_i[l]),
      .n_i,
      .mask_o   (mask[l]),
      .values_o (values[l]),
      .indices_o(indices[l])
    );
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      index_q     <= '0;
      out_valid_q <= 1'b0;
    end else begin
      if (take) index_q <= ends ? '0 : index_q + 1'b1;
      out_valid_q <= (take && ends) || (out_valid_q && !out_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin : p_result
    if (take && ends) begin
      mask_q    <= mask;
      values_q  <= values;
      indices_q <= indices;
    end
  end

  initial begin : p_check_parameters
    if (Lanes < 1 || Lanes > 1024) $fatal(1, "zs_sore: Lanes=%0d outside [1, 1024] (%m)", Lanes);
  end

endmodule

`default_nettype wire
