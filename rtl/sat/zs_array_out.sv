// SPDX-License-Identifier: Apache-2.0
//
// zs_array_out: collects the sums of the array: one row of Cols sums at a time, with their position.
//
// Golden function: none, sums leave as they came
// Timing function: simulator.families.sat.timing.output_drain
// Latency:         column c: Cols - 1 - c cycles, which takes out the skew of the columns
// Throughput:      one row of sums per cycle
// Contract:        weight-stationary (os_i low): psum_i of the last row leaves where finished_i is set. Output-
//                  stationary, DrainSerial = 0: the row that has just finished leaves; at most one row of a column
//                  finishes in a cycle. DrainSerial = 1: with drain_i (for column 0; column c drains c cycles
//                  later) the last row leaves as position drain_position_i. In the other cases positions count up
//                  from the one after clear_i.

`default_nettype none

module zs_array_out #(
  parameter int Rows          = 4,  // [1, 1024]
  parameter int Cols          = 4,  // [1, 1024]
  parameter int DrainSerial   = 1,  // 1: results are shifted out at the end; 0: as they are ready
  parameter int PositionWidth = 30  // [bit], [11, 32]
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_ni,
  input  wire logic                           os_i,
  input  wire logic                           clear_i,
  input  wire logic [Rows-1:0][Cols-1:0]       finished_i,
  input  wire logic [Rows-1:0][Cols-1:0][31:0] psum_i,
  input  wire logic                           drain_i,
  input  wire logic [PositionWidth-1:0]       drain_position_i,
  output      logic                           out_valid_o,
  output      logic [PositionWidth-1:0]       out_position_o,
  output      logic [Cols-1:0][31:0]          out_data_o
);

  logic drained_valid, ready_valid;
  logic [PositionWidth-1:0] drained_position, ready_position_q;

  for (genvar c = 0; c < Cols; c++) begin : g_column
    logic [Rows-1:0] column_finished;
    logic [Rows*32-1:0] column_sums;
    logic [31:0] sum, last_sum;

    for (genvar r = 0; r < Rows; r++) begin : g_collect
      assign column_finished[r]       = finished_i[r][c];
      assign column_sums[32*r+:32] = psum_i[r][c];
    end

    assign last_sum = psum_i[Rows-1][c];

    always_comb begin : p_choose
      sum = last_sum;
      if (DrainSerial == 0 && os_i) begin
        sum = '0;
        for (int r = 0; r < Rows; r++) begin
          if (column_finished[r]) sum = sum | column_sums[32*r+:32];
        end
      end
    end

    zs_delay #(
      .Width (32),
      .Stages(Cols - 1 - c)
    ) u_deskew (
      .clk_i,
      .rst_ni,
      .en_i  (1'b1),
      .data_i(sum),
      .data_o(out_data_o[c])
    );
  end

  zs_delay #(
    .Width   (1 + PositionWidth),
    .Stages  (Cols - 1),
    .HasReset(1)
  ) u_drain_position (
    .clk_i,
    .rst_ni,
    .en_i  (1'b1),
    .data_i({drain_i, drain_position_i}),
    .data_o({drained_valid, drained_position})
  );

  logic [Rows-1:0] last_column;

  for (genvar r = 0; r < Rows; r++) begin : g_last_column
    assign last_column[r] = finished_i[r][Cols-1];
  end

  assign ready_valid = os_i ? (DrainSerial == 0 && last_column != '0) : last_column[Rows-1];

  always_ff @(posedge clk_i) begin : p_position
    if (clear_i) ready_position_q <= '0;
    else if (ready_valid) ready_position_q <= ready_position_q + 1'b1;
  end

  assign out_valid_o    = ready_valid || drained_valid;
  assign out_position_o = drained_valid ? drained_position : ready_position_q;

  initial begin : p_check_parameters
    if (Rows < 1 || Rows > 1024) $fatal(1, "zs_array_out: Rows=%0d outside [1, 1024] (%m)", Rows);
    if (Cols < 1 || Cols > 1024) $fatal(1, "zs_array_out: Cols=%0d outside [1, 1024] (%m)", Cols);
    if (DrainSerial < 0 || DrainSerial > 1)
      $fatal(1, "zs_array_out: DrainSerial=%0d outside [0, 1] (%m)", DrainSerial);
    if (PositionWidth < 11 || PositionWidth > 32)
      $fatal(1, "zs_array_out: PositionWidth=%0d outside [11, 32] (%m)", PositionWidth);
  end

endmodule

`default_nettype wire
