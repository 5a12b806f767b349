// SPDX-License-Identifier: Apache-2.0
//
// zs_fp32_add: fp32 + fp32 -> fp32, rounded to nearest even.
//
// Golden function: simulator.families.sat.arithmetic.fp32_sum
// Timing function: simulator.families.sat.config.SatConfig.add_latency
// Latency:         AddLatency cycles together with the register of the caller, which loads sum_o: there are
//                  AddLatency - 1 registers in here, and none for AddLatency = 1
// Throughput:      one sum per cycle
// Contract:        no handshake: the caller carries its own valid bit past AddLatency - 1 registers. IEEE 754 with
//                  subnormals, infinities and signed zeros (an exact cancellation gives +0). Any NaN, and the
//                  difference of two infinities, gives the NaN 32'h7fc00000, as in zs_fp16_mul.

`default_nettype none

module zs_fp32_add #(
  parameter int AddLatency = 1  // cycles from operands to the caller's register, [1, 64]
) (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic        en_i,
  input  wire logic [31:0] a_i,
  input  wire logic [31:0] b_i,
  output      logic [31:0] sum_o
);

  // Which of the four places between the five steps has a register; the rest stand before the first.
  localparam int AfterAdd     = (AddLatency == 2 || AddLatency >= 4) ? 1 : 0;
  localparam int AfterAlign   = (AddLatency >= 3) ? 1 : 0;
  localparam int AfterNormal  = (AddLatency >= 3) ? 1 : 0;
  localparam int AfterCompare = (AddLatency >= 5) ? 1 : 0;
  localparam int Before = AddLatency - 1 - AfterAdd - AfterAlign - AfterNormal - AfterCompare;

  // Step 1: the operand of larger magnitude is x, the other y.
  logic [31:0] a, b, x, y;
  logic nan, infinite, subtract, sign;
  logic [7:0] x_exponent, y_exponent, distance;
  logic [23:0] x_significand, y_significand;

  zs_delay #(
    .Width (64),
    .Stages(Before)
  ) u_before (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i({a_i, b_i}),
    .data_o({a, b})
  );

  always_comb begin : p_compare
    {x, y} = (b[30:0] > a[30:0]) ? {b, a} : {a, b};
    x_exponent = (x[30:23] == '0) ? 8'd1 : x[30:23];  // subnormals: 1, and no hidden bit
    y_exponent = (y[30:23] == '0) ? 8'd1 : y[30:23];
    x_significand = {x[30:23] != '0, x[22:0]};
    y_significand = {y[30:23] != '0, y[22:0]};
    distance = x_exponent - y_exponent;
    subtract = x[31] ^ y[31];
    sign = x[31];
    infinite = x[30:23] == '1;
    nan = (infinite && x[22:0] != '0) || (infinite && y[30:23] == '1 && subtract);
  end

  logic nan_q, infinite_q, subtract_q, sign_q;
  logic [7:0] exponent_q, distance_q;
  logic [23:0] x_q, y_q;

  zs_delay #(
    .Width (68),
    .Stages(AfterCompare)
  ) u_after_compare (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i({nan, infinite, subtract, sign, x_exponent, distance, x_significand, y_significand}),
    .data_o({nan_q, infinite_q, subtract_q, sign_q, exponent_q, distance_q, x_q, y_q})
  );

  // Step 2: y is shifted to x's exponent; guard, round and sticky bit remain of what falls off.
  logic [50:0] shifted;
  logic [26:0] aligned;

  always_comb begin : p_align
    shifted = {y_q, 27'd0} >> ((distance_q > 8'd27) ? 8'd27 : distance_q);
    aligned = {shifted[50:25], shifted[24:0] != '0};
  end

  logic nan_q2, infinite_q2, subtract_q2, sign_q2;
  logic [7:0] exponent_q2;
  logic [23:0] x_q2;
  logic [26:0] y_q2;

  zs_delay #(
    .Width (63),
    .Stages(AfterAlign)
  ) u_after_align (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i({nan_q, infinite_q, subtract_q, sign_q, exponent_q, x_q, aligned}),
    .data_o({nan_q2, infinite_q2, subtract_q2, sign_q2, exponent_q2, x_q2, y_q2})
  );

  // Step 3: the sum of the magnitudes, or their difference, which is not negative.
  logic [27:0] raw;
  logic zero_sign;

  always_comb begin : p_add
    raw = subtract_q2 ? {1'b0, x_q2, 3'b000} - {1'b0, y_q2} : {1'b0, x_q2, 3'b000} + {1'b0, y_q2};
    zero_sign = sign_q2 && !subtract_q2;  // only -0 + -0 is -0
  end

  logic nan_q3, infinite_q3, sign_q3, zero_sign_q3;
  logic [7:0] exponent_q3;
  logic [27:0] raw_q3;

  zs_delay #(
    .Width (40),
    .Stages(AfterAdd)
  ) u_after_add (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i({nan_q2, infinite_q2, sign_q2, zero_sign, exponent_q2, raw}),
    .data_o({nan_q3, infinite_q3, sign_q3, zero_sign_q3, exponent_q3, raw_q3})
  );

  // Step 4: the leading one comes to bit 26; at exponent 1 the shift stops and the sum is subnormal.
  logic [4:0] zeros, shift;
  logic [26:0] normal;
  logic [8:0] exponent;
  logic result_sign;

  always_comb begin : p_normalise
    zeros = 5'd27;
    for (int i = 0; i < 27; i++) begin
      if (raw_q3[i]) zeros = 5'(26 - i);
    end
    shift = (exponent_q3 <= 8'(zeros)) ? 5'(exponent_q3 - 8'd1) : zeros;
    if (raw_q3[27]) begin
      normal   = {raw_q3[27:2], raw_q3[1] | raw_q3[0]};
      exponent = 9'(exponent_q3) + 9'd1;
    end else begin
      normal   = raw_q3[26:0] << shift;
      exponent = 9'(exponent_q3) - 9'(shift);
    end
    result_sign = (raw_q3 == '0) ? zero_sign_q3 : sign_q3;
  end

  logic nan_q4, infinite_q4, sign_q4;
  logic [8:0] exponent_q4;
  logic [26:0] normal_q4;

  zs_delay #(
    .Width (39),
    .Stages(AfterNormal)
  ) u_after_normal (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i({nan_q3, infinite_q3, result_sign, exponent, normal}),
    .data_o({nan_q4, infinite_q4, sign_q4, exponent_q4, normal_q4})
  );

  // Step 5: round to nearest, ties to even; a carry runs into the exponent, where it belongs.
  logic up;
  logic [31:0] rounded;

  always_comb begin : p_round
    up = normal_q4[2] && (normal_q4[3] || normal_q4[1:0] != '0);
    rounded = {normal_q4[26] ? exponent_q4 : 9'd0, normal_q4[25:3]} + 32'(up);
    if (nan_q4) sum_o = 32'h7fc0_0000;
    else if (infinite_q4 || rounded[31:23] >= 9'd255) sum_o = {sign_q4, 8'hff, 23'd0};
    else sum_o = {sign_q4, rounded[30:0]};
  end

  initial begin : p_check_parameters
    if (AddLatency < 1 || AddLatency > 64)
      $fatal(1, "zs_fp32_add: AddLatency=%0d outside [1, 64] (%m)", AddLatency);
  end

endmodule

`default_nettype wire
