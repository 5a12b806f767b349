// SPDX-License-Identifier: Apache-2.0
//
// zs_dsp_slice: one DSP48E2, P = Z + (A + D) * B; Z is the cascade input, or 0 where a sum starts.
//
// Golden function: simulator.families.dsp_chain.chain.dsp_slice
// Timing function: simulator.families.dsp_chain.chain.fill_cycles(1)
// Latency:         3 cycles with en_i high from a_i, d_i, b_i and fresh_i to pcout_o (registers A/D/B, M, P);
//                  1 from pcin_i
// Throughput:      one product per cycle
// Contract:        en_i is the clock enable of all registers. pcin_i is the cascade from the slice before (PCIN) or,
//                  behind an overflow adjust unit, the port C; fresh_i high selects 0 instead (OPMODE Z). Sums wrap
//                  at 48 bits. With a_i = a0 and d_i = a1 * 2**18 the product holds two int8 products with b_i.

`default_nettype none

module zs_dsp_slice (
  input  wire logic        clk_i,
  input  wire logic        en_i,
  input  wire logic        fresh_i,
  input  wire logic [26:0] a_i,
  input  wire logic [26:0] d_i,
  input  wire logic [17:0] b_i,
  input  wire logic [47:0] pcin_i,
  output      logic [47:0] pcout_o
);

  logic signed [26:0] a_q, d_q, sum;
  logic signed [17:0] b_q;
  logic signed [44:0] product_q;
  logic fresh_q, fresh_product_q;
  logic [47:0] p_q;

  assign sum     = a_q + d_q;
  assign pcout_o = p_q;

  always_ff @(posedge clk_i) begin : p_registers
    if (en_i) begin
      a_q             <= a_i;
      d_q             <= d_i;
      b_q             <= b_i;
      fresh_q         <= fresh_i;
      product_q       <= 45'(sum) * 45'(b_q);
      fresh_product_q <= fresh_q;
      p_q             <= (fresh_product_q ? 48'd0 : pcin_i) + 48'(product_q);
    end
  end

endmodule

`default_nettype wire
