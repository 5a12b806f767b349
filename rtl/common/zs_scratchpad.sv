// SPDX-License-Identifier: Apache-2.0
//
// zs_scratchpad: on-chip memory. A port reads or writes up to Lanes consecutive bytes at any byte
// address. Double buffering is by address: the lowering gives each half its own range.
//
// Golden function: rtl.bench.models.Bytes (a NumPy array)
// Timing function: none of its own; the units that use it count its cycle
// Latency:         read data stands in the cycle after read_valid_i; a byte written in one cycle is
//                  read by a read_valid_i of the next one. A read in the cycle of a write returns
//                  the old byte.
// Throughput:      every port one access per cycle, without conflicts
// Contract:        lane i of a port is byte address + i. read_data_o holds until the port's next
//                  read. Of writes to one byte in one cycle the highest port wins. Writes at and
//                  above Bytes have no effect, reads there return undefined data. Contents are
//                  undefined until written.

`default_nettype none

module zs_scratchpad #(
  parameter  int Bytes        = 1024,  // capacity, a multiple of Lanes, [Lanes, 2**30]
  parameter  int Lanes        = 8,     // bytes per access, a power of two, [1, 256]
  parameter  int ReadPorts    = 1,     // [1, 64]
  parameter  int WritePorts   = 1,     // [1, 64]
  // Derived: do not override.
  localparam int AddressWidth = (Bytes > 1) ? $clog2(Bytes) : 1
) (
  input  wire logic                                    clk_i,
  input  wire logic [ReadPorts-1:0]                    read_valid_i,
  input  wire logic [ReadPorts-1:0][AddressWidth-1:0]  read_address_i,
  output      logic [ReadPorts-1:0][Lanes-1:0][7:0]    read_data_o,
  input  wire logic [WritePorts-1:0][Lanes-1:0]        write_valid_i,  // one for each byte
  input  wire logic [WritePorts-1:0][AddressWidth-1:0] write_address_i,
  input  wire logic [WritePorts-1:0][Lanes-1:0][7:0]   write_data_i
);

  // Byte a lies in bank a % Lanes, row a / Lanes. An access touches one row of each bank.
  localparam int Rows     = Bytes / Lanes;
  localparam int Shift    = $clog2(Lanes);
  localparam int RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int SumWidth = AddressWidth + 1;
  localparam int LaneWidth = (Lanes > 1) ? Shift : 1;
  localparam logic [LaneWidth-1:0] LaneMask = LaneWidth'(Lanes - 1);

  logic [ReadPorts-1:0][Lanes-1:0][7:0] bank_data_q;

  for (genvar b = 0; b < Lanes; b++) begin : g_bank
    logic [7:0] mem_q [Rows];
    logic [WritePorts-1:0] write_here;
    logic [WritePorts*RowWidth-1:0] write_row;
    logic [WritePorts*8-1:0] write_byte;

    // This bank's byte of an access: row (address + Lanes - 1 - b) / Lanes, lane b - address.
    for (genvar p = 0; p < WritePorts; p++) begin : g_write
      logic [LaneWidth-1:0] lane;
      logic [SumWidth-1:0] row;

      assign lane          = (LaneWidth'(b) - LaneWidth'(write_address_i[p])) & LaneMask;
      assign row           = (SumWidth'(write_address_i[p]) + SumWidth'(Lanes - 1 - b)) >> Shift;
      assign write_here[p] = write_valid_i[p][lane] && row < SumWidth'(Rows);
      assign write_row[p*RowWidth+:RowWidth] = row[RowWidth-1:0];
      assign write_byte[8*p+:8] = write_data_i[p][lane];
    end

    always_ff @(posedge clk_i) begin : p_write
      for (int p = 0; p < WritePorts; p++) begin
        if (write_here[p]) mem_q[write_row[p*RowWidth+:RowWidth]] <= write_byte[8*p+:8];
      end
    end

    for (genvar p = 0; p < ReadPorts; p++) begin : g_read
      logic [SumWidth-1:0] row;
      logic unused_row;

      assign row        = (SumWidth'(read_address_i[p]) + SumWidth'(Lanes - 1 - b)) >> Shift;
      assign unused_row = ^row;

      always_ff @(posedge clk_i) begin : p_read
        if (read_valid_i[p]) bank_data_q[p][b] <= mem_q[row[RowWidth-1:0]];
      end
    end
  end

  for (genvar p = 0; p < ReadPorts; p++) begin : g_port
    logic [LaneWidth-1:0] first_q;  // bank of lane 0

    always_ff @(posedge clk_i) begin : p_address
      if (read_valid_i[p]) first_q <= LaneWidth'(read_address_i[p]) & LaneMask;
    end

    for (genvar i = 0; i < Lanes; i++) begin : g_lane
      logic [LaneWidth-1:0] bank;

      assign bank              = (first_q + LaneWidth'(i)) & LaneMask;
      assign read_data_o[p][i] = bank_data_q[p][bank];
    end
  end

  initial begin : p_check_parameters
    if (Lanes < 1 || Lanes > 256 || (Lanes & (Lanes - 1)) != 0)
      $fatal(1, "zs_scratchpad: Lanes=%0d is not a power of two in [1, 256] (%m)", Lanes);
    if (Bytes < Lanes || Bytes > 1 << 30 || Bytes % Lanes != 0)
      $fatal(1, "zs_scratchpad: Bytes=%0d: no multiple of Lanes in [Lanes, 2**30] (%m)", Bytes);
    if (ReadPorts < 1 || ReadPorts > 64)
      $fatal(1, "zs_scratchpad: ReadPorts=%0d outside [1, 64] (%m)", ReadPorts);
    if (WritePorts < 1 || WritePorts > 64)
      $fatal(1, "zs_scratchpad: WritePorts=%0d outside [1, 64] (%m)", WritePorts);
  end

endmodule

`default_nettype wire
