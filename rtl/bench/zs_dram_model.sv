// SPDX-License-Identifier: Apache-2.0
//
// zs_dram_model: a memory without state behind a DRAM port, for benches; not for synthesis. Its
// timing is that of the zs_dma in front of it.
//
// Golden function: rtl.bench.models.Bytes
// Timing function: none
// Latency:         read data stands in the cycle after read_valid_i
// Throughput:      Lanes bytes read and Lanes bytes written per cycle, at any addresses
// Contract:        of lanes that write one byte in one cycle the highest wins. A read in the cycle
//                  of a write returns the old byte. Data of lanes that were not read is X (0 or 1
//                  in a 2-state simulator). The host port moves a row of 64 bytes a cycle, aligned;
//                  it is for the bench, between runs.

`default_nettype none

module zs_dram_model #(
  parameter  int Bytes        = 65536,  // a multiple of 64
  parameter  int Lanes        = 8,
  parameter  int AddressWidth = 40,
  localparam int HostBytes    = 64
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_ni,
  input  wire logic [Lanes-1:0]                   read_valid_i,
  input  wire logic [Lanes-1:0][AddressWidth-1:0] read_address_i,
  output      logic [Lanes-1:0][7:0]              read_data_o,
  input  wire logic [Lanes-1:0]                   write_valid_i,
  input  wire logic [Lanes-1:0][AddressWidth-1:0] write_address_i,
  input  wire logic [Lanes-1:0][7:0]              write_data_i,
  input  wire logic                               host_write_i,
  input  wire logic [31:0]                        host_row_i,
  input  wire logic [HostBytes-1:0][7:0]          host_data_i,
  output      logic [HostBytes-1:0][7:0]          host_data_o,   // of host_row_i, in the next cycle
  output      logic                               outside_o  // an access at or above Bytes; stays
);

  localparam int Width = $clog2(Bytes);

  logic [7:0] mem_q [Bytes];
  logic outside_q;

  assign outside_o = outside_q;

  always_ff @(posedge clk_i) begin : p_access
    for (int i = 0; i < Lanes; i++) begin
      if (read_valid_i[i]) read_data_o[i] <= mem_q[Width'(read_address_i[i])];
      else read_data_o[i] <= 8'hxx;
      if (write_valid_i[i]) mem_q[Width'(write_address_i[i])] <= write_data_i[i];
    end
    for (int i = 0; i < HostBytes; i++) begin
      if (host_write_i) mem_q[Width'(host_row_i * HostBytes + i)] <= host_data_i[i];
      host_data_o[i] <= mem_q[Width'(host_row_i * HostBytes + i)];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_outside
    if (!rst_ni) begin
      outside_q <= 1'b0;
    end else begin
      for (int i = 0; i < Lanes; i++) begin
        if (read_valid_i[i] && read_address_i[i] >= AddressWidth'(Bytes)) outside_q <= 1'b1;
        if (write_valid_i[i] && write_address_i[i] >= AddressWidth'(Bytes)) outside_q <= 1'b1;
      end
    end
  end

endmodule

`default_nettype wire
