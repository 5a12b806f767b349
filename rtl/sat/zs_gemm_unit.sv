// SPDX-License-Identifier: Apache-2.0
//
// zs_gemm_unit: the execute unit of SAT: runs a GEMM instruction, which is one fold of the array, on the scratchpads.
//
// Golden function: simulator.families.sat.golden.Machine.gemm
// Timing function: simulator.families.sat.timing.fold_cycles: the cycles of zs_array, and accumulation more
// Latency:         done_o comes fold_cycles after start_i; sums of the fold can be read from the output scratchpad
//                  from the second cycle after done_o on, the last of them being written in the first
// Throughput:      one fold at a time
// Contract:        start_i pulses while nothing runs (from the cycle after done_o on); word_i holds from start_i to
//                  done_o. Scratchpads answer in the same cycle. A store that starts in the cycle after done_o must
//                  see what is written in that cycle: the output scratchpad hands it through. error_o rises and stays
//                  when a field is beyond the parameters: such a fold may give anything.

`default_nettype none

module zs_gemm_unit #(
  parameter  int Rows          = 4,     // of the array, [1, 1024]
  parameter  int Cols          = 4,     // of the array, [1, 1024]
  parameter  int Fp16          = 0,     // 0: int8 -> int32, 1: fp16 -> fp32
  parameter  int MaxN          = 4,     // weights held by an element, [1, 32]
  parameter  int MaxM          = 16,    // largest group, [1, 32]
  parameter  int AddLatency    = 1,     // see zs_array
  parameter  int MulLatency    = 0,     // see zs_array
  parameter  int Interleave    = 1,     // see zs_array
  parameter  int DrainSerial   = 1,     // see zs_array
  parameter  int ActBytes      = 4096,  // activation scratchpad, [1024, 2**30]
  parameter  int WeightBytes   = 4096,  // weight scratchpad, [1024, 2**23]
  parameter  int OutBytes      = 4096,  // output scratchpad, [1024, 2**20]
  parameter  int WeightLanes   = 8,     // bytes of a read of the weight scratchpad
  parameter  int WordWidth     = 512,   // instruction word [bit]
  // Derived: do not override.
  localparam int ElementBytes  = (Fp16 != 0) ? 2 : 1,
  localparam int Width         = 8 * ElementBytes,
  localparam int ActAddress    = $clog2(ActBytes),
  localparam int WeightAddress = $clog2(WeightBytes),
  localparam int OutAddress    = $clog2(OutBytes),
  localparam int WeightPorts   = 2 * MaxN
) (
  input  wire logic                                       clk_i,
  input  wire logic                                       rst_ni,
  input  wire logic                                       start_i,
  input  wire logic [WordWidth-1:0]                       word_i,
  output      logic                                       done_o,
  output      logic                                       error_o,
  output      logic [Rows-1:0][ActAddress-1:0]            act_address_o,
  input  wire logic [Rows-1:0][MaxM-1:0][Width-1:0]       act_data_i,
  output      logic [WeightPorts-1:0][WeightAddress-1:0]  weight_address_o,
  input  wire logic [WeightPorts-1:0][WeightLanes-1:0][7:0] weight_data_i,
  output      logic [OutAddress-1:0]                      out_read_address_o,
  input  wire logic [Cols-1:0][31:0]                      out_read_data_i,
  output      logic [OutAddress-1:0]                      out_write_address_o,
  output      logic [Cols-1:0]                            out_write_valid_o,
  output      logic [Cols-1:0][31:0]                      out_write_data_o
);

  // Nothing on chip has more elements than its scratchpad has bytes.
  localparam int PositionWidth = (OutAddress > 11) ? OutAddress : 11;
  localparam int SlotsWidth    = (WeightAddress + 1 > 11) ? WeightAddress + 1 : 11;
  localparam int OutputsWidth  = OutAddress;
  localparam int CountWidth    = $clog2(MaxM + 1);
  localparam int IndexWidth    = (MaxM > 1) ? $clog2(MaxM) : 1;
  localparam int RowWidth      = (Rows > 1) ? $clog2(Rows) : 1;

  // The instruction: simulator.families.sat.isa, the first field in the lowest bits.
  logic [47:0] unused_header;
  logic [WordWidth-507:0] unused_rest;
  logic [29:0] activation_address, weight_address, output_address;
  logic output_stationary, accumulate, unused_chain_first, unused_chain_last;
  logic [5:0] n, m;
  logic [7:0] kernel_rows, kernel_cols, stride_rows, stride_cols, dilation_rows, dilation_cols;
  logic [15:0] before_rows, before_cols;
  logic [23:0] tile_rows, out_rows, slot_first, slot_count;
  logic [19:0] tile_cols, channels, out_cols, outputs, output_first;
  logic [29:0] position_first, position_count;
  logic [15:0] output_count;

  assign {unused_rest,
          output_count, output_first, slot_count, slot_first, position_count, position_first,
          outputs, out_cols, out_rows, channels, tile_cols, tile_rows, before_cols, before_rows,
          dilation_cols, dilation_rows, stride_cols, stride_rows, kernel_cols, kernel_rows, m, n,
          unused_chain_last, unused_chain_first, accumulate, output_stationary,
          output_address, weight_address, activation_address, unused_header} = word_i;

  // What the fetch units need of it.
  logic [PositionWidth-1:0] per_image;
  logic [SlotsWidth-1:0] channel_groups, kernel_size, tile_slots, group_first;

  assign per_image      = PositionWidth'(out_rows) * PositionWidth'(out_cols);
  assign channel_groups = SlotsWidth'((channels + 20'(m) - 20'd1) / 20'(m));
  assign kernel_size    = SlotsWidth'(kernel_rows) * SlotsWidth'(kernel_cols);
  assign tile_slots     = kernel_size * channel_groups * SlotsWidth'(n);
  assign group_first    = SlotsWidth'(slot_first) / SlotsWidth'(n);

  // The array.
  logic unused_busy, unused_weight_valid, array_done, array_error, error_q, wrong;
  logic [RowWidth-1:0] weight_row;
  logic [SlotsWidth-1:0] weight_slot, slot;
  logic [Cols-1:0][MaxN-1:0][Width-1:0] weights;
  logic [Cols-1:0][MaxN-1:0][IndexWidth-1:0] indices;
  logic [Rows-1:0] unused_act_valid;
  logic [Rows-1:0][PositionWidth-1:0] act_position;
  logic [Rows-1:0][SlotsWidth-1:0] act_group;
  logic [Rows-1:0][MaxM-1:0][Width-1:0] window;
  logic sum_valid;
  logic [PositionWidth-1:0] sum_position;
  logic [Cols-1:0][31:0] sums;

  zs_array #(
    .Rows         (Rows),
    .Cols         (Cols),
    .Fp16         (Fp16),
    .MaxN         (MaxN),
    .MaxM         (MaxM),
    .AddLatency   (AddLatency),
    .MulLatency   (MulLatency),
    .Interleave   (Interleave),
    .DrainSerial  (DrainSerial),
    .PositionWidth(PositionWidth),
    .SlotsWidth   (SlotsWidth)
  ) u_array (
    .clk_i,
    .rst_ni,
    .start_i,
    .output_stationary_i(output_stationary),
    .n_i                (CountWidth'(n)),
    .positions_i        (PositionWidth'(position_count)),
    .slots_i            (SlotsWidth'(slot_count)),
    .busy_o             (unused_busy),
    .done_o             (array_done),
    .error_o            (array_error),
    .weight_valid_o     (unused_weight_valid),
    .weight_row_o       (weight_row),
    .weight_slot_o      (weight_slot),
    .weights_i          (weights),
    .indices_i          (indices),
    .act_valid_o        (unused_act_valid),
    .act_position_o     (act_position),
    .act_group_o        (act_group),
    .window_i           (window),
    .out_valid_o        (sum_valid),
    .out_position_o     (sum_position),
    .out_data_o         (sums)
  );

  // The last sums have left the array; the adder of the accumulators takes as many cycles as those of the array.
  zs_delay #(
    .Width   (1),
    .Stages  (AddLatency - 1),
    .HasReset(1)
  ) u_accumulation (
    .clk_i,
    .rst_ni,
    .en_i  (1'b1),
    .data_i(array_done),
    .data_o(done_o)
  );

  assign slot = SlotsWidth'(slot_first) +
                (output_stationary ? weight_slot : SlotsWidth'(weight_row) * SlotsWidth'(n));

  zs_weight_fetch #(
    .Cols        (Cols),
    .MaxN        (MaxN),
    .MaxM        (MaxM),
    .ElementBytes(ElementBytes),
    .AddressWidth(WeightAddress),
    .SlotsWidth  (SlotsWidth),
    .OutputsWidth(OutputsWidth),
    .Lanes       (WeightLanes)
  ) u_weights (
    .weight_address_i(WeightAddress'(weight_address)),
    .m_i             (m),
    .slots_i         (tile_slots),
    .outputs_i       (OutputsWidth'(outputs)),
    .output_first_i  (OutputsWidth'(output_first)),
    .slot_i          (slot),
    .pad_address_o   (weight_address_o),
    .pad_data_i      (weight_data_i),
    .weights_o       (weights),
    .indices_o       (indices)
  );

  for (genvar r = 0; r < Rows; r++) begin : g_row
    zs_act_fetch #(
      .MaxM         (MaxM),
      .ElementBytes (ElementBytes),
      .AddressWidth (ActAddress),
      .PositionWidth(PositionWidth),
      .SlotsWidth   (SlotsWidth)
    ) u_activations (
      .activation_address_i(ActAddress'(activation_address)),
      .m_i                 (m),
      .kernel_cols_i       (kernel_cols),
      .stride_rows_i       (stride_rows),
      .stride_cols_i       (stride_cols),
      .dilation_rows_i     (dilation_rows),
      .dilation_cols_i     (dilation_cols),
      .before_rows_i       (before_rows),
      .before_cols_i       (before_cols),
      .tile_rows_i         ((ActAddress + 1)'(tile_rows)),
      .tile_cols_i         ((ActAddress + 1)'(tile_cols)),
      .channels_i          ((ActAddress + 1)'(channels)),
      .out_cols_i          (PositionWidth'(out_cols)),
      .per_image_i         (per_image),
      .groups_i            (channel_groups),
      .position_i          (PositionWidth'(position_first) + act_position[r]),
      .group_i             (group_first + act_group[r]),
      .pad_address_o       (act_address_o[r]),
      .pad_data_i          (act_data_i[r]),
      .window_o            (window[r])
    );
  end

  zs_accumulator #(
    .Cols         (Cols),
    .Fp16         (Fp16),
    .AddLatency   (AddLatency),
    .AddressWidth (OutAddress),
    .PositionWidth(PositionWidth),
    .OutputsWidth (OutputsWidth)
  ) u_accumulator (
    .clk_i,
    .rst_ni,
    .start_i,
    .accumulate_i       (accumulate),
    .output_address_i   (OutAddress'(output_address)),
    .outputs_i          (OutputsWidth'(outputs)),
    .output_first_i     (OutputsWidth'(output_first)),
    .output_count_i     (output_count),
    .position_first_i   (PositionWidth'(position_first)),
    .valid_i            (sum_valid),
    .position_i         (sum_position),
    .data_i             (sums),
    .pad_read_address_o (out_read_address_o),
    .pad_read_data_i    (out_read_data_i),
    .pad_write_address_o(out_write_address_o),
    .pad_write_valid_o  (out_write_valid_o),
    .pad_write_data_o   (out_write_data_o)
  );

  // Fields that the parameters cannot hold; zs_array checks the counts of the fold.
  always_comb begin : p_check_fields
    wrong = m == '0 || 32'(m) > MaxM || n > m;
    wrong = wrong || 32'(activation_address) >= ActBytes || 32'(weight_address) >= WeightBytes;
    wrong = wrong || 32'(output_address) >= OutBytes || output_address[1:0] != 2'b00;
    wrong = wrong || 32'(tile_rows) > ActBytes || 32'(tile_cols) > ActBytes;
    wrong = wrong || 32'(channels) > ActBytes || 32'(outputs) > OutBytes / 4;
    wrong = wrong || 32'(out_rows) > OutBytes / 4 || 32'(out_cols) > OutBytes / 4;
    wrong = wrong || 32'(position_first) + 32'(position_count) > OutBytes / 4;
    wrong = wrong || 32'(slot_first) + 32'(slot_count) > WeightBytes;
    wrong = wrong || 32'(output_count) > Cols;
    wrong = wrong || 32'(output_first) + 32'(output_count) > 32'(outputs);
  end

  assign error_o = error_q || array_error;

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_error
    if (!rst_ni) error_q <= 1'b0;
    else error_q <= error_q || (start_i && wrong);
  end

  initial begin : p_check_parameters
    if (ActBytes < 1024 || ActBytes > 1 << 30)
      $fatal(1, "zs_gemm_unit: ActBytes=%0d outside [1024, 2**30] (%m)", ActBytes);
    if (WeightBytes < 1024 || WeightBytes > 1 << 23)
      $fatal(1, "zs_gemm_unit: WeightBytes=%0d outside [1024, 2**23] (%m)", WeightBytes);
    if (OutBytes < 1024 || OutBytes > 1 << 20)
      $fatal(1, "zs_gemm_unit: OutBytes=%0d outside [1024, 2**20] (%m)", OutBytes);
    if (WordWidth != 512) $fatal(1, "zs_gemm_unit: WordWidth=%0d is not 512 (%m)", WordWidth);
  end

endmodule

`default_nettype wire
