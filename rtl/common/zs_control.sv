// SPDX-License-Identifier: Apache-2.0
//
// zs_control: the control of a machine: its queues, the tokens between them and its shared
// resources. A family adds an execute unit for each queue and the resource of each opcode.
//
// Golden function: simulator.program.Program
// Timing function: docs/time.md with dispatch_latency = token_latency = 1; start and end cycle of
//                  every instruction are those of simulator.engine.cycle.run_cycle and
//                  simulator.engine.fast.run_fast
// Latency:         see zs_dispatch
// Throughput:      see zs_dispatch; all queues work side by side
// Contract:        per queue as zs_dispatch. error_o rises and stays on any error of a queue or a
//                  token counter.

`default_nettype none

module zs_control #(
  parameter int NumQueues    = 3,   // [1, 16]; queue 0 has the highest priority
  parameter int NumResources = 1,   // shared resources, [1, 16]
  parameter int WordWidth    = 64,  // instruction word [bit], [48, 4096]
  parameter int Depth        = 4,   // words that wait in each queue, [2, 1024]
  parameter int TokenWidth   = 16   // of the token counters [bit], [1, 32]
) (
  input  wire logic                                   clk_i,
  input  wire logic                                   rst_ni,
  input  wire logic                                   run_i,
  input  wire logic [NumQueues-1:0]                   instr_valid_i,
  output      logic [NumQueues-1:0]                   instr_ready_o,
  input  wire logic [NumQueues-1:0][WordWidth-1:0]    instr_word_i,
  output      logic [NumQueues-1:0]                   head_valid_o,
  output      logic [NumQueues-1:0][WordWidth-1:0]    head_word_o,
  input  wire logic [NumQueues-1:0][NumResources-1:0] resource_i,
  output      logic [NumQueues-1:0]                   start_o,
  input  wire logic [NumQueues-1:0]                   done_i,
  output      logic [NumQueues-1:0]                   busy_o,
  output      logic [NumQueues-1:0][15:0]             lacks_o,
  output      logic                                   idle_o,  // no queue holds an instruction
  output      logic                                   error_o
);

  logic [NumQueues-1:0][NumQueues-1:0] available;  // [to][from]
  logic [NumQueues-1:0][NumQueues-1:0] take;       // [to][from]
  logic [NumQueues-1:0][NumQueues-1:0] send;       // [from][to]
  logic [NumQueues-1:0][NumQueues-1:0] token_error;
  logic [NumQueues-1:0][NumResources-1:0] request, granted;  // by queue
  logic [NumResources-1:0][NumQueues-1:0] asked, grant;      // by resource
  logic [NumQueues-1:0] queue_error;

  assign idle_o  = head_valid_o == '0;
  assign error_o = (queue_error != '0) || (token_error != '0);

  for (genvar q = 0; q < NumQueues; q++) begin : g_queue
    zs_dispatch #(
      .NumQueues   (NumQueues),
      .QueueIndex  (q),
      .NumResources(NumResources),
      .WordWidth   (WordWidth),
      .Depth       (Depth)
    ) u_dispatch (
      .clk_i,
      .rst_ni,
      .run_i,
      .instr_valid_i    (instr_valid_i[q]),
      .instr_ready_o    (instr_ready_o[q]),
      .instr_word_i     (instr_word_i[q]),
      .head_valid_o     (head_valid_o[q]),
      .head_word_o      (head_word_o[q]),
      .resource_i       (resource_i[q]),
      .token_available_i(available[q]),
      .token_take_o     (take[q]),
      .token_send_o     (send[q]),
      .request_o        (request[q]),
      .grant_i          (granted[q]),
      .start_o          (start_o[q]),
      .done_i           (done_i[q]),
      .busy_o           (busy_o[q]),
      .lacks_o          (lacks_o[q]),
      .error_o          (queue_error[q])
    );

    for (genvar p = 0; p < NumQueues; p++) begin : g_from
      logic [TokenWidth-1:0] unused_count;

      zs_token_counter #(
        .Width(TokenWidth)
      ) u_tokens (
        .clk_i,
        .rst_ni,
        .send_i     (send[p][q]),
        .take_i     (take[q][p]),
        .available_o(available[q][p]),
        .count_o    (unused_count),
        .error_o    (token_error[q][p])
      );
    end
  end

  for (genvar r = 0; r < NumResources; r++) begin : g_resource
    logic [NumQueues-1:0] unused_holder;

    for (genvar q = 0; q < NumQueues; q++) begin : g_queue
      assign asked[r][q]   = request[q][r];
      assign granted[q][r] = grant[r][q];
    end

    zs_arbiter #(
      .NumQueues(NumQueues)
    ) u_arbiter (
      .clk_i,
      .rst_ni,
      .request_i(asked[r]),
      .done_i,
      .grant_o  (grant[r]),
      .holder_o (unused_holder)
    );
  end

  initial begin : p_check_parameters
    if (NumQueues < 1 || NumQueues > 16)
      $fatal(1, "zs_control: NumQueues=%0d outside [1, 16] (%m)", NumQueues);
    if (NumResources < 1 || NumResources > 16)
      $fatal(1, "zs_control: NumResources=%0d outside [1, 16] (%m)", NumResources);
    if (TokenWidth < 1 || TokenWidth > 32)
      $fatal(1, "zs_control: TokenWidth=%0d outside [1, 32] (%m)", TokenWidth);
  end

endmodule

`default_nettype wire
