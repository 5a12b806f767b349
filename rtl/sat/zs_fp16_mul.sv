// SPDX-License-Identifier: Apache-2.0
//
// zs_fp16_mul: fp16 x fp16 -> fp32. Every product is exact: 22 bits of significand, exponents from -48 to 31.
//
// Golden function: simulator.families.sat.arithmetic.fp16_product
// Timing function: simulator.families.sat.config.SatConfig.mul_latency
// Latency:         MulLatency cycles in which en_i is high
// Throughput:      one product per cycle
// Contract:        no handshake: the caller carries its own valid bit past MulLatency registers. Subnormals, signed
//                  zeros and infinities as in IEEE 754. Any NaN, and 0 x infinity, gives the NaN 32'h7fc00000:
//                  sign and payload of a NaN differ from machine to machine, so golden maps all NaN to that one.

`default_nettype none

module zs_fp16_mul #(
  parameter int MulLatency = 0  // register stages, [0, 64]
) (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic        en_i,
  input  wire logic [15:0] a_i,
  input  wire logic [15:0] b_i,
  output      logic [31:0] product_o
);

  // The first stage stands between product and normalisation.
  localparam int Early = (MulLatency > 0) ? 1 : 0;

  logic sign, nan, infinite, sign_q, nan_q, infinite_q;
  logic [5:0] exponent, exponent_q;  // sum of both biased exponents, 2 to 60
  logic [21:0] significand, significand_q, normal;
  logic [4:0] zeros;
  logic [7:0] exponent_out;
  logic [31:0] product;

  // A subnormal has exponent 1 and no hidden bit.
  always_comb begin : p_multiply
    sign = a_i[15] ^ b_i[15];
    nan  = (a_i[14:10] == '1 && (a_i[9:0] != '0 || b_i[14:0] == '0)) ||
           (b_i[14:10] == '1 && (b_i[9:0] != '0 || a_i[14:0] == '0));
    infinite  = a_i[14:10] == '1 || b_i[14:10] == '1;
    exponent = 6'((a_i[14:10] == '0) ? 5'd1 : a_i[14:10]) +
               6'((b_i[14:10] == '0) ? 5'd1 : b_i[14:10]);
    significand = 22'({a_i[14:10] != '0, a_i[9:0]}) * 22'({b_i[14:10] != '0, b_i[9:0]});
  end

  zs_delay #(
    .Width (31),
    .Stages(Early)
  ) u_early (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i({sign, nan, infinite, exponent, significand}),
    .data_o({sign_q, nan_q, infinite_q, exponent_q, significand_q})
  );

  always_comb begin : p_normalise
    zeros = 5'd22;
    for (int i = 0; i < 22; i++) begin
      if (significand_q[i]) zeros = 5'(21 - i);
    end
    normal = significand_q << zeros;
    exponent_out = 8'(exponent_q) + 8'd98 - 8'(zeros);
    if (nan_q) product = 32'h7fc0_0000;
    else if (infinite_q) product = {sign_q, 8'hff, 23'd0};
    else if (significand_q == '0) product = {sign_q, 31'd0};
    else product = {sign_q, exponent_out, normal[20:0], 2'b00};
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

  logic unused_normal;
  assign unused_normal = normal[21];  // the leading one is implicit

  initial begin : p_check_parameters
    if (MulLatency < 0 || MulLatency > 64)
      $fatal(1, "zs_fp16_mul: MulLatency=%0d outside [0, 64] (%m)", MulLatency);
  end

endmodule

`default_nettype wire
