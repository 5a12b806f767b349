// SPDX-License-Identifier: Apache-2.0
//
// zs_wuve: weight update: stochastic gradient descent with momentum in fp32, and an fp16 copy of the new weight.
//
// Golden function: simulator.families.sat.wuve.update
// Timing function: simulator.families.sat.wuve.wuve_cycles: one weight per lane and cycle
// Latency:         2 * (MulLatency + AddLatency) cycles that are not stalled
// Throughput:      one weight per lane and cycle
// Contract:        velocity' = momentum * velocity + gradient, weight' = weight - learning_rate * velocity', each
//                  of the four operations rounded to nearest even; the copy is weight' rounded to fp16. NaN as in
//                  zs_fp32_add. in_* and out_*: valid/ready, payload holds under stall; a stall stops the whole
//                  pipeline. in_ready_o does not read in_valid_i. momentum_i and learning_rate_i hold while weights
//                  are on their way.

`default_nettype none

module zs_wuve #(
  parameter int Lanes      = 2,  // [1, 1024]
  parameter int MulLatency = 1,  // register stages of a multiplier, [0, 64]
  parameter int AddLatency = 2   // cycles of an addition, [1, 64]
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_ni,
  input  wire logic [31:0]            momentum_i,
  input  wire logic [31:0]            learning_rate_i,
  input  wire logic                   in_valid_i,
  output      logic                   in_ready_o,
  input  wire logic [Lanes-1:0][31:0] in_weight_i,
  input  wire logic [Lanes-1:0][31:0] in_velocity_i,
  input  wire logic [Lanes-1:0][31:0] in_gradient_i,
  output      logic                   out_valid_o,
  input  wire logic                   out_ready_i,
  output      logic [Lanes-1:0][31:0] out_weight_o,
  output      logic [Lanes-1:0][31:0] out_velocity_o,
  output      logic [Lanes-1:0][15:0] out_half_o
);

  localparam int Half = MulLatency + AddLatency;  // cycles of a product and a sum

  logic advance;

  assign advance    = !out_valid_o || out_ready_i;
  assign in_ready_o = advance;

  zs_delay #(
    .Width   (1),
    .Stages  (2 * Half),
    .HasReset(1)
  ) u_valid (
    .clk_i,
    .rst_ni,
    .en_i  (advance),
    .data_i(in_valid_i),
    .data_o(out_valid_o)
  );

  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    logic [31:0] decayed, gradient, velocity_d, velocity_q, step, weight, weight_d, weight_q;

    zs_fp32_mul #(
      .MulLatency(MulLatency)
    ) u_decay (
      .clk_i,
      .rst_ni,
      .en_i     (advance),
      .a_i      (momentum_i),
      .b_i      (in_velocity_i[l]),
      .product_o(decayed)
    );

    zs_delay #(
      .Width (32),
      .Stages(MulLatency)
    ) u_gradient (
      .clk_i,
      .rst_ni,
      .en_i  (advance),
      .data_i(in_gradient_i[l]),
      .data_o(gradient)
    );

    zs_fp32_add #(
      .AddLatency(AddLatency)
    ) u_velocity (
      .clk_i,
      .rst_ni,
      .en_i (advance),
      .a_i  (decayed),
      .b_i  (gradient),
      .sum_o(velocity_d)
    );

    zs_fp32_mul #(
      .MulLatency(MulLatency)
    ) u_step (
      .clk_i,
      .rst_ni,
      .en_i     (advance),
      .a_i      (learning_rate_i),
      .b_i      (velocity_q),
      .product_o(step)
    );

    zs_delay #(
      .Width (32),
      .Stages(Half + MulLatency)
    ) u_weight (
      .clk_i,
      .rst_ni,
      .en_i  (advance),
      .data_i(in_weight_i[l]),
      .data_o(weight)
    );

    zs_fp32_add #(
      .AddLatency(AddLatency)
    ) u_update (
      .clk_i,
      .rst_ni,
      .en_i (advance),
      .a_i  (weight),
      .b_i  ({!step[31], step[30:0]}),
      .sum_o(weight_d)
    );

    always_ff @(posedge clk_i) begin : p_sums
      if (advance) begin
        velocity_q <= velocity_d;
        weight_q   <= weight_d;
      end
    end

    zs_delay #(
      .Width (32),
      .Stages(Half)
    ) u_out_velocity (
      .clk_i,
      .rst_ni,
      .en_i  (advance),
      .data_i(velocity_q),
      .data_o(out_velocity_o[l])
    );

    zs_fp32_to_fp16 u_half (
      .value_i(weight_q),
      .value_o(out_half_o[l])
    );

    assign out_weight_o[l] = weight_q;
  end

  initial begin : p_check_parameters
    if (Lanes < 1 || Lanes > 1024) $fatal(1, "zs_wuve: Lanes=%0d outside [1, 1024] (%m)", Lanes);
    if (MulLatency < 0 || MulLatency > 64)
      $fatal(1, "zs_wuve: MulLatency=%0d outside [0, 64] (%m)", MulLatency);
    if (AddLatency < 1 || AddLatency > 64)
      $fatal(1, "zs_wuve: AddLatency=%0d outside [1, 64] (%m)", AddLatency);
  end

endmodule

`default_nettype wire
