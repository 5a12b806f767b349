// SPDX-License-Identifier: Apache-2.0
//
// zs_accumulator: writes the sums that leave the array to the output scratchpad, or adds them to what stands there.
//
// Golden function: simulator.families.sat.golden.Machine._accumulate
// Timing function: simulator.families.sat.timing.accumulation: its adder has AddLatency stages, as those of the array
// Latency:         AddLatency cycles from valid_i to the cycle in which the sums can be read from the scratchpad
// Throughput:      one row of Cols sums per cycle
// Contract:        start_i copies the operands of a fold; sums that come in the cycle of start_i belong to the fold
//                  before. Sum c of position position_i (counted in the fold) goes to output output_first + c of
//                  position position_first + position_i of the tile; sums at and above output_count are dropped.
//                  pad_read_data_i is the answer of the scratchpad to pad_read_address_o in the same cycle. A
//                  fold that overwrites adds to zero: no sum of the array is -0, so that changes none. Two sums of
//                  one accumulator are AddLatency or more cycles apart: they come from different folds. int32 sums
//                  wrap; fp32 sums (Fp16 = 1) round to nearest even.

`default_nettype none

module zs_accumulator #(
  parameter  int Cols          = 4,   // of the array, [1, 1024]
  parameter  int Fp16          = 0,   // 0: int32 sums (AddLatency = 1), 1: fp32 sums
  parameter  int AddLatency    = 1,   // cycles of an addition, [1, 64]
  parameter  int AddressWidth  = 12,  // of the output scratchpad [bit], [2, 30]
  parameter  int PositionWidth = 12,  // [bit], [1, 30]
  parameter  int OutputsWidth  = 12   // of output channels [bit], [1, 20]
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,
  input  wire logic                     start_i,
  input  wire logic                     accumulate_i,
  input  wire logic [AddressWidth-1:0]  output_address_i,
  input  wire logic [OutputsWidth-1:0]  outputs_i,
  input  wire logic [OutputsWidth-1:0]  output_first_i,
  input  wire logic [15:0]              output_count_i,
  input  wire logic [PositionWidth-1:0] position_first_i,
  input  wire logic                     valid_i,
  input  wire logic [PositionWidth-1:0] position_i,
  input  wire logic [Cols-1:0][31:0]    data_i,
  output      logic [AddressWidth-1:0]  pad_read_address_o,
  input  wire logic [Cols-1:0][31:0]    pad_read_data_i,
  output      logic [AddressWidth-1:0]  pad_write_address_o,
  output      logic [Cols-1:0]          pad_write_valid_o,  // one for each sum
  output      logic [Cols-1:0][31:0]    pad_write_data_o
);

  logic accumulate_q;
  logic [AddressWidth-1:0] first_q;  // address of the fold's first sum
  logic [OutputsWidth-1:0] outputs_q;
  logic [15:0] output_count_q;
  logic [AddressWidth-1:0] first_sum;
  logic unused_positions;

  assign unused_positions = ^{position_first_i, position_i};  // bits above the address
  assign first_sum = AddressWidth'(position_first_i) * AddressWidth'(outputs_i) +
                     AddressWidth'(output_first_i);

  always_ff @(posedge clk_i) begin : p_operands
    if (start_i) begin
      accumulate_q   <= accumulate_i;
      outputs_q      <= outputs_i;
      output_count_q <= output_count_i;
      first_q        <= output_address_i + (first_sum << 2);
    end
  end

  assign pad_read_address_o = first_q +
                              ((AddressWidth'(position_i) * AddressWidth'(outputs_q)) << 2);

  // The last stage of the adder is the scratchpad itself.
  zs_delay #(
    .Width (AddressWidth),
    .Stages(AddLatency - 1)
  ) u_address (
    .clk_i,
    .rst_ni,
    .en_i  (1'b1),
    .data_i(pad_read_address_o),
    .data_o(pad_write_address_o)
  );

  for (genvar c = 0; c < Cols; c++) begin : g_column
    logic valid;
    logic [31:0] standing;

    assign valid  = valid_i && 16'(c) < output_count_q;
    assign standing = accumulate_q ? pad_read_data_i[c] : 32'd0;

    zs_delay #(
      .Width   (1),
      .Stages  (AddLatency - 1),
      .HasReset(1)
    ) u_valid (
      .clk_i,
      .rst_ni,
      .en_i  (1'b1),
      .data_i(valid),
      .data_o(pad_write_valid_o[c])
    );

    if (Fp16 != 0) begin : g_fp16
      zs_fp32_add #(
        .AddLatency(AddLatency)
      ) u_add (
        .clk_i,
        .rst_ni,
        .en_i (1'b1),
        .a_i  (standing),
        .b_i  (data_i[c]),
        .sum_o(pad_write_data_o[c])
      );
    end else begin : g_int8
      assign pad_write_data_o[c] = standing + data_i[c];
    end
  end

  initial begin : p_check_parameters
    if (Cols < 1 || Cols > 1024) $fatal(1, "zs_accumulator: Cols=%0d outside [1, 1024] (%m)", Cols);
    if (Fp16 < 0 || Fp16 > 1) $fatal(1, "zs_accumulator: Fp16=%0d outside [0, 1] (%m)", Fp16);
    if (AddLatency < 1 || AddLatency > 64)
      $fatal(1, "zs_accumulator: AddLatency=%0d outside [1, 64] (%m)", AddLatency);
    if (Fp16 == 0 && AddLatency != 1)
      $fatal(1, "zs_accumulator: AddLatency=%0d outside [1, 1], for Fp16=0 (%m)", AddLatency);
    if (AddressWidth < 2 || AddressWidth > 30)
      $fatal(1, "zs_accumulator: AddressWidth=%0d outside [2, 30] (%m)", AddressWidth);
    if (PositionWidth < 1 || PositionWidth > 30)
      $fatal(1, "zs_accumulator: PositionWidth=%0d outside [1, 30] (%m)", PositionWidth);
    if (OutputsWidth < 1 || OutputsWidth > 20)
      $fatal(1, "zs_accumulator: OutputsWidth=%0d outside [1, 20] (%m)", OutputsWidth);
  end

endmodule

`default_nettype wire
