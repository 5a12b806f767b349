// SPDX-License-Identifier: Apache-2.0
//
// zs_dispatch_bench: a zs_dispatch whose instructions name their resource in bits 48 and up, and whose
// requests are granted in the cycle in which the bench allows it.
//
// Golden function: see zs_dispatch
// Timing function: rtl.bench.models.Dispatch, cycle-exact
// Latency:         see zs_dispatch
// Throughput:      see zs_dispatch
// Contract:        see zs_dispatch

`default_nettype none

module zs_dispatch_bench #(
  parameter int NumQueues    = 3,
  parameter int QueueIndex   = 1,
  parameter int NumResources = 2,
  parameter int WordWidth    = 64,
  parameter int Depth        = 3
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_ni,
  input  wire logic                    run_i,
  input  wire logic                    instr_valid_i,
  output      logic                    instr_ready_o,
  input  wire logic [WordWidth-1:0]    instr_word_i,
  output      logic                    head_valid_o,
  output      logic [WordWidth-1:0]    head_word_o,
  input  wire logic [NumResources-1:0] allow_i,
  input  wire logic [NumQueues-1:0]    token_available_i,
  output      logic [NumQueues-1:0]    token_take_o,
  output      logic [NumQueues-1:0]    token_send_o,
  output      logic [NumResources-1:0] request_o,
  output      logic                    start_o,
  input  wire logic                    done_i,
  output      logic                    busy_o,
  output      logic [15:0]             lacks_o,
  output      logic                    error_o
);

  zs_dispatch #(
    .NumQueues   (NumQueues),
    .QueueIndex  (QueueIndex),
    .NumResources(NumResources),
    .WordWidth   (WordWidth),
    .Depth       (Depth)
  ) u_dispatch (
    .clk_i,
    .rst_ni,
    .run_i,
    .instr_valid_i,
    .instr_ready_o,
    .instr_word_i,
    .head_valid_o,
    .head_word_o,
    .resource_i(head_word_o[48+:NumResources]),
    .token_available_i,
    .token_take_o,
    .token_send_o,
    .request_o,
    .grant_i   (request_o & allow_i),
    .start_o,
    .done_i,
    .busy_o,
    .lacks_o,
    .error_o
  );

endmodule

`default_nettype wire
