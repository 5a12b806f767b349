// SPDX-License-Identifier: Apache-2.0
//
// zs_queue_machine: runs any job of docs/time.md with service >= 1 and latencies 1: the control of
// a real machine with timers as execute units. The proof that docs/time.md can be built.
//
// Golden function: none, it has no values
// Timing function: simulator.engine.cycle.run_cycle and simulator.engine.fast.run_fast, cycle-exact
// Latency:         see zs_dispatch
// Throughput:      see zs_dispatch
// Contract:        words: header as in zs_dispatch, resource [63:48] (one hot, 0 for none), service
//                  [127:64]. cycle_o is the number of the cycle since run_i: 0 in the first one in
//                  which run_i is high.

`default_nettype none

module zs_queue_machine #(
  parameter  int NumQueues    = 3,   // [1, 16]
  parameter  int NumResources = 1,   // [1, 16]
  parameter  int Depth        = 4,   // [2, 1024]
  parameter  int TokenWidth   = 16,  // [1, 32]
  // Derived: do not override.
  localparam int WordWidth    = 128
) (
  input  wire logic                                clk_i,
  input  wire logic                                rst_ni,
  input  wire logic                                run_i,
  input  wire logic [NumQueues-1:0]                instr_valid_i,
  output      logic [NumQueues-1:0]                instr_ready_o,
  input  wire logic [NumQueues-1:0][WordWidth-1:0] instr_word_i,
  output      logic [NumQueues-1:0]                start_o,
  output      logic [NumQueues-1:0]                done_o,
  output      logic [NumQueues-1:0]                busy_o,
  output      logic [NumQueues-1:0][15:0]          lacks_o,
  output      logic [63:0]                         cycle_o,
  output      logic                                idle_o,
  output      logic                                error_o
);

  logic [NumQueues-1:0][WordWidth-1:0] head_word;
  logic [NumQueues-1:0] unused_head_valid;
  logic [NumQueues-1:0][NumResources-1:0] resource;
  logic [63:0] cycle_q;

  zs_control #(
    .NumQueues   (NumQueues),
    .NumResources(NumResources),
    .WordWidth   (WordWidth),
    .Depth       (Depth),
    .TokenWidth  (TokenWidth)
  ) u_control (
    .clk_i,
    .rst_ni,
    .run_i,
    .instr_valid_i,
    .instr_ready_o,
    .instr_word_i,
    .head_valid_o(unused_head_valid),
    .head_word_o (head_word),
    .resource_i  (resource),
    .start_o,
    .done_i      (done_o),
    .busy_o,
    .lacks_o,
    .idle_o,
    .error_o
  );

  for (genvar q = 0; q < NumQueues; q++) begin : g_unit
    assign resource[q] = head_word[q][48+:NumResources];

    zs_service_timer #(
      .Width(64)
    ) u_timer (
      .clk_i,
      .rst_ni,
      .start_i  (start_o[q]),
      .service_i(head_word[q][64+:64]),
      .done_o   (done_o[q])
    );
  end

  assign cycle_o = cycle_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_cycle
    if (!rst_ni) cycle_q <= '0;
    else if (run_i) cycle_q <= cycle_q + 1'b1;
  end

endmodule

`default_nettype wire
