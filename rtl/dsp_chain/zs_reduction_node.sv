// SPDX-License-Identifier: Apache-2.0
//
// zs_reduction_node: behind each DSP group; where a segment ends, takes both rows' sums out of the cascade.
//
// Golden function: simulator.families.dsp_chain.chain.reduction_node
// Timing function: simulator.families.dsp_chain.chain.ChainConfig.reduction_stages
// Latency:         Stages cycles with en_i high from p_i to sums_o; 2, the slices of a group, to beside_o
// Throughput:      one sum of each row per cycle
// Contract:        en_i is the clock enable of all registers. p_i is the sum of the group's last slice. packed_i: two
//                  rows lie in it, 18 bits apart, the lower one in [-130048, 132095], which is what 8 products and
//                  10 bits that an overflow adjust unit left can be; beside_i is what that unit took off, in units
//                  of 2**10. Not packed: p_i is the sum of row 0. sums_o holds rows 0 and 1, and 0 in both where the
//                  segment goes on (ends_i low); only then beside_i goes on to the next node.

`default_nettype none

module zs_reduction_node #(
  parameter int Stages = 1  // registers, [1, 4]
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             en_i,
  input  wire logic             ends_i,
  input  wire logic             packed_i,
  input  wire logic [47:0]      p_i,
  input  wire logic [8:0]       beside_i,
  output      logic [1:0][19:0] sums_o,
  output      logic [8:0]       beside_o
);

  localparam int GroupSlices = 2;

  logic borrows;
  logic [19:0] lower, upper;
  logic [1:0][19:0] sums;
  logic unused_top;

  assign unused_top = ^p_i[47:38];

  // Codes from 2**17 + 2**10 on are negative, and a negative lower lane has borrowed from the upper one.
  assign borrows = p_i[17] && (p_i[16:10] != '0);
  assign lower   = {{2{borrows}}, p_i[17:0]} + {beside_i[8], beside_i, 10'd0};
  assign upper   = p_i[37:18] + {19'd0, borrows};

  assign sums[0] = !ends_i ? '0 : packed_i ? lower : p_i[19:0];
  assign sums[1] = (ends_i && packed_i) ? upper : '0;

  zs_delay #(
    .Width (40),
    .Stages(Stages)
  ) u_sums (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i(sums),
    .data_o(sums_o)
  );

  zs_delay #(
    .Width (9),
    .Stages(GroupSlices)
  ) u_beside (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i(ends_i ? 9'd0 : beside_i),
    .data_o(beside_o)
  );

  initial begin : p_check_parameters
    if (Stages < 1 || Stages > 4)
      $fatal(1, "zs_reduction_node: Stages=%0d outside [1, 4] (%m)", Stages);
  end

`ifdef FORMAL
`include "zs_reduction_node_formal.svh"
`endif

endmodule

`default_nettype wire
