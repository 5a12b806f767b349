// SPDX-License-Identifier: Apache-2.0
//
// zs_dram_sequencer: the command sequencer of one channel of a DRAM with units in its banks: operations of all banks in,
// DRAM commands out, with precharges, activates, changes of mode and refreshes in between, at the first cycle that keeps
// every distance of a table.
//
// Golden function: none, it moves no data
// Timing function: simulator.memory.commands.service.serve, ordered operations of one channel
// Latency:         0 from an operation to its first command, if no distance forbids it
// Throughput:      one command per cycle
// Contract:        table_*: while run_i is low, table_cycles_i (0 to 2^Width - 1) becomes the least distance from command
//                  table_before_i to table_after_i; what is never written is 0. With run_i high cycles count from 0. op_*:
//                  valid/ready, payload holds until op_ready_o, which comes with the operation's last command;
//                  op_ready_o reads op_valid_i. op_command_i is 4 or more; op_rows_i: it needs row op_row_i open in all
//                  banks; op_registers_i: it needs the mode in which registers are accessible; op_closes_i: it closes
//                  all rows; op_count_i: how often it issues, at least once. command_*: valid only, a DRAM cannot wait.
//                  Commands 0 to 3 are: activate all, precharge all, refresh, change of mode. refresh_cycles_i: a refresh
//                  falls due at every multiple of it; 0: never. At most 15 may be due at once.

`default_nettype none

module zs_dram_sequencer #(
  parameter int Commands = 14,  // [5, 22]
  parameter int Width    = 12,  // bits of a distance, [2, 16]
  parameter int RowWidth = 32,  // [1, 32]
  parameter int HasMode  = 1    // 0: registers are always accessible, [0, 1]
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,
  input  wire logic                        run_i,
  input  wire logic                        table_valid_i,
  input  wire logic [$clog2(Commands)-1:0] table_before_i,
  input  wire logic [$clog2(Commands)-1:0] table_after_i,
  input  wire logic [Width-1:0]            table_cycles_i,
  input  wire logic [15:0]                 refresh_cycles_i,
  input  wire logic                        op_valid_i,
  output      logic                        op_ready_o,
  input  wire logic [$clog2(Commands)-1:0] op_command_i,
  input  wire logic                        op_rows_i,
  input  wire logic                        op_registers_i,
  input  wire logic                        op_closes_i,
  input  wire logic [RowWidth-1:0]         op_row_i,
  input  wire logic [15:0]                 op_count_i,
  output      logic                        command_valid_o,
  output      logic [$clog2(Commands)-1:0] command_o,
  output      logic [RowWidth-1:0]         command_row_o
);

  localparam int CommandWidth = $clog2(Commands);
  localparam logic [CommandWidth-1:0] ActivateAll = CommandWidth'(0);
  localparam logic [CommandWidth-1:0] PrechargeAll = CommandWidth'(1);
  localparam logic [CommandWidth-1:0] Refresh = CommandWidth'(2);
  localparam logic [CommandWidth-1:0] ChangeMode = CommandWidth'(3);

  logic [Commands*Commands-1:0][Width-1:0] distance_q;  // [before * Commands + after]
  logic [Commands-1:0][Width-1:0] wait_q, wait_d;  // cycles until each command is legal
  logic open_q, mode_q;
  logic [RowWidth-1:0] row_q;
  logic [15:0] issued_q;  // how often the operation has issued
  logic [15:0] elapsed_q;
  logic [3:0] due_q;

  // What the channel wants, before a change of mode.
  logic refreshing, wanted, final_command, registers, due;
  logic [CommandWidth-1:0] command;

  assign due = refresh_cycles_i != '0 && elapsed_q == refresh_cycles_i;

  always_comb begin : p_choose
    refreshing    = due_q != '0 || due;
    final_command = 1'b0;
    wanted        = 1'b1;
    registers     = op_registers_i;
    command       = op_command_i;
    if (refreshing) begin
      registers = 1'b0;
      command   = open_q ? PrechargeAll : Refresh;
    end else if (!op_valid_i) begin
      wanted = 1'b0;
    end else if (op_rows_i && open_q && row_q != op_row_i) begin
      command = PrechargeAll;
    end else if (op_rows_i && !open_q) begin
      command = ActivateAll;
    end else begin
      final_command = 1'b1;
    end
  end

  logic legal, change, issue;

  always_comb begin : p_issue
    legal = 1'b0;
    for (int c = 0; c < Commands; c++) begin
      if (command == CommandWidth'(c)) legal = wait_q[c] == '0;
    end
    change          = HasMode != 0 && mode_q != registers;
    issue           = run_i && wanted && legal;
    command_valid_o = issue;
    command_o       = change ? ChangeMode : command;
    command_row_o   = op_row_i;
    op_ready_o      = issue && !change && final_command && issued_q + 16'd1 == op_count_i;
  end

  always_comb begin : p_wait
    for (int a = 0; a < Commands; a++) begin
      wait_d[a] = (wait_q[a] == '0) ? '0 : wait_q[a] - 1'b1;
      for (int b = 0; b < Commands; b++) begin
        if (issue && command_o == CommandWidth'(b) && distance_q[b*Commands+a] > Width'(1)) begin
          if (distance_q[b*Commands+a] - 1'b1 > wait_d[a]) begin
            wait_d[a] = distance_q[b*Commands+a] - 1'b1;
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_table
    if (!rst_ni) begin
      distance_q <= '0;
    end else if (table_valid_i && !run_i) begin
      for (int b = 0; b < Commands; b++) begin
        for (int a = 0; a < Commands; a++) begin
          if (table_before_i == CommandWidth'(b) && table_after_i == CommandWidth'(a)) begin
            distance_q[b*Commands+a] <= table_cycles_i;
          end
        end
      end
    end
  end

  logic acted;  // a command other than a change of mode

  assign acted = issue && !change;

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      wait_q    <= '0;
      open_q    <= 1'b0;
      mode_q    <= 1'b0;
      row_q     <= '0;
      issued_q  <= '0;
      elapsed_q <= '0;
      due_q     <= '0;
    end else if (run_i) begin
      wait_q    <= wait_d;
      elapsed_q <= due ? 16'd1 : elapsed_q + 16'd1;
      due_q     <= due_q + 4'(due) - 4'(acted && refreshing && command == Refresh);
      if (issue && change) mode_q <= registers;
      if (acted && command == ActivateAll) row_q <= op_row_i;
      if (acted && command == ActivateAll) open_q <= 1'b1;
      if (acted && (command == PrechargeAll || (final_command && op_closes_i))) open_q <= 1'b0;
      if (acted && final_command) issued_q <= op_ready_o ? '0 : issued_q + 16'd1;
    end
  end

  initial begin : p_check_parameters
    if (Commands < 5 || Commands > 22)
      $fatal(1, "zs_dram_sequencer: Commands=%0d outside [5, 22] (%m)", Commands);
    if (Width < 2 || Width > 16)
      $fatal(1, "zs_dram_sequencer: Width=%0d outside [2, 16] (%m)", Width);
    if (RowWidth < 1 || RowWidth > 32)
      $fatal(1, "zs_dram_sequencer: RowWidth=%0d outside [1, 32] (%m)", RowWidth);
    if (HasMode < 0 || HasMode > 1)
      $fatal(1, "zs_dram_sequencer: HasMode=%0d outside [0, 1] (%m)", HasMode);
  end

endmodule

`default_nettype wire
