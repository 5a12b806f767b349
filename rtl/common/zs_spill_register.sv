// SPDX-License-Identifier: Apache-2.0
//
// zs_spill_register: the boundary cell, two entries deep, no combinational path through it.
//
// Golden function: identity; beats leave in the order in which they came
// Timing function: rtl.bench.models.BoundedQueue(capacity=2), cycle-exact
// Latency:         1 cycle from the in_* handshake to out_valid_o
// Throughput:      1 beat per cycle while out_ready_i stays high
// Contract:        a beat moves when valid && ready. in_ready_o and out_valid_o come from flops:
//                  in_ready_o does not look at out_ready_i, out_valid_o does not look at
//                  in_valid_i. Once out_valid_o is raised, it and out_data_o hold until
//                  out_ready_i.

`default_nettype none

module zs_spill_register #(
  parameter int Width = 8  // payload [bit], [1, 65536]
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             in_valid_i,
  output      logic             in_ready_o,
  input  wire logic [Width-1:0] in_data_i,
  output      logic             out_valid_o,
  input  wire logic             out_ready_i,
  output      logic [Width-1:0] out_data_o
);

  logic front_valid_q, back_valid_q;
  logic [Width-1:0] front_q, back_q;
  logic push, pop, push_front;

  assign in_ready_o  = !back_valid_q;
  assign out_valid_o = front_valid_q;
  assign out_data_o  = front_q;

  assign push       = in_valid_i && in_ready_o;
  assign pop        = out_valid_o && out_ready_i;
  assign push_front = push && (!front_valid_q || pop);

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_valid
    if (!rst_ni) begin
      front_valid_q <= 1'b0;
      back_valid_q  <= 1'b0;
    end else begin
      front_valid_q <= push || back_valid_q || (front_valid_q && !pop);
      back_valid_q  <= (back_valid_q && !pop) || (push && !push_front);
    end
  end

  // Payload needs no reset: nobody looks at it before it is valid.
  always_ff @(posedge clk_i) begin : p_payload
    if (push_front) front_q <= in_data_i;
    else if (back_valid_q && pop) front_q <= back_q;
    if (push && !push_front) back_q <= in_data_i;
  end

  initial begin : p_check_parameters
    if (Width < 1 || Width > 65536)
      $fatal(1, "zs_spill_register: Width=%0d outside [1, 65536] (%m)", Width);
  end

`ifdef FORMAL
`include "zs_spill_register_formal.svh"
`endif

endmodule

`default_nettype wire
