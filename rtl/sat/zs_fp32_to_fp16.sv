// SPDX-License-Identifier: Apache-2.0
//
// zs_fp32_to_fp16: fp32 rounded to fp16, to nearest even.
//
// Golden function: simulator.families.sat.arithmetic.fp16_rounded
// Timing function: none
// Latency:         0 cycles, combinational
// Throughput:      one value per cycle
// Contract:        no handshake. What is too large becomes infinity, what is too small a subnormal or a signed zero;
//                  any NaN gives 16'h7e00.

`default_nettype none

module zs_fp32_to_fp16 (
  input  wire logic [31:0] value_i,
  output      logic [15:0] value_o
);

  logic [7:0] below;  // places that a subnormal result is shifted by
  logic [48:0] shifted;
  logic [7:0] exponent;
  logic up;
  logic [17:0] rounded;

  // fp16 exponents begin at 113 in fp32's bias: 1 + 127 - 15.
  always_comb begin : p_round
    below = (value_i[30:23] < 8'd113) ? 8'd113 - value_i[30:23] : 8'd0;
    shifted = {value_i[30:23] != '0, value_i[22:0], 25'd0} >> ((below > 8'd25) ? 8'd25 : below);
    exponent = (below != '0) ? 8'd0 : value_i[30:23] - 8'd112;
    // Kept: hidden bit [48], fraction [47:38]; guard [37]; the rest is sticky.
    up = shifted[37] && (shifted[38] || shifted[36:0] != '0);
    rounded = {exponent, shifted[47:38]} + 18'(up);
    if (value_i[30:23] == '1 && value_i[22:0] != '0) value_o = 16'h7e00;
    else if (rounded[17:10] >= 8'd31) value_o = {value_i[31], 5'h1f, 10'd0};
    else value_o = {value_i[31], rounded[14:0]};
  end

  logic unused_bits;
  assign unused_bits = shifted[48];

endmodule

`default_nettype wire
