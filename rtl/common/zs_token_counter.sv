// SPDX-License-Identifier: Apache-2.0
//
// zs_token_counter: the tokens that lie waiting for one ordered pair of queues (from, to).
//
// Golden function: rtl.bench.models.TokenPile
// Timing function: docs/time.md, token_latency = 1: a token sent in the cycle in which an
//                  instruction ends can be seen, and taken, from the next cycle on
// Latency:         1 cycle from send_i to available_o
// Throughput:      one token sent and one taken per cycle
// Contract:        take_i only while available_o. docs/time.md knows no limit; a counter has one.
//                  error_o rises, and stays, when a token is sent to a full counter (the count
//                  stays at its highest value, the token is lost) or taken from an empty one (the
//                  count stays 0).

`default_nettype none

module zs_token_counter #(
  parameter int Width = 16  // of the count [bit], [1, 32]; 2**Width - 1 tokens can wait
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             send_i,
  input  wire logic             take_i,
  output      logic             available_o,
  output      logic [Width-1:0] count_o,
  output      logic             error_o
);

  logic [Width-1:0] count_q;
  logic error_q, full, up, down;

  assign full        = &count_q;
  assign available_o = count_q != '0;
  assign count_o     = count_q;
  assign error_o     = error_q;

  assign down = take_i && available_o;
  assign up   = send_i && (!full || down);

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      count_q <= '0;
      error_q <= 1'b0;
    end else begin
      if (up && !down) count_q <= count_q + 1'b1;
      if (down && !up) count_q <= count_q - 1'b1;
      error_q <= error_q || (send_i && !up) || (take_i && !down);
    end
  end

  initial begin : p_check_parameters
    if (Width < 1 || Width > 32)
      $fatal(1, "zs_token_counter: Width=%0d outside [1, 32] (%m)", Width);
  end

`ifdef FORMAL
`include "zs_token_counter_formal.svh"
`endif

endmodule

`default_nettype wire
