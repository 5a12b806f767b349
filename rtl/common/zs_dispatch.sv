// SPDX-License-Identifier: Apache-2.0
//
// zs_dispatch: one in-order queue of instructions. Its head waits for tokens, asks for its shared
// resource, starts the queue's execute unit, waits for its end and releases tokens.
//
// Golden function: simulator.program.Program: instructions run in the order of the program
// Timing function: docs/time.md, "When an instruction starts", with dispatch_latency =
//                  token_latency = 1; simulator.engine.cycle.run_cycle gives start and end cycle of
//                  every instruction
// Latency:         0 cycles from token_available_i and grant_i to start_o; 1 cycle from done_i to
//                  the next start
// Throughput:      one instruction of service d every d + 1 cycles
// Contract:        Words as in Program.words(): opcode [7:0], queue [15:8], wait [31:16], release
//                  [47:32], fields. instr_*: valid/ready; to never starve, a word must be offered
//                  within a cycle of the last one. resource_i is a function of head_word_o alone:
//                  one hot, or 0 for none. start_o pulses in the start cycle s, combinationally;
//                  done_i pulses in the end cycle s + d, d >= 1, and must not depend on start_o in
//                  the same cycle. head_word_o holds from head_valid_o to the end of the end cycle,
//                  so the unit need not copy it. token_take_o pulses with start_o, token_send_o
//                  with done_i. Wait bits of queues that do not exist block for ever, as in the
//                  simulator; release bits of such queues have no effect. run_i low: nothing starts
//                  (it is raised once, after the FIFOs are filled). error_o rises and stays on: a
//                  word of another queue, more than one resource, done_i while nothing runs.

`default_nettype none

module zs_dispatch #(
  parameter int NumQueues    = 3,   // [1, 16]
  parameter int QueueIndex   = 0,   // which queue this is, [0, NumQueues - 1]
  parameter int NumResources = 1,   // [1, 16]
  parameter int WordWidth    = 64,  // instruction word [bit], [48, 4096]
  parameter int Depth        = 4    // words in the FIFO, the running one included, [2, 1024]
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_ni,
  input  wire logic                    run_i,
  input  wire logic                    instr_valid_i,
  output      logic                    instr_ready_o,
  input  wire logic [WordWidth-1:0]    instr_word_i,
  output      logic                    head_valid_o,
  output      logic [WordWidth-1:0]    head_word_o,
  input  wire logic [NumResources-1:0] resource_i,
  input  wire logic [NumQueues-1:0]    token_available_i,
  output      logic [NumQueues-1:0]    token_take_o,
  output      logic [NumQueues-1:0]    token_send_o,
  output      logic [NumResources-1:0] request_o,
  input  wire logic [NumResources-1:0] grant_i,
  output      logic                    start_o,
  input  wire logic                    done_i,
  output      logic                    busy_o,   // start cycle + 1 to end cycle
  output      logic [15:0]             lacks_o,  // queues whose tokens the waiting head lacks
  output      logic                    error_o
);

  localparam int CountWidth = $clog2(Depth + 1);

  logic [15:0] available, wait_mask, release_mask;
  logic [7:0] queue_field;
  logic [CountWidth-1:0] unused_count;
  logic busy_q, error_q, ending, ready, granted, wrong, unused_release;

  zs_fifo #(
    .Width(WordWidth),
    .Depth(Depth)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .in_valid_i (instr_valid_i),
    .in_ready_o (instr_ready_o),
    .in_data_i  (instr_word_i),
    .out_valid_o(head_valid_o),
    .out_ready_i(ending),
    .out_data_o (head_word_o),
    .count_o    (unused_count)
  );

  assign queue_field  = head_word_o[15:8];
  assign wait_mask    = head_word_o[31:16];
  assign release_mask = head_word_o[47:32];

  assign unused_release = ^release_mask;  // bits of queues that do not exist have no effect

  always_comb begin : p_available
    available = '0;
    available[NumQueues-1:0] = token_available_i;
  end

  assign lacks_o   = (head_valid_o && !busy_q) ? (wait_mask & ~available) : '0;
  assign ready     = run_i && head_valid_o && !busy_q && ((wait_mask & ~available) == '0);
  assign request_o = ready ? resource_i : '0;
  assign granted   = (resource_i == '0) || ((resource_i & grant_i) != '0);
  assign start_o   = ready && granted;
  assign ending    = busy_q && done_i;
  assign busy_o    = busy_q;
  assign error_o   = error_q;

  assign token_take_o = start_o ? wait_mask[NumQueues-1:0] : '0;
  assign token_send_o = ending ? release_mask[NumQueues-1:0] : '0;

  assign wrong = (done_i && !busy_q) ||
      (ready && (queue_field != 8'(QueueIndex) || (resource_i & (resource_i - 1'b1)) != '0));

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      busy_q  <= 1'b0;
      error_q <= 1'b0;
    end else begin
      busy_q  <= start_o || (busy_q && !done_i);
      error_q <= error_q || wrong;
    end
  end

  initial begin : p_check_parameters
    if (NumQueues < 1 || NumQueues > 16)
      $fatal(1, "zs_dispatch: NumQueues=%0d outside [1, 16] (%m)", NumQueues);
    if (QueueIndex < 0 || QueueIndex >= NumQueues)
      $fatal(1, "zs_dispatch: QueueIndex=%0d outside [0, NumQueues - 1] (%m)", QueueIndex);
    if (NumResources < 1 || NumResources > 16)
      $fatal(1, "zs_dispatch: NumResources=%0d outside [1, 16] (%m)", NumResources);
    if (WordWidth < 48 || WordWidth > 4096)
      $fatal(1, "zs_dispatch: WordWidth=%0d outside [48, 4096] (%m)", WordWidth);
    if (Depth < 2 || Depth > 1024)
      $fatal(1, "zs_dispatch: Depth=%0d outside [2, 1024] (%m)", Depth);
  end

`ifdef FORMAL
`include "zs_dispatch_formal.svh"
`endif

endmodule

`default_nettype wire
