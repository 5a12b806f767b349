// SPDX-License-Identifier: Apache-2.0
//
// zs_fp32_to_bf16: fp32 -> bf16, rounded to nearest even.
//
// Golden function: simulator.families.dram_pim.arithmetic.to_bf16
// Timing function: none
// Latency:         0
// Throughput:      one value per cycle
// Contract:        combinational. Values beyond the largest finite bf16 round to infinity; any NaN gives 16'h7fc0.

`default_nettype none

module zs_fp32_to_bf16 (
  input  wire logic [31:0] fp32_i,
  output      logic [15:0] bf16_o
);

  logic [31:0] rounded;
  logic nan, unused_fraction;

  always_comb begin : p_round
    nan     = fp32_i[30:23] == '1 && fp32_i[22:0] != '0;
    rounded = fp32_i + 32'h7fff + 32'(fp32_i[16]);
    bf16_o  = nan ? 16'h7fc0 : rounded[31:16];
  end

  assign unused_fraction = ^rounded[15:0];

endmodule

`default_nettype wire
