// SPDX-License-Identifier: Apache-2.0
//
// zs_fold_sequencer: what the first row of the array does in each cycle of a fold, and how long the fold takes.
//
// Golden function: none, it has no values
// Timing function: simulator.families.sat.timing.fold_cycles with weight_registers="single", fold_overlap="none",
//                  sparse_rows="group", cycle-exact. FlushSums = 1: a weight-stationary fold with n > 1 takes
//                  positions - (ceil(positions / Interleave) - 1) * Interleave cycles more, in which the group sums
//                  of the last batch reach the passing sums (the adder that could do so earlier is busy).
// Latency:         the first cycle of a fold is the one after start_i; done_o is high in its last cycle
// Throughput:      one fold at a time
// Contract:        start_i pulses while nothing runs, with the operands of the fold; they are copied. Then
//                  weight-stationary: Rows cycles of load_o, the last row's weights first; the issue; the flush;
//                  waiting. Output-stationary: the issue; waiting; with DrainSerial = 1 Rows cycles of drain_o for
//                  each accumulator in use, the last row's result first.
//                  issue_o: the top row takes product (slot_o, position_o) into accumulator acc_o. The loop is
//                  batches of Interleave positions, then slots, then positions of the batch; additions to one
//                  accumulator are AddLatency cycles apart. With n = 1 and stationary weights no sum depends on
//                  another and positions follow without a gap. Operands: 1 <= n <= MaxM (MaxN for stationary
//                  weights), positions >= 1 (output-stationary: at most Rows * Interleave), slots >= 1 a multiple
//                  of n (weight-stationary: at most Rows * n); else error_o rises and stays, and nothing is run.

`default_nettype none

module zs_fold_sequencer #(
  parameter  int Rows          = 4,   // of the array, [1, 1024]
  parameter  int Cols          = 4,   // of the array, [1, 1024]
  parameter  int AddLatency    = 1,   // [1, 64]
  parameter  int MulLatency    = 0,   // [0, 64]
  parameter  int Interleave    = 1,   // accumulators of an element, [1, AddLatency]
  parameter  int MaxN          = 4,   // weights held by an element, [1, 32]
  parameter  int MaxM          = 16,  // largest group, [1, 32]
  parameter  int DrainSerial   = 1,   // 1: results are shifted out at the end; 0: as they are ready
  parameter  int FlushSums     = 0,   // 1: a group sum meets the passing sum by itself, [0, 1]
  parameter  int PositionWidth = 30,  // [bit], [11, 32]
  parameter  int SlotsWidth    = 24,  // [bit], [11, 32]
  // Derived: do not override.
  localparam int CountWidth    = $clog2(MaxM + 1),
  localparam int SlotWidth     = (MaxN > 1) ? $clog2(MaxN) : 1,
  localparam int AccWidth      = (Interleave > 1) ? $clog2(Interleave) : 1,
  localparam int RowWidth      = (Rows > 1) ? $clog2(Rows) : 1
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,
  input  wire logic                     start_i,
  input  wire logic                     output_stationary_i,
  input  wire logic [CountWidth-1:0]    n_i,
  input  wire logic [PositionWidth-1:0] positions_i,
  input  wire logic [SlotsWidth-1:0]    slots_i,
  output      logic                     busy_o,
  output      logic                     done_o,
  output      logic                     error_o,
  // Of the fold that runs, held until the next start.
  output      logic                     os_o,
  output      logic                     single_o,      // weight-stationary with n = 1
  output      logic [CountWidth-1:0]    n_o,
  output      logic [PositionWidth-1:0] positions_o,
  output      logic [SlotsWidth-1:0]    slots_o,
  // The first row in this cycle.
  output      logic                     load_o,
  output      logic [RowWidth-1:0]      load_row_o,    // the row whose weights enter
  output      logic                     issue_o,
  output      logic                     pass_o,        // a group sum is added to the passing sum
  output      logic                     first_o,       // first slot of the sum in the accumulator
  output      logic                     last_o,        // last slot of it
  output      logic [SlotWidth-1:0]     slot_o,        // of the group, for stationary weights
  output      logic [AccWidth-1:0]      acc_o,
  output      logic [PositionWidth-1:0] position_o,
  output      logic [SlotsWidth-1:0]    fold_slot_o,   // slot of the fold (output-stationary)
  output      logic [SlotsWidth-1:0]    group_o,       // its group
  output      logic                     drain_o,
  output      logic [AccWidth-1:0]      drain_acc_o,
  output      logic [PositionWidth-1:0] drain_position_o
);

  // Cycles from the last issue until the last row of the first column has its sums, and until the last column has.
  localparam int WsFill = Rows * AddLatency - 1 + MulLatency;
  localparam int OsFill = Rows + AddLatency - 2 + MulLatency;
  localparam int Skew   = Cols - 1;
  localparam int WaitWidth = $clog2(WsFill + OsFill + Skew + Rows + 2);
  localparam int PhaseWidth = (AddLatency > 1) ? $clog2(AddLatency) : 1;

  typedef enum logic [2:0] {
    StIdle,
    StLoad,
    StIssue,
    StFlush,
    StFill,
    StDrain,
    StSkew
  } state_e;

  state_e state_q, state_d, after_fill, after_flush, after_issue;
  logic [WaitWidth-1:0] wait_q, wait_d;       // cycles left in a state; in StDrain the row
  logic [PhaseWidth-1:0] phase_q, phase_d;    // cycle of AddLatency
  logic [CountWidth-1:0] slot_q, slot_d;      // slot of the group
  logic [SlotsWidth-1:0] fold_slot_q, fold_slot_d, group_q, group_d;
  logic [PositionWidth-1:0] base_q, base_d;   // first position of the batch
  logic [PositionWidth-1:0] offset_q, offset_d;  // of this cycle's position from it
  logic os_q, error_q, wrong;
  logic [CountWidth-1:0] n_q;
  logic [PositionWidth-1:0] positions_q, position, next_base;
  logic [SlotsWidth-1:0] slots_q;
  logic last_phase, last_slot, in_range, step_done;
  logic [WaitWidth-1:0] fill_length;

  assign os_o        = os_q;
  assign single_o    = !os_q && n_q == CountWidth'(1);
  assign n_o         = n_q;
  assign positions_o = positions_q;
  assign slots_o     = slots_q;
  assign busy_o      = state_q != StIdle;
  assign error_o     = error_q;

  assign position   = base_q + offset_q;
  assign next_base  = base_q + (single_o ? PositionWidth'(1) : PositionWidth'(Interleave));
  assign in_range   = position < positions_q && (os_q || offset_q < PositionWidth'(Interleave));
  assign last_phase = single_o || phase_q == PhaseWidth'(AddLatency - 1);
  assign last_slot  = os_q ? (fold_slot_q == slots_q - 1'b1) : (slot_q == n_q - 1'b1);
  assign fill_length = os_q ? WaitWidth'(OsFill) : WaitWidth'(WsFill);

  assign load_o      = state_q == StLoad;
  assign load_row_o  = RowWidth'(wait_q);
  assign issue_o     = state_q == StIssue && in_range;
  assign pass_o      = FlushSums != 0 && !os_q && !single_o &&
                       offset_q < PositionWidth'(Interleave) &&
                       ((state_q == StIssue && slot_q == '0 && base_q != '0) || state_q == StFlush);
  assign first_o     = os_q ? (fold_slot_q == '0) : (slot_q == '0);
  assign last_o      = last_slot;
  assign slot_o      = SlotWidth'(slot_q);
  assign acc_o       = AccWidth'(phase_q);
  assign position_o  = position;
  assign fold_slot_o = fold_slot_q;
  assign group_o     = group_q;
  assign drain_o     = state_q == StDrain;
  assign drain_acc_o = AccWidth'(phase_q);
  assign drain_position_o = base_q + PositionWidth'(wait_q);

  // Phases without a cycle are skipped.
  always_comb begin : p_skip
    after_fill = StIdle;
    if (DrainSerial != 0 && os_q) after_fill = StDrain;
    else if (Skew != 0) after_fill = StSkew;
    after_flush = after_fill;
    if (fill_length != '0) after_flush = StFill;
    after_issue = after_flush;
    if (FlushSums != 0 && !os_q && !single_o) after_issue = StFlush;
  end

  always_comb begin : p_next
    state_d     = state_q;
    wait_d      = wait_q;
    phase_d     = phase_q;
    slot_d      = slot_q;
    fold_slot_d = fold_slot_q;
    group_d     = group_q;
    base_d      = base_q;
    offset_d    = offset_q;
    step_done   = 1'b0;

    unique case (state_q)
      StIdle: begin
        phase_d     = '0;
        slot_d      = '0;
        fold_slot_d = '0;
        group_d     = '0;
        base_d      = '0;
        offset_d    = '0;
        wait_d      = WaitWidth'(Rows - 1);
        if (start_i && !wrong) begin
          state_d = StLoad;
          if (output_stationary_i) state_d = StIssue;
        end
      end
      StLoad: begin
        wait_d = wait_q - 1'b1;
        if (wait_q == '0) state_d = StIssue;
      end
      StIssue: begin
        if (!last_phase) begin
          phase_d  = phase_q + 1'b1;
          offset_d = offset_q + (os_q ? PositionWidth'(Rows) : PositionWidth'(1));
        end else begin
          phase_d  = '0;
          offset_d = '0;
          fold_slot_d = fold_slot_q + 1'b1;
          if (slot_q != n_q - 1'b1) begin
            slot_d = slot_q + 1'b1;
          end else begin
            slot_d  = '0;
            group_d = group_q + 1'b1;
          end
          if (os_q) begin
            step_done = last_slot;
          end else if (last_slot) begin
            step_done = next_base >= positions_q;
            if (!step_done) base_d = next_base;
          end
        end
        if (step_done) begin
          state_d = after_issue;
          if (after_issue == StFill) wait_d = fill_length - 1'b1;
        end
      end
      StFlush: begin
        phase_d  = phase_q + 1'b1;
        offset_d = offset_q + 1'b1;
        if (position == positions_q - 1'b1) begin
          state_d = after_flush;
          wait_d  = fill_length - 1'b1;
        end
      end
      StFill: begin
        wait_d = wait_q - 1'b1;
        if (wait_q == '0) state_d = after_fill;
      end
      StDrain: begin
        wait_d = wait_q - 1'b1;
        if (wait_q == '0) begin
          wait_d  = WaitWidth'(Rows - 1);
          phase_d = phase_q + 1'b1;
          base_d  = base_q + PositionWidth'(Rows);
          if (base_q + PositionWidth'(Rows) >= positions_q) begin
            state_d = StIdle;
            if (Skew != 0) state_d = StSkew;
          end
        end
      end
      StSkew: begin
        wait_d = wait_q - 1'b1;
        if (wait_q == '0) state_d = StIdle;
      end
      default: state_d = StIdle;
    endcase

    // Entered from several phases:
    if (state_d == StDrain && state_q != StDrain) begin
      wait_d  = WaitWidth'(Rows - 1);
      phase_d = '0;
      base_d  = '0;
    end
    if (state_d == StSkew && state_q != StSkew) wait_d = WaitWidth'(Skew - 1);
  end

  assign done_o = state_q != StIdle && state_d == StIdle;

  always_comb begin : p_check_operands
    wrong = n_i == '0 || int'(n_i) > MaxM || positions_i == '0 || slots_i == '0;
    if (output_stationary_i) wrong = wrong || positions_i > PositionWidth'(Rows * Interleave);
    else wrong = wrong || int'(n_i) > MaxN || slots_i > SlotsWidth'(Rows * int'(n_i));
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      state_q <= StIdle;
      error_q <= 1'b0;
      os_q    <= 1'b0;
    end else begin
      state_q <= state_d;
      error_q <= error_q || (start_i && (busy_o || wrong));
      if (start_i && !busy_o) os_q <= output_stationary_i;
    end
  end

  always_ff @(posedge clk_i) begin : p_counters
    wait_q      <= wait_d;
    phase_q     <= phase_d;
    slot_q      <= slot_d;
    fold_slot_q <= fold_slot_d;
    group_q     <= group_d;
    base_q      <= base_d;
    offset_q    <= offset_d;
    if (start_i && !busy_o) begin
      n_q         <= n_i;
      positions_q <= positions_i;
      slots_q     <= slots_i;
    end
  end

  initial begin : p_check_parameters
    if (Rows < 1 || Rows > 1024)
      $fatal(1, "zs_fold_sequencer: Rows=%0d outside [1, 1024] (%m)", Rows);
    if (Cols < 1 || Cols > 1024)
      $fatal(1, "zs_fold_sequencer: Cols=%0d outside [1, 1024] (%m)", Cols);
    if (AddLatency < 1 || AddLatency > 64)
      $fatal(1, "zs_fold_sequencer: AddLatency=%0d outside [1, 64] (%m)", AddLatency);
    if (MulLatency < 0 || MulLatency > 64)
      $fatal(1, "zs_fold_sequencer: MulLatency=%0d outside [0, 64] (%m)", MulLatency);
    if (Interleave < 1 || Interleave > AddLatency)
      $fatal(1, "zs_fold_sequencer: Interleave=%0d outside [1, AddLatency=%0d] (%m)", Interleave,
             AddLatency);
    if (MaxM < 1 || MaxM > 32) $fatal(1, "zs_fold_sequencer: MaxM=%0d outside [1, 32] (%m)", MaxM);
    if (MaxN < 1 || MaxN > MaxM)
      $fatal(1, "zs_fold_sequencer: MaxN=%0d outside [1, MaxM=%0d] (%m)", MaxN, MaxM);
    if (FlushSums < 0 || FlushSums > 1)
      $fatal(1, "zs_fold_sequencer: FlushSums=%0d outside [0, 1] (%m)", FlushSums);
    if (DrainSerial < 0 || DrainSerial > 1)
      $fatal(1, "zs_fold_sequencer: DrainSerial=%0d outside [0, 1] (%m)", DrainSerial);
    if (DrainSerial == 0 && Interleave != 1)
      $fatal(1, "zs_fold_sequencer: DrainSerial=0 needs Interleave=1, not %0d (%m)", Interleave);
    if (PositionWidth < 11 || PositionWidth > 32)
      $fatal(1, "zs_fold_sequencer: PositionWidth=%0d outside [11, 32] (%m)", PositionWidth);
    if (SlotsWidth < 11 || SlotsWidth > 32)
      $fatal(1, "zs_fold_sequencer: SlotsWidth=%0d outside [11, 32] (%m)", SlotsWidth);
  end

endmodule

`default_nettype wire
