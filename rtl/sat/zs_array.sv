// SPDX-License-Identifier: Apache-2.0
//
// zs_array: Rows x Cols processing elements that run one fold at a time, weight- or output-stationary,
// dense or N:M.
//
// Golden function: simulator.families.sat.arithmetic.fold_sums
// Timing function: simulator.families.sat.timing.fold_cycles, see zs_fold_sequencer
// Latency:         start_i to done_o: fold_cycles. Sums that are shifted out (output-stationary,
//                  DrainSerial = 1) leave in the last cycles of the fold; all others leave in the cycle
//                  after their last addition, so that the last of them comes in the cycle after done_o,
//                  in which the next fold may be started.
// Throughput:      one row of Cols sums per cycle at most
// Contract:        start_i pulses while nothing runs (from the cycle after done_o on); the operands are
//                  copied. Requests are answered in the same cycle, from memories that do not wait:
//                  - weight_valid_o: weights_i[c] and indices_i[c] are those of column c.
//                    Weight-stationary: the n slots of group weight_row_o of the fold, in [0] to [n-1]
//                    (rows beyond the fold's groups are asked for, and zeros taken instead of the
//                    answer). Output-stationary: slot weight_slot_o of the fold, in [0].
//                  - act_valid_o[r]: window_i[r] are the M activations of position act_position_o[r] of
//                    the fold at group act_group_o[r] of the fold. Each row asks in its own cycle: row r
//                    comes AddLatency * r cycles (output-stationary: r cycles) after row 0. For the n
//                    slots of a group the requests of a batch of positions repeat.
//                  out_valid_o: out_data_o[c] is the sum of column c at position out_position_o; there is
//                  no back-pressure. Weight-stationary and DrainSerial = 0: positions come in ascending
//                  order; shifted out: Rows at a time, descending. Positions count from 0 in the fold.
//                  What stands in columns or rows that the fold does not use may be anything.

`default_nettype none

module zs_array #(
  parameter  int Rows          = 4,   // [1, 1024]
  parameter  int Cols          = 4,   // [1, 1024]
  parameter  int Fp16          = 0,   // 0: int8 to int32 (AddLatency = 1), 1: fp16 to fp32
  parameter  int MaxN          = 4,   // weights held by an element, [1, 32]
  parameter  int MaxM          = 16,  // activations in a window, [1, 32]
  parameter  int AddLatency    = 1,   // cycles of an addition, [1, 64]
  parameter  int MulLatency    = 0,   // register stages of the multipliers, [0, 64]
  parameter  int Interleave    = 1,   // accumulators of an element, [1, AddLatency]
  parameter  int DrainSerial   = 1,   // 1: output_drain="serial"; 0: "hidden", needs Interleave = 1
  parameter  int PositionWidth = 30,  // [bit], [11, 32]
  parameter  int SlotsWidth    = 24,  // [bit], [11, 32]
  // Derived: do not override.
  localparam int Width         = (Fp16 != 0) ? 16 : 8,
  localparam int CountWidth    = $clog2(MaxM + 1),
  localparam int SlotWidth     = (MaxN > 1) ? $clog2(MaxN) : 1,
  localparam int IndexWidth    = (MaxM > 1) ? $clog2(MaxM) : 1,
  localparam int AccWidth      = (Interleave > 1) ? $clog2(Interleave) : 1,
  localparam int RowWidth      = (Rows > 1) ? $clog2(Rows) : 1
) (
  input  wire logic                                      clk_i,
  input  wire logic                                      rst_ni,
  // The fold.
  input  wire logic                                      start_i,
  input  wire logic                                      output_stationary_i,
  input  wire logic [CountWidth-1:0]                     n_i,          // kept weights of a group
  input  wire logic [PositionWidth-1:0]                  positions_i,
  input  wire logic [SlotsWidth-1:0]                     slots_i,
  output      logic                                      busy_o,
  output      logic                                      done_o,
  output      logic                                      error_o,
  // Weights.
  output      logic                                      weight_valid_o,
  output      logic [RowWidth-1:0]                       weight_row_o,
  output      logic [SlotsWidth-1:0]                     weight_slot_o,
  input  wire logic [Cols-1:0][MaxN-1:0][Width-1:0]      weights_i,
  input  wire logic [Cols-1:0][MaxN-1:0][IndexWidth-1:0] indices_i,
  // Activations.
  output      logic [Rows-1:0]                           act_valid_o,
  output      logic [Rows-1:0][PositionWidth-1:0]        act_position_o,
  output      logic [Rows-1:0][SlotsWidth-1:0]           act_group_o,
  input  wire logic [Rows-1:0][MaxM-1:0][Width-1:0]      window_i,
  // Sums.
  output      logic                                      out_valid_o,
  output      logic [PositionWidth-1:0]                  out_position_o,
  output      logic [Cols-1:0][31:0]                     out_data_o
);

  localparam int CommandWidth = 4 + SlotWidth + AccWidth + PositionWidth + SlotsWidth;
  localparam int TagWidth     = 4 + SlotWidth + AccWidth;
  localparam int WeightWidth  = MaxN * (Width + IndexWidth);

  logic os, single, load, issue, pass, first, last, drain;
  logic [CountWidth-1:0] n;
  logic [PositionWidth-1:0] positions, position, drain_position;
  logic [SlotsWidth-1:0] slots, fold_slot, group;
  logic [RowWidth-1:0] load_row;
  logic [SlotWidth-1:0] slot;
  logic [AccWidth-1:0] acc, drain_acc;

  zs_fold_sequencer #(
    .Rows         (Rows),
    .Cols         (Cols),
    .AddLatency   (AddLatency),
    .MulLatency   (MulLatency),
    .Interleave   (Interleave),
    .MaxN         (MaxN),
    .MaxM         (MaxM),
    .DrainSerial  (DrainSerial),
    .FlushSums    (Fp16),
    .PositionWidth(PositionWidth),
    .SlotsWidth   (SlotsWidth)
  ) u_sequencer (
    .clk_i,
    .rst_ni,
    .start_i,
    .output_stationary_i,
    .n_i,
    .positions_i,
    .slots_i,
    .busy_o,
    .done_o,
    .error_o,
    .os_o            (os),
    .single_o        (single),
    .n_o             (n),
    .positions_o     (positions),
    .slots_o         (slots),
    .load_o          (load),
    .load_row_o      (load_row),
    .issue_o         (issue),
    .pass_o          (pass),
    .first_o         (first),
    .last_o          (last),
    .slot_o          (slot),
    .acc_o           (acc),
    .position_o      (position),
    .fold_slot_o     (fold_slot),
    .group_o         (group),
    .drain_o         (drain),
    .drain_acc_o     (drain_acc),
    .drain_position_o(drain_position)
  );

  // Rows: what row 0 does, row r does later, by as much as a sum (or, output-stationary, a weight) takes
  // to come down.
  logic [Rows-1:0][CommandWidth-1:0] command;
  logic [Rows-1:0] row_used;  // its group is one of the fold's
  logic [Rows-1:0][TagWidth-1:0] row_tag;
  logic [Rows-1:0][MaxM-1:0][Width-1:0] row_window;

  assign command[0] = {issue, pass, first, last, slot, acc, position, group};

  for (genvar r = 0; r < Rows; r++) begin : g_row
    logic [PositionWidth-1:0] row_position, own_position;
    logic [SlotsWidth-1:0] row_group;
    logic row_issue, row_pass, row_first, row_last, row_valid;
    logic [SlotWidth-1:0] row_slot;
    logic [AccWidth-1:0] row_acc;

    assign {row_issue, row_pass, row_first, row_last, row_slot, row_acc, row_position, row_group} =
        command[r];
    assign own_position      = row_position + (os ? PositionWidth'(r) : PositionWidth'(0));
    assign row_valid         = row_issue && own_position < positions;
    assign row_used[r]       = SlotsWidth'(r * int'(n)) < slots;
    assign act_valid_o[r]    = row_valid && (os || row_used[r]);
    assign act_position_o[r] = own_position;
    assign act_group_o[r]    = os ? row_group : SlotsWidth'(r);
    assign row_tag[r]        = {row_valid, row_pass, row_first, row_last, row_slot, row_acc};
    assign row_window[r]     = act_valid_o[r] ? window_i[r] : '0;

    if (r + 1 < Rows) begin : g_next
      logic [CommandWidth-1:0] after_one, after_addition;

      zs_delay #(
        .Width   (CommandWidth),
        .Stages  (1),
        .HasReset(1)
      ) u_one (
        .clk_i,
        .rst_ni,
        .en_i  (1'b1),
        .data_i(command[r]),
        .data_o(after_one)
      );

      zs_delay #(
        .Width   (CommandWidth),
        .Stages  (AddLatency - 1),
        .HasReset(1)
      ) u_addition (
        .clk_i,
        .rst_ni,
        .en_i  (1'b1),
        .data_i(after_one),
        .data_o(after_addition)
      );

      assign command[r+1] = os ? after_one : after_addition;
    end
  end

  // Columns: output-stationary weights enter column c c cycles late; whole rows are loaded at once.
  logic [Cols-1:0][WeightWidth-1:0] column_weights;
  logic [Cols-1:0][MaxN*Width-1:0] entering;
  logic load_used;

  assign weight_valid_o = load || (os && issue);
  assign weight_row_o   = load_row;
  assign weight_slot_o  = fold_slot;
  assign load_used      = SlotsWidth'(int'(load_row) * int'(n)) < slots;

  for (genvar c = 0; c < Cols; c++) begin : g_column
    logic [WeightWidth-1:0] answer, late;

    assign answer = (os || load_used) ? {indices_i[c], weights_i[c]} : '0;

    zs_delay #(
      .Width (Width + IndexWidth),
      .Stages(c)
    ) u_skew (
      .clk_i,
      .rst_ni,
      .en_i  (1'b1),
      .data_i({indices_i[c][0], weights_i[c][0]}),
      .data_o({late[MaxN*Width+:IndexWidth], late[0+:Width]})
    );

    if (MaxN > 1) begin : g_rest
      assign late[Width+:(MaxN-1)*Width] = '0;
      assign late[MaxN*Width+IndexWidth+:(MaxN-1)*IndexWidth] = '0;
    end

    assign column_weights[c] = os ? late : answer;
    assign entering[c] = column_weights[c][MaxN*Width-1:0];
  end

  // The elements, and what each hands down and to the right.
  logic [Rows-1:0][Cols-1:0][MaxN-1:0][Width-1:0] weights_down;
  logic [Rows-1:0][Cols-1:0][MaxN-1:0][IndexWidth-1:0] indices_down;
  logic [Rows-1:0][Cols-1:0][31:0] psum_down;
  logic [Rows-1:0][Cols-1:0] finished;
  logic [Rows-1:0][Cols-1:0][TagWidth-1:0] tag;
  logic [Rows-1:0][Cols-1:0][MaxM-1:0][Width-1:0] window;
  logic [Cols-1:0] column_drain;
  logic [Cols-1:0][AccWidth-1:0] column_drain_acc;

  for (genvar c = 0; c < Cols; c++) begin : g_drain
    zs_delay #(
      .Width   (1 + AccWidth),
      .Stages  (c),
      .HasReset(1)
    ) u_drain (
      .clk_i,
      .rst_ni,
      .en_i  (1'b1),
      .data_i({drain, drain_acc}),
      .data_o({column_drain[c], column_drain_acc[c]})
    );
  end

  for (genvar r = 0; r < Rows; r++) begin : g_pe_row
    for (genvar c = 0; c < Cols; c++) begin : g_pe
      logic [MaxN*Width-1:0] weights_in;
      logic [MaxN*IndexWidth-1:0] indices_in;
      logic [31:0] psum_in;
      logic pe_valid, pe_pass, pe_first, pe_last;
      logic [SlotWidth-1:0] pe_slot;
      logic [AccWidth-1:0] pe_acc;

      if (r == 0) begin : g_top
        assign weights_in = entering[c];
        assign indices_in = column_weights[c][MaxN*Width+:MaxN*IndexWidth];
        assign psum_in    = '0;
      end else begin : g_below
        assign weights_in = weights_down[r-1][c];
        assign indices_in = indices_down[r-1][c];
        assign psum_in    = psum_down[r-1][c];
      end

      if (c == 0) begin : g_left
        assign tag[r][c]    = row_tag[r];
        assign window[r][c] = row_window[r];
      end else begin : g_right
        zs_delay #(
          .Width   (TagWidth),
          .Stages  (1),
          .HasReset(1)
        ) u_tag (
          .clk_i,
          .rst_ni,
          .en_i  (1'b1),
          .data_i(tag[r][c-1]),
          .data_o(tag[r][c])
        );

        zs_delay #(
          .Width (MaxM * Width),
          .Stages(1)
        ) u_window (
          .clk_i,
          .rst_ni,
          .en_i  (1'b1),
          .data_i(window[r][c-1]),
          .data_o(window[r][c])
        );
      end

      assign {pe_valid, pe_pass, pe_first, pe_last, pe_slot, pe_acc} = tag[r][c];

      if (Fp16 != 0) begin : g_fp16
        zs_pe_fp16 #(
          .AddLatency(AddLatency),
          .MulLatency(MulLatency),
          .Interleave(Interleave),
          .MaxN      (MaxN),
          .MaxM      (MaxM)
        ) u_pe (
          .clk_i,
          .rst_ni,
          .os_i       (os),
          .single_i   (single),
          .shift_i    (os || load),
          .drain_i    (column_drain[c]),
          .drain_acc_i(column_drain_acc[c]),
          .valid_i    (pe_valid),
          .first_i    (pe_first),
          .last_i     (pe_last),
          .pass_i     (pe_pass),
          .slot_i     (pe_slot),
          .acc_i      (pe_acc),
          .window_i   (window[r][c]),
          .weights_i  (weights_in),
          .indices_i  (indices_in),
          .psum_i     (psum_in),
          .weights_o  (weights_down[r][c]),
          .indices_o  (indices_down[r][c]),
          .psum_o     (psum_down[r][c]),
          .done_o     (finished[r][c])
        );
      end else begin : g_int8
        logic unused_tag;
        assign unused_tag = pe_pass ^ (^pe_acc) ^ single ^ (^column_drain_acc[c]);

        zs_pe_int8 #(
          .MulLatency(MulLatency),
          .MaxN      (MaxN),
          .MaxM      (MaxM)
        ) u_pe (
          .clk_i,
          .rst_ni,
          .os_i     (os),
          .shift_i  (os || load),
          .drain_i  (column_drain[c]),
          .valid_i  (pe_valid),
          .first_i  (pe_first),
          .last_i   (pe_last),
          .slot_i   (pe_slot),
          .window_i (window[r][c]),
          .weights_i(weights_in),
          .indices_i(indices_in),
          .psum_i   (psum_in),
          .weights_o(weights_down[r][c]),
          .indices_o(indices_down[r][c]),
          .psum_o   (psum_down[r][c]),
          .done_o   (finished[r][c])
        );
      end
    end
  end

  logic unused_links;
  assign unused_links = (^weights_down[Rows-1]) ^ (^indices_down[Rows-1]);

  zs_array_out #(
    .Rows         (Rows),
    .Cols         (Cols),
    .DrainSerial  (DrainSerial),
    .PositionWidth(PositionWidth)
  ) u_out (
    .clk_i,
    .rst_ni,
    .os_i            (os),
    .clear_i         (start_i && !busy_o),
    .finished_i      (finished),
    .psum_i          (psum_down),
    .drain_i         (drain && drain_position < positions),
    .drain_position_i(drain_position),
    .out_valid_o,
    .out_position_o,
    .out_data_o
  );

  initial begin : p_check_parameters
    if (Fp16 < 0 || Fp16 > 1) $fatal(1, "zs_array: Fp16=%0d outside [0, 1] (%m)", Fp16);
    if (Fp16 == 0 && AddLatency != 1)
      $fatal(1, "zs_array: AddLatency=%0d outside [1, 1], for Fp16=0 (%m)", AddLatency);
  end

endmodule

`default_nettype wire
