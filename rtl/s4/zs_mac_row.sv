// SPDX-License-Identifier: Apache-2.0
//
// zs_mac_row: multiplies one value with the operands of all columns and adds the products up, int8 x int8 -> int32.
//
// Golden function: simulator.families.s4.arithmetic.gather_sums
// Timing function: none, zs_spu_sequencer counts
// Latency:         2 cycles from valid_i to the sum in sum_o
// Throughput:      one value per cycle
// Contract:        first_i begins a sum: with psum_i, which is read a cycle later, where load_i is high then, else with
//                  0. Nothing changes without en_i. Sums wrap at 32 bits.

`default_nettype none

module zs_mac_row #(
  parameter int Cols = 3  // positions at once, [1, 1024]
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  input  wire logic                  en_i,
  input  wire logic                  valid_i,
  input  wire logic                  first_i,
  input  wire logic [7:0]            value_i,
  input  wire logic [Cols-1:0][7:0]  operand_i,
  input  wire logic                  load_i,
  input  wire logic [Cols-1:0][31:0] psum_i,
  output      logic [Cols-1:0][31:0] sum_o
);

  logic valid_q, first_q;
  logic [Cols-1:0][15:0] product_d, product_q;
  logic [Cols-1:0][31:0] sum_d, sum_q;

  assign sum_o = sum_q;

  always_comb begin : p_arithmetic
    for (int c = 0; c < Cols; c++) begin
      product_d[c] = 16'($signed(value_i)) * 16'($signed(operand_i[c]));
      sum_d[c]     = 32'($signed(product_q[c]))
                     + (first_q ? (load_i ? psum_i[c] : 32'd0) : sum_q[c]);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_valid
    if (!rst_ni) valid_q <= 1'b0;
    else if (en_i) valid_q <= valid_i;
  end

  always_ff @(posedge clk_i) begin : p_pipeline
    if (en_i) begin
      product_q <= product_d;
      first_q   <= first_i;
      if (valid_q) sum_q <= sum_d;
    end
  end

  initial begin : p_check_parameters
    if (Cols < 1 || Cols > 1024) $fatal(1, "zs_mac_row: Cols=%0d outside [1, 1024] (%m)", Cols);
  end

endmodule

`default_nettype wire
