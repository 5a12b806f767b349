// SPDX-License-Identifier: Apache-2.0
//
// zs_fp32_mul: fp32 x fp32 -> fp32, rounded to nearest even.
//
// Golden function: simulator.families.sat.arithmetic.fp32_product
// Timing function: none
// Latency:         MulLatency cycles in which en_i is high
// Throughput:      one product per cycle
// Contract:        no handshake: the caller carries its own valid bit past MulLatency registers. IEEE 754 with
//                  subnormals, infinities and signed zeros; any NaN, and 0 x infinity, gives 32'h7fc00000, as in
//                  zs_fp16_mul.

`default_nettype none

module zs_fp32_mul #(
  parameter int MulLatency = 0  // register stages, [0, 64]
) (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic        en_i,
  input  wire logic [31:0] a_i,
  input  wire logic [31:0] b_i,
  output      logic [31:0] product_o
);

  // The first stage stands between product and normalisation.
  localparam int Early = (MulLatency > 0) ? 1 : 0;

  logic sign, nan, infinite, sign_q, nan_q, infinite_q;
  logic [8:0] exponent_sum, exponent_sum_q;  // of both biased exponents, 2 to 508
  logic [47:0] significand, significand_q;

  always_comb begin : p_multiply
    sign = a_i[31] ^ b_i[31];
    nan  = (a_i[30:23] == '1 && (a_i[22:0] != '0 || b_i[30:0] == '0)) ||
           (b_i[30:23] == '1 && (b_i[22:0] != '0 || a_i[30:0] == '0));
    infinite  = a_i[30:23] == '1 || b_i[30:23] == '1;
    exponent_sum = 9'((a_i[30:23] == '0) ? 8'd1 : a_i[30:23]) +
                   9'((b_i[30:23] == '0) ? 8'd1 : b_i[30:23]);
    significand = 48'({a_i[30:23] != '0, a_i[22:0]}) * 48'({b_i[30:23] != '0, b_i[22:0]});
  end

  zs_delay #(
    .Width (60),
    .Stages(Early)
  ) u_early (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i({sign, nan, infinite, exponent_sum, significand}),
    .data_o({sign_q, nan_q, infinite_q, exponent_sum_q, significand_q})
  );

  logic [5:0] zeros;
  logic [47:0] normal;
  logic signed [10:0] exponent;  // of the leading one, biased; below 1 the product is subnormal
  logic [10:0] below;            // places that a subnormal product is shifted by
  logic [73:0] shifted;
  logic [8:0] exponent_field;
  logic up;
  logic [31:0] rounded, product;

  always_comb begin : p_normalise
    zeros = 6'd48;
    for (int i = 0; i < 48; i++) begin
      if (significand_q[i]) zeros = 6'(47 - i);
    end
    normal = significand_q << zeros;
    exponent = $signed({2'b00, exponent_sum_q}) - 11'sd126 - $signed({5'd0, zeros});
    below = (exponent < 11'sd1) ? 11'(11'sd1 - exponent) : 11'd0;
    shifted = {normal, 26'd0} >> ((below > 11'd26) ? 11'd26 : below);
    exponent_field = (below != '0) ? 9'd0 : exponent[8:0];
    // Kept: hidden bit [73], fraction [72:50]; guard [49]; the rest is sticky.
    up = shifted[49] && (shifted[50] || shifted[48:0] != '0);
    rounded = {exponent_field, shifted[72:50]} + 32'(up);
    if (nan_q) product = 32'h7fc0_0000;
    else if (infinite_q || rounded[31:23] >= 9'd255) product = {sign_q, 8'hff, 23'd0};
    else if (significand_q == '0) product = {sign_q, 31'd0};
    else product = {sign_q, rounded[30:0]};
  end

  zs_delay #(
    .Width (32),
    .Stages(MulLatency - Early)
  ) u_late (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i(product),
    .data_o(product_o)
  );

  logic unused_bits;
  assign unused_bits = shifted[73] ^ (^exponent[10:9]);  // implicit one; sign

  initial begin : p_check_parameters
    if (MulLatency < 0 || MulLatency > 64)
      $fatal(1, "zs_fp32_mul: MulLatency=%0d outside [0, 64] (%m)", MulLatency);
  end

endmodule

`default_nettype wire
