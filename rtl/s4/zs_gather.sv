// SPDX-License-Identifier: Apache-2.0
//
// zs_gather: picks for every row and column the activation to which the row's index points.
//
// Golden function: simulator.families.s4.arithmetic.gather_sums (activations[:, indices])
// Timing function: none
// Latency:         1 cycle
// Throughput:      one index for each row per cycle
// Contract:        window_i holds a bank of activations for each column (position); all rows (filters) share it.
//                  Outputs change only with en_i. An index below Bank.

`default_nettype none

module zs_gather #(
  parameter  int Rows       = 2,  // filters at once, [1, 1024]
  parameter  int Cols       = 3,  // positions at once, [1, 1024]
  parameter  int Bank       = 8,  // channels of a bank, [1, 64]
  // Derived: do not override.
  localparam int IndexWidth = (Bank > 1) ? $clog2(Bank) : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            en_i,
  input  wire logic [Cols-1:0][8*Bank-1:0]     window_i,  // channel 0 lowest
  input  wire logic [Rows-1:0][IndexWidth-1:0] index_i,
  output      logic [Rows-1:0][8*Cols-1:0]     operand_o  // column 0 lowest
);

  // Flat: not every tool takes variable indices into more than one dimension.
  logic [Cols*Bank*8-1:0] window;
  logic [Rows*Cols*8-1:0] operand_d, operand_q;

  assign window    = window_i;
  assign operand_o = operand_q;

  always_comb begin : p_pick
    operand_d = '0;
    for (int r = 0; r < Rows; r++) begin
      for (int c = 0; c < Cols; c++) begin
        for (int b = 0; b < Bank; b++) begin
          if (index_i[r] == IndexWidth'(b))
            operand_d[(r*Cols+c)*8+:8] = window[(c*Bank+b)*8+:8];
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin : p_operand
    if (en_i) operand_q <= operand_d;
  end

  initial begin : p_check_parameters
    if (Rows < 1 || Rows > 1024) $fatal(1, "zs_gather: Rows=%0d outside [1, 1024] (%m)", Rows);
    if (Cols < 1 || Cols > 1024) $fatal(1, "zs_gather: Cols=%0d outside [1, 1024] (%m)", Cols);
    if (Bank < 1 || Bank > 64) $fatal(1, "zs_gather: Bank=%0d outside [1, 64] (%m)", Bank);
  end

endmodule

`default_nettype wire
