// SPDX-License-Identifier: Apache-2.0
//
// zs_overflow_adjust: behind eight slices, makes room in the lower lane for eight more products.
//
// Golden function: simulator.families.dsp_chain.chain.overflow_adjust
// Timing function: simulator.families.dsp_chain.chain.ChainConfig.overflow_stages
// Latency:         Stages cycles with en_i high to cascade_o; 2 more, the slices of a group, to beside_o
// Throughput:      one sum per cycle
// Contract:        en_i is the clock enable of all registers. p_i is the sum of the eighth slice, its lower lane in
//                  [-130048, 131072]. packed_i: the low 10 bits of the lower lane, as a number in [0, 1023], and the
//                  upper lane go on in cascade_o; the rest of the lower lane, in units of 2**10, leaves by beside_o
//                  when the next group's sum is at its reduction node. Not packed: cascade_o is p_i, beside_o is 0.
//                  beside_o is 0, too, where a segment ends here (ends_i).

`default_nettype none

module zs_overflow_adjust #(
  parameter int Stages = 1  // registers, [1, 4]
) (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic        en_i,
  input  wire logic        ends_i,
  input  wire logic        packed_i,
  input  wire logic [47:0] p_i,
  output      logic [47:0] cascade_o,
  output      logic [8:0]  beside_o
);

  localparam int GroupSlices = 2;

  logic borrows;
  logic [47:0] cascade;
  logic [8:0] beside;

  // As in zs_reduction_node: +131072 is the code 2**17, and no sum lies between that and -130048.
  assign borrows = p_i[17] && (p_i[16:10] != '0);
  assign cascade = packed_i ? {p_i[47:18] + {29'd0, borrows}, 8'd0, p_i[9:0]} : p_i;
  assign beside  = (packed_i && !ends_i) ? {borrows, p_i[17:10]} : '0;

  zs_delay #(
    .Width (48),
    .Stages(Stages)
  ) u_cascade (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i(cascade),
    .data_o(cascade_o)
  );

  zs_delay #(
    .Width (9),
    .Stages(Stages + GroupSlices)
  ) u_beside (
    .clk_i,
    .rst_ni,
    .en_i,
    .data_i(beside),
    .data_o(beside_o)
  );

  initial begin : p_check_parameters
    if (Stages < 1 || Stages > 4)
      $fatal(1, "zs_overflow_adjust: Stages=%0d outside [1, 4] (%m)", Stages);
  end

`ifdef FORMAL
`include "zs_overflow_adjust_formal.svh"
`endif

endmodule

`default_nettype wire
