// SPDX-License-Identifier: Apache-2.0
//
// zs_dma_bench: a zs_dma between a zs_scratchpad and a zs_dram_model, with a port for the bench
// into each.
//
// Golden function: see zs_dma
// Timing function: see zs_dma
// Latency:         see zs_dma
// Throughput:      see zs_dma
// Contract:        pad_* is for the bench, between runs: Lanes bytes a cycle.

`default_nettype none

module zs_dma_bench #(
  parameter  int Lanes        = 8,
  parameter  int DramBytes    = 16384,
  parameter  int PadBytes     = 2048,
  // Derived: do not override.
  localparam int BoxWidth     = 276,
  localparam int CountWidth   = $clog2(Lanes + 1),
  localparam int PadWidth     = $clog2(PadBytes)
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  input  wire logic                  start_i,
  input  wire logic [BoxWidth-1:0]   box_i,
  input  wire logic                  write_i,
  input  wire logic [15:0]           latency_i,
  input  wire logic [CountWidth-1:0] bytes_per_cycle_i,
  output      logic                  done_o,
  input  wire logic                  host_write_i,
  input  wire logic [31:0]           host_row_i,
  input  wire logic [63:0][7:0]      host_data_i,
  output      logic [63:0][7:0]      host_data_o,
  output      logic                  outside_o,
  input  wire logic                  pad_read_i,
  input  wire logic                  pad_write_i,
  input  wire logic [PadWidth-1:0]   pad_address_i,
  input  wire logic [Lanes-1:0][7:0] pad_data_i,
  output      logic [Lanes-1:0][7:0] pad_data_o,
  output      logic                  reading_o,    // the DMA reads DRAM or scratchpad in this cycle
  output      logic                  writing_o     // it writes
);

  logic [Lanes-1:0] dram_read_valid, dram_write_valid, pad_write_valid;
  logic [Lanes-1:0][39:0] dram_read_address, dram_write_address;
  logic [Lanes-1:0][7:0] dram_read_data, dram_write_data, pad_read_data, pad_write_data;
  logic pad_read_valid;
  logic [29:0] pad_read_address, pad_write_address;
  logic unused_address;

  assign unused_address = ^{pad_read_address, pad_write_address};

  assign reading_o = (dram_read_valid != '0) || pad_read_valid;
  assign writing_o = (dram_write_valid != '0) || (pad_write_valid != '0);

  zs_dma #(
    .Lanes(Lanes)
  ) u_dma (
    .clk_i,
    .rst_ni,
    .start_i,
    .box_i,
    .write_i,
    .latency_i,
    .bytes_per_cycle_i,
    .done_o,
    .dram_read_valid_o   (dram_read_valid),
    .dram_read_address_o (dram_read_address),
    .dram_read_data_i    (dram_read_data),
    .dram_write_valid_o  (dram_write_valid),
    .dram_write_address_o(dram_write_address),
    .dram_write_data_o   (dram_write_data),
    .pad_read_valid_o    (pad_read_valid),
    .pad_read_address_o  (pad_read_address),
    .pad_read_data_i     (pad_read_data),
    .pad_write_valid_o   (pad_write_valid),
    .pad_write_address_o (pad_write_address),
    .pad_write_data_o    (pad_write_data)
  );

  zs_scratchpad #(
    .Bytes     (PadBytes),
    .Lanes     (Lanes),
    .ReadPorts (2),
    .WritePorts(2)
  ) u_pad (
    .clk_i,
    .read_valid_i   ({pad_read_i, pad_read_valid}),
    .read_address_i ({pad_address_i, pad_read_address[PadWidth-1:0]}),
    .read_data_o    ({pad_data_o, pad_read_data}),
    .write_valid_i  ({{Lanes{pad_write_i}}, pad_write_valid}),
    .write_address_i({pad_address_i, pad_write_address[PadWidth-1:0]}),
    .write_data_i   ({pad_data_i, pad_write_data})
  );

  zs_dram_model #(
    .Bytes(DramBytes),
    .Lanes(Lanes)
  ) u_dram (
    .clk_i,
    .rst_ni,
    .read_valid_i   (dram_read_valid),
    .read_address_i (dram_read_address),
    .read_data_o    (dram_read_data),
    .write_valid_i  (dram_write_valid),
    .write_address_i(dram_write_address),
    .write_data_i   (dram_write_data),
    .host_write_i,
    .host_row_i,
    .host_data_i,
    .host_data_o,
    .outside_o
  );

endmodule

`default_nettype wire
