// SPDX-License-Identifier: Apache-2.0
//
// zs_sat_scratchpad: the on-chip memory of SAT: read ports that answer in the same cycle, for the array, one that
// answers in the next, for the DMA, and one write port. Double buffering is by address.
//
// Golden function: simulator.families.sat.golden._Scratchpad
// Timing function: none of its own; the units that use it count its cycle
// Latency:         read_data_o stands in the cycle of read_address_i, late_read_data_o in the cycle after
//                  late_read_valid_i. A byte written in one cycle is seen by read_address_i from the next cycle on,
//                  and by a late read of the same cycle: the write goes through.
// Throughput:      every port one access per cycle, without conflicts
// Contract:        lane i of a port is byte address + i. Writes at and above Bytes have no effect, reads there return
//                  undefined data. Contents are undefined until written. An element is asked for in the cycle in
//                  which the array needs it: block RAM that reads at the falling edge, copied for each read port. The
//                  address has the first half of the cycle, the data the second, and addresses that change in the
//                  second half are not seen. The cycle counts of the simulator ask for this bandwidth.

`default_nettype none

module zs_sat_scratchpad #(
  parameter  int Bytes        = 1024,  // capacity, a multiple of Lanes, [Lanes, 2**30]
  parameter  int Lanes        = 8,     // bytes per access, a power of two, [1, 1024]
  parameter  int ReadPorts    = 1,     // that answer in the same cycle, [1, 1024]
  parameter  int LateRead     = 1,     // 1: there is a late read port, [0, 1]
  // Derived: do not override.
  localparam int AddressWidth = (Bytes > 1) ? $clog2(Bytes) : 1
) (
  input  wire logic                                   clk_i,
  input  wire logic [ReadPorts-1:0][AddressWidth-1:0] read_address_i,
  output      logic [ReadPorts-1:0][Lanes-1:0][7:0]   read_data_o,
  input  wire logic                                   late_read_valid_i,
  input  wire logic [AddressWidth-1:0]                late_read_address_i,
  output      logic [Lanes-1:0][7:0]                  late_read_data_o,
  input  wire logic [Lanes-1:0]                       write_valid_i,  // one for each byte
  input  wire logic [AddressWidth-1:0]                write_address_i,
  input  wire logic [Lanes-1:0][7:0]                  write_data_i
);

  // Byte a lies in bank a % Lanes, row a / Lanes. An access touches one row of each bank.
  localparam int Rows      = Bytes / Lanes;
  localparam int Shift     = $clog2(Lanes);
  localparam int RowWidth  = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int SumWidth  = AddressWidth + 1;
  localparam int LaneWidth = (Lanes > 1) ? Shift : 1;
  localparam logic [LaneWidth-1:0] LaneMask = LaneWidth'(Lanes - 1);

  logic [ReadPorts-1:0][Lanes-1:0][7:0] bank_data_q;
  logic [Lanes-1:0][7:0] late_data_q, written_q;  // what stood there, what came with the read
  logic [Lanes-1:0] through_q;
  logic [LaneWidth-1:0] late_first_q;  // bank of lane 0

  for (genvar b = 0; b < Lanes; b++) begin : g_bank
    logic [LaneWidth-1:0] write_lane;
    logic [SumWidth-1:0] write_row;
    logic write_here, unused_rows;

    // This bank's byte of an access: row (address + Lanes - 1 - b) / Lanes, lane b - address.
    assign write_lane  = (LaneWidth'(b) - LaneWidth'(write_address_i)) & LaneMask;
    assign write_row   = (SumWidth'(write_address_i) + SumWidth'(Lanes - 1 - b)) >> Shift;
    assign write_here  = write_valid_i[write_lane] && write_row < SumWidth'(Rows);
    assign unused_rows = ^write_row;

    // Every read port has a copy of its own, which block RAM needs and synthesis would have to find.
    if (LateRead != 0) begin : g_late
      logic [7:0] late_mem_q [Rows];
      logic [SumWidth-1:0] late_row;

      assign late_row = (SumWidth'(late_read_address_i) + SumWidth'(Lanes - 1 - b)) >> Shift;

      always_ff @(posedge clk_i) begin : p_late_write
        if (write_here) late_mem_q[write_row[RowWidth-1:0]] <= write_data_i[write_lane];
      end

      always_ff @(posedge clk_i) begin : p_late_read
        if (late_read_valid_i) begin
          late_data_q[b] <= late_mem_q[late_row[RowWidth-1:0]];
          through_q[b]   <= write_here && write_row == late_row;
          written_q[b]   <= write_data_i[write_lane];
        end
      end
    end

    for (genvar p = 0; p < ReadPorts; p++) begin : g_read
      logic [7:0] mem_q [Rows];
      logic [SumWidth-1:0] row;
      logic unused_row;

      assign row        = (SumWidth'(read_address_i[p]) + SumWidth'(Lanes - 1 - b)) >> Shift;
      assign unused_row = ^row;

      always_ff @(posedge clk_i) begin : p_write
        if (write_here) mem_q[write_row[RowWidth-1:0]] <= write_data_i[write_lane];
      end

      always_ff @(negedge clk_i) begin : p_read
        bank_data_q[p][b] <= mem_q[row[RowWidth-1:0]];
      end
    end
  end

  for (genvar p = 0; p < ReadPorts; p++) begin : g_port
    for (genvar i = 0; i < Lanes; i++) begin : g_lane
      logic [LaneWidth-1:0] bank;

      assign bank              = (LaneWidth'(read_address_i[p]) + LaneWidth'(i)) & LaneMask;
      assign read_data_o[p][i] = bank_data_q[p][bank];
    end
  end

  if (LateRead != 0) begin : g_late_lanes
    for (genvar i = 0; i < Lanes; i++) begin : g_lane
      logic [LaneWidth-1:0] bank;

      assign bank                = (late_first_q + LaneWidth'(i)) & LaneMask;
      assign late_read_data_o[i] = through_q[bank] ? written_q[bank] : late_data_q[bank];
    end

    always_ff @(posedge clk_i) begin : p_late_address
      if (late_read_valid_i) late_first_q <= LaneWidth'(late_read_address_i) & LaneMask;
    end
  end else begin : g_no_late_lanes
    logic unused_late;

    assign late_read_data_o = '0;
    assign {late_first_q, late_data_q, written_q, through_q} = '0;
    assign unused_late = ^{late_read_valid_i, late_read_address_i, late_first_q, late_data_q,
                           written_q, through_q};
  end

  initial begin : p_check_parameters
    if (Lanes < 1 || Lanes > 1024 || (Lanes & (Lanes - 1)) != 0)
      $fatal(1, "zs_sat_scratchpad: Lanes=%0d is not a power of two in [1, 1024] (%m)", Lanes);
    if (Bytes < Lanes || Bytes > 1 << 30 || Bytes % Lanes != 0)
      $fatal(1, "zs_sat_scratchpad: Bytes=%0d: no multiple of Lanes in [Lanes, 2**30] (%m)", Bytes);
    if (LateRead < 0 || LateRead > 1)
      $fatal(1, "zs_sat_scratchpad: LateRead=%0d outside [0, 1] (%m)", LateRead);
    if (ReadPorts < 1 || ReadPorts > 1024)
      $fatal(1, "zs_sat_scratchpad: ReadPorts=%0d outside [1, 1024] (%m)", ReadPorts);
  end

endmodule

`default_nettype wire
