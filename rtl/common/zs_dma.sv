// SPDX-License-Identifier: Apache-2.0
//
// zs_dma: moves a strided box (images x rows x cols x run_bytes) between DRAM and a scratchpad, in
// which it lies without gaps.
//
// Golden function: rtl.bench.models.gather / scatter (NumPy as_strided)
// Timing function: simulator.memory.config.IdealMemory.burst_cycles: latency + ceil(bytes /
//                  bytes_per_cycle)
// Latency:         done_o that many cycles after start_i; all bytes can be read from the next cycle
//                  on
// Throughput:      bytes_per_cycle_i bytes per cycle, whatever the strides: the DRAM port has an
//                  address a lane
// Contract:        start_i pulses while nothing runs, or in the cycle of done_o; box_i, write_i,
//                  latency_i and bytes_per_cycle_i hold from start_i to done_o. box_i is the SAT
//                  instruction's own layout (see the localparams). 1 <= bytes_per_cycle_i <= Lanes.
//                  A box without bytes takes latency_i cycles, but at least 1. Both sides answer a
//                  read in the next cycle, without back-pressure; a write stands for one cycle. Of
//                  lanes that write one byte in one cycle the highest wins, so a box that overlaps
//                  itself is written in the order of its bytes.

`default_nettype none

module zs_dma #(
  parameter  int Lanes        = 8,   // most bytes moved in a cycle, [1, 64]
  parameter  int LatencyWidth = 16,  // of latency_i [bit], [2, 32]
  // Derived: do not override. Fields of a box, the first in the lowest bits.
  localparam int DramWidth    = 40,  // dram_address: first byte
  localparam int PadWidth     = 30,  // pad_address: first byte in the scratchpad
  localparam int ImageWidth   = 16,  // images
  localparam int RowWidth     = 24,  // rows
  localparam int ColWidth     = 24,  // cols
  localparam int RunWidth     = 30,  // run_bytes
  localparam int StrideWidth  = 40,  // image_stride, row_stride
  localparam int NarrowWidth  = 32,  // col_stride
  localparam int BoxWidth     = DramWidth + PadWidth + ImageWidth + RowWidth + ColWidth +
                                RunWidth + 2 * StrideWidth + NarrowWidth,
  localparam int CountWidth   = $clog2(Lanes + 1)
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,
  input  wire logic                            start_i,
  input  wire logic [BoxWidth-1:0]             box_i,
  input  wire logic                            write_i,  // 1: scratchpad to DRAM
  input  wire logic [LatencyWidth-1:0]         latency_i,
  input  wire logic [CountWidth-1:0]           bytes_per_cycle_i,
  output      logic                            done_o,
  output      logic [Lanes-1:0]                dram_read_valid_o,
  output      logic [Lanes-1:0][DramWidth-1:0] dram_read_address_o,
  input  wire logic [Lanes-1:0][7:0]           dram_read_data_i,
  output      logic [Lanes-1:0]                dram_write_valid_o,
  output      logic [Lanes-1:0][DramWidth-1:0] dram_write_address_o,
  output      logic [Lanes-1:0][7:0]           dram_write_data_o,
  output      logic                            pad_read_valid_o,
  output      logic [PadWidth-1:0]             pad_read_address_o,  // of lane 0
  input  wire logic [Lanes-1:0][7:0]           pad_read_data_i,
  output      logic [Lanes-1:0]                pad_write_valid_o,
  output      logic [PadWidth-1:0]             pad_write_address_o,
  output      logic [Lanes-1:0][7:0]           pad_write_data_o
);

  // The box.
  logic [DramWidth-1:0] dram_address;
  logic [PadWidth-1:0] pad_address;
  logic [ImageWidth-1:0] images;
  logic [RowWidth-1:0] rows;
  logic [ColWidth-1:0] cols;
  logic [RunWidth-1:0] run_bytes;
  logic [StrideWidth-1:0] image_stride, row_stride;
  logic [NarrowWidth-1:0] col_stride;
  logic empty;

  assign {col_stride, row_stride, image_stride, run_bytes, cols, rows, images, pad_address,
          dram_address} = box_i;
  assign empty = images == '0 || rows == '0 || cols == '0 || run_bytes == '0;

  // Where the next beat begins: counters, and the DRAM address of image, row, column and byte.
  logic [ImageWidth-1:0] image_q, image;
  logic [RowWidth-1:0] row_q, row;
  logic [ColWidth-1:0] col_q, col;
  logic [RunWidth-1:0] byte_q, byte_index;
  logic [DramWidth-1:0] image_base_q, image_base, row_base_q, row_base, col_base_q, col_base;
  logic [PadWidth-1:0] pad_q, pad;
  logic [CountWidth-1:0] moved;

  logic busy_q, done_q, issue, finished, last;
  logic [LatencyWidth-1:0] wait_q;
  logic [Lanes-1:0] lane_valid;
  logic [Lanes-1:0][DramWidth-1:0] lane_address;

  // Second stage: the data of the beat that was read in the cycle before.
  logic write_q;
  logic [Lanes-1:0] lane_valid_q;
  logic [Lanes-1:0][DramWidth-1:0] lane_address_q;
  logic [PadWidth-1:0] beat_pad_q;

  // The first beat is read latency_i cycles after the start: without latency in the start cycle.
  assign issue = start_i ? (latency_i == '0) : (busy_q && wait_q == '0);

  always_comb begin : p_walk
    image      = start_i ? '0 : image_q;
    row        = start_i ? '0 : row_q;
    col        = start_i ? '0 : col_q;
    byte_index = start_i ? '0 : byte_q;
    image_base = start_i ? dram_address : image_base_q;
    row_base   = start_i ? dram_address : row_base_q;
    col_base   = start_i ? dram_address : col_base_q;
    pad        = start_i ? pad_address : pad_q;
    moved      = '0;
    lane_valid = '0;
    finished   = empty;
    for (int i = 0; i < Lanes; i++) begin
      lane_address[i] = col_base + DramWidth'(byte_index);
      if (issue && !finished && i < int'(bytes_per_cycle_i)) begin
        lane_valid[i] = 1'b1;
        moved         = moved + 1'b1;
        if (byte_index + 1'b1 != run_bytes) begin
          byte_index = byte_index + 1'b1;
        end else begin
          byte_index = '0;
          if (col + 1'b1 != cols) begin
            col      = col + 1'b1;
            col_base = col_base + DramWidth'(col_stride);
          end else begin
            col = '0;
            if (row + 1'b1 != rows) begin
              row      = row + 1'b1;
              row_base = row_base + row_stride;
            end else begin
              row = '0;
              if (image + 1'b1 != images) begin
                image      = image + 1'b1;
                image_base = image_base + image_stride;
              end else begin
                finished = 1'b1;
              end
              row_base = image_base;
            end
            col_base = row_base;
          end
        end
      end
    end
  end

  // The cycle before the end: that of the last beat, or of the last wait if there is no beat.
  always_comb begin : p_last
    if (!empty) last = issue && finished;
    else if (start_i) last = latency_i <= LatencyWidth'(1);
    else last = busy_q && wait_q <= LatencyWidth'(1);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      busy_q       <= 1'b0;
      done_q       <= 1'b0;
      wait_q       <= '0;
      lane_valid_q <= '0;
    end else begin
      busy_q       <= (start_i || busy_q) && !last;
      done_q       <= last;
      lane_valid_q <= lane_valid;
      if (start_i) wait_q <= (latency_i == '0) ? '0 : latency_i - 1'b1;
      else if (wait_q != '0) wait_q <= wait_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin : p_position
    if (start_i || issue) begin
      image_q      <= image;
      row_q        <= row;
      col_q        <= col;
      byte_q       <= byte_index;
      image_base_q <= image_base;
      row_base_q   <= row_base;
      col_base_q   <= col_base;
      pad_q        <= pad + PadWidth'(moved);
    end
    write_q        <= write_i;
    lane_address_q <= lane_address;
    beat_pad_q     <= pad;
  end

  assign done_o = done_q;

  assign dram_read_valid_o   = write_i ? '0 : lane_valid;
  assign dram_read_address_o = lane_address;
  assign pad_read_valid_o    = write_i && lane_valid[0];
  assign pad_read_address_o  = pad;

  assign dram_write_valid_o   = write_q ? lane_valid_q : '0;
  assign dram_write_address_o = lane_address_q;
  assign dram_write_data_o    = pad_read_data_i;
  assign pad_write_valid_o    = write_q ? '0 : lane_valid_q;
  assign pad_write_address_o  = beat_pad_q;
  assign pad_write_data_o     = dram_read_data_i;

  initial begin : p_check_parameters
    if (Lanes < 1 || Lanes > 64) $fatal(1, "zs_dma: Lanes=%0d outside [1, 64] (%m)", Lanes);
    if (LatencyWidth < 2 || LatencyWidth > 32)
      $fatal(1, "zs_dma: LatencyWidth=%0d outside [2, 32] (%m)", LatencyWidth);
  end

endmodule

`default_nettype wire
