// SPDX-License-Identifier: Apache-2.0
//
// zs_arbiter: grants one shared resource for whole instructions, first come first served.
//
// Golden function: rtl.bench.models.Arbiter
// Timing function: docs/time.md, "Who gets a shared resource", with service >= 1 and both latencies
//                  1: the request that came first wins, among those of one cycle the lowest index
// Latency:         0 cycles: grant_o is combinational in request_i and done_i
// Throughput:      one grant per cycle; the resource is granted again in the cycle in which its
//                  holder ends
// Contract:        request_i[q] is raised in the cycle in which queue q is ready and held until
//                  grant_o[q], which is at most one hot and lasts one cycle; the request is down in
//                  the next cycle, or is a new one. The holder pulses done_i[q] in the cycle in
//                  which it ends, at the earliest one after its grant. done_i of queues that do not
//                  hold the resource is not looked at.

`default_nettype none

module zs_arbiter #(
  parameter int NumQueues = 3  // requesters, [1, 16]; 0 has the highest priority
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_ni,
  input  wire logic [NumQueues-1:0] request_i,
  input  wire logic [NumQueues-1:0] done_i,
  output      logic [NumQueues-1:0] grant_o,
  output      logic [NumQueues-1:0] holder_o  // one hot after the grant, to the end cycle
);

  logic [NumQueues-1:0] holder_q, pending_q;
  logic [NumQueues-1:0][NumQueues-1:0] ahead_q;  // [i][j]: of the pending i and j, j goes first
  logic [NumQueues-1:0][NumQueues-1:0] ahead;    // the same, with this cycle's requests among them
  logic free, unused_order;

  assign free     = (holder_q & ~done_i) == '0;
  assign holder_o = holder_q;

  assign unused_order = ^{pending_q, ahead_q};  // one queue alone needs no order

  for (genvar i = 0; i < NumQueues; i++) begin : g_queue
    for (genvar j = 0; j < NumQueues; j++) begin : g_other
      if (i == j) begin : g_self
        assign ahead[i][j] = 1'b0;
      end else begin : g_pair
        // A request of an earlier cycle goes first; two of this cycle go by index.
        assign ahead[i][j] = (pending_q[i] && pending_q[j]) ? ahead_q[i][j] :
                             (pending_q[i] || pending_q[j]) ? pending_q[j] : (j < i);
      end
    end

    assign grant_o[i] = free && request_i[i] && ((request_i & ahead[i]) == '0);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      holder_q  <= '0;
      pending_q <= '0;
      ahead_q   <= '0;
    end else begin
      holder_q  <= grant_o | (holder_q & ~done_i);
      pending_q <= request_i & ~grant_o;
      ahead_q   <= ahead;
    end
  end

  initial begin : p_check_parameters
    if (NumQueues < 1 || NumQueues > 16)
      $fatal(1, "zs_arbiter: NumQueues=%0d outside [1, 16] (%m)", NumQueues);
  end

`ifdef FORMAL
`include "zs_arbiter_formal.svh"
`endif

endmodule

`default_nettype wire
