// SPDX-License-Identifier: Apache-2.0
//
// zs_service_timer: an execute unit that does nothing, for a given number of cycles.
//
// Golden function: none, it has no values
// Timing function: the service time that it is told
// Latency:         done_o pulses service_i cycles after start_i
// Throughput:      one instruction at a time
// Contract:        start_i pulses while nothing runs, with service_i >= 1; 0 counts as 1.

`default_nettype none

module zs_service_timer #(
  parameter int Width = 32  // of the service time [bit], [1, 64]
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             start_i,
  input  wire logic [Width-1:0] service_i,
  output      logic             done_o
);

  logic [Width-1:0] left_q;  // cycles until done_o falls again

  assign done_o = left_q == Width'(1);

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) left_q <= '0;
    else if (start_i) left_q <= (service_i == '0) ? Width'(1) : service_i;
    else if (left_q != '0) left_q <= left_q - 1'b1;
  end

  initial begin : p_check_parameters
    if (Width < 1 || Width > 64)
      $fatal(1, "zs_service_timer: Width=%0d outside [1, 64] (%m)", Width);
  end

endmodule

`default_nettype wire
