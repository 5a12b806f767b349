// SPDX-License-Identifier: Apache-2.0
//
// zs_fifo: a first-in first-out queue of any depth, read at its head without asking.
//
// Golden function: identity; beats leave in the order in which they came
// Timing function: rtl.bench.models.BoundedQueue(capacity=Depth), cycle-exact
// Latency:         1 cycle from the in_* handshake to out_valid_o
// Throughput:      1 beat per cycle; Depth = 1 gives one beat every second cycle
// Contract:        a beat moves when valid && ready. in_ready_o does not look at out_ready_i (a
//                  full FIFO takes nothing, even while it is read) and out_valid_o does not look at
//                  in_valid_i. Once out_valid_o is raised, it and out_data_o hold until
//                  out_ready_i. count_o: beats inside.

`default_nettype none

module zs_fifo #(
  parameter  int Width      = 8,                 // payload [bit], [1, 65536]
  parameter  int Depth      = 4,                 // beats, [1, 65536]; need not be a power of two
  // Derived: do not override.
  localparam int CountWidth = $clog2(Depth + 1)
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  input  wire logic                  in_valid_i,
  output      logic                  in_ready_o,
  input  wire logic [Width-1:0]      in_data_i,
  output      logic                  out_valid_o,
  input  wire logic                  out_ready_i,
  output      logic [Width-1:0]      out_data_o,
  output      logic [CountWidth-1:0] count_o
);

  localparam int PointerWidth = (Depth > 1) ? $clog2(Depth) : 1;
  localparam logic [PointerWidth-1:0] Last = PointerWidth'(Depth - 1);

  logic [Width-1:0] mem_q [Depth];
  logic [PointerWidth-1:0] read_q, write_q;
  logic [CountWidth-1:0] count_q;
  logic push, pop;

  assign in_ready_o  = count_q != CountWidth'(Depth);
  assign out_valid_o = count_q != '0;
  assign out_data_o  = mem_q[read_q];
  assign count_o     = count_q;

  assign push = in_valid_i && in_ready_o;
  assign pop  = out_valid_o && out_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      read_q  <= '0;
      write_q <= '0;
      count_q <= '0;
    end else begin
      if (push) write_q <= (write_q == Last) ? '0 : write_q + 1'b1;
      if (pop) read_q <= (read_q == Last) ? '0 : read_q + 1'b1;
      if (push && !pop) count_q <= count_q + 1'b1;
      if (pop && !push) count_q <= count_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin : p_payload
    if (push) mem_q[write_q] <= in_data_i;
  end

  initial begin : p_check_parameters
    if (Width < 1 || Width > 65536) $fatal(1, "zs_fifo: Width=%0d outside [1, 65536] (%m)", Width);
    if (Depth < 1 || Depth > 65536) $fatal(1, "zs_fifo: Depth=%0d outside [1, 65536] (%m)", Depth);
  end

`ifdef FORMAL
`include "zs_fifo_formal.svh"
`endif

endmodule

`default_nettype wire
