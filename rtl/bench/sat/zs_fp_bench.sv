// SPDX-License-Identifier: Apache-2.0
//
// zs_fp_bench: all floating-point units side by side for the bit comparison in fp_harness.cpp.
//
// Golden function: simulator.families.sat.arithmetic
// Timing function: none
// Latency:         sum_o[k]: AddLatency = k + 1, so k cycles; product_o[k] and half_product_o[k]: k cycles
// Throughput:      one vector per cycle
// Contract:        none

`default_nettype none

module zs_fp_bench #(
  parameter int Adders      = 7,
  parameter int Multipliers = 4
) (
  input  wire logic                         clk_i,
  input  wire logic [31:0]                  a_i,
  input  wire logic [31:0]                  b_i,
  input  wire logic [15:0]                  half_a_i,
  input  wire logic [15:0]                  half_b_i,
  output      logic [Adders-1:0][31:0]      sum_o,
  output      logic [Multipliers-1:0][31:0] product_o,
  output      logic [Multipliers-1:0][31:0] half_product_o,
  output      logic [15:0]                  narrow_o
);

  for (genvar k = 0; k < Adders; k++) begin : g_add
    zs_fp32_add #(
      .AddLatency(k + 1)
    ) u_add (
      .clk_i,
      .rst_ni(1'b1),
      .en_i  (1'b1),
      .a_i,
      .b_i,
      .sum_o (sum_o[k])
    );
  end

  for (genvar k = 0; k < Multipliers; k++) begin : g_mul
    zs_fp32_mul #(
      .MulLatency(k)
    ) u_mul (
      .clk_i,
      .rst_ni   (1'b1),
      .en_i     (1'b1),
      .a_i,
      .b_i,
      .product_o(product_o[k])
    );

    zs_fp16_mul #(
      .MulLatency(k)
    ) u_half_mul (
      .clk_i,
      .rst_ni   (1'b1),
      .en_i     (1'b1),
      .a_i      (half_a_i),
      .b_i      (half_b_i),
      .product_o(half_product_o[k])
    );
  end

  zs_fp32_to_fp16 u_narrow (
    .value_i(a_i),
    .value_o(narrow_o)
  );

endmodule

`default_nettype wire
