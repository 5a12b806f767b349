// SPDX-License-Identifier: Apache-2.0
//
// zs_sram: a memory with one write port and one read port, for the L1 of an SPU.
//
// Golden function: none, it keeps what is written
// Timing function: none
// Latency:         1 cycle from read_i to data_o, which then holds until the next read_i
// Throughput:      one read and one write per cycle
// Contract:        reading an address in the cycle in which it is written gives what was there before. Addresses are
//                  below Depth.

`default_nettype none

module zs_sram #(
  parameter  int Width     = 8,   // of a word [bit], [1, 65536]
  parameter  int Depth     = 16,  // words, [1, 1048576]
  // Derived: do not override.
  localparam int AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 write_i,
  input  wire logic [AddrWidth-1:0] write_addr_i,
  input  wire logic [Width-1:0]     write_data_i,
  input  wire logic                 read_i,
  input  wire logic [AddrWidth-1:0] read_addr_i,
  output      logic [Width-1:0]     data_o
);

  logic [Width-1:0] mem_q[Depth];
  logic [Width-1:0] data_q;

  assign data_o = data_q;

  always_ff @(posedge clk_i) begin : p_memory
    if (write_i) mem_q[write_addr_i] <= write_data_i;
    if (read_i) data_q <= mem_q[read_addr_i];
  end

  initial begin : p_check_parameters
    if (Width < 1 || Width > 65536) $fatal(1, "zs_sram: Width=%0d outside [1, 65536] (%m)", Width);
    if (Depth < 1 || Depth > 1048576)
      $fatal(1, "zs_sram: Depth=%0d outside [1, 1048576] (%m)", Depth);
  end

endmodule

`default_nettype wire
