// SPDX-License-Identifier: Apache-2.0
//
// zs_narrow_store: lets the DMA read fp32 accumulators as if the fp16 values that they round to lay in the scratchpad.
//
// Golden function: simulator.families.sat.golden.Machine.store
// Timing function: none: a beat is converted in the cycle in which it stands; a STORE takes as long as its bytes in DRAM
// Latency:         0 cycles from pad_data_i to data_o, combinational
// Throughput:      one beat of Lanes bytes per cycle
// Contract:        box_address_i is the first byte of the box in the scratchpad, address_i of a beat counts bytes of
//                  DRAM from there. With narrow_i low both pass through. With narrow_i high byte b of the box is byte
//                  b % 2 of the fp16 value nearest to the accumulator b / 2, ties to even: pad_address_o is that
//                  accumulator's, and a beat may begin in the middle of a value. pad_data_i is the answer of the
//                  scratchpad in the cycle after valid_i.

`default_nettype none

module zs_narrow_store #(
  parameter  int Lanes        = 8,   // bytes of a beat, [1, 64]
  parameter  int AddressWidth = 30,  // of the scratchpad [bit], [2, 30]
  // Derived: do not override.
  localparam int Values       = (Lanes + 2) / 2,  // that a beat touches at most
  localparam int PadLanes     = 4 * Values
) (
  input  wire logic                    clk_i,
  input  wire logic                    narrow_i,
  input  wire logic                    valid_i,
  input  wire logic [AddressWidth-1:0] box_address_i,
  input  wire logic [AddressWidth-1:0] address_i,
  output      logic [Lanes-1:0][7:0]   data_o,
  output      logic [AddressWidth-1:0] pad_address_o,
  input  wire logic [PadLanes-1:0][7:0] pad_data_i
);

  logic [AddressWidth-1:0] offset;
  logic narrow_q, odd_q, unused_bytes;
  logic [Values-1:0][31:0] accumulators;
  logic [Values-1:0][15:0] values;
  logic [2*Values-1:0][7:0] value_bytes;

  assign offset        = address_i - box_address_i;
  assign pad_address_o = narrow_i ? box_address_i + ((offset >> 1) << 2) : address_i;
  assign accumulators  = pad_data_i;
  assign value_bytes   = values;
  assign unused_bytes  = ^value_bytes;  // without an odd beat the last of them

  always_ff @(posedge clk_i) begin : p_beat
    if (valid_i) begin
      narrow_q <= narrow_i;
      odd_q    <= offset[0];
    end
  end

  for (genvar i = 0; i < Values; i++) begin : g_value
    zs_fp32_to_fp16 u_round (
      .value_i(accumulators[i]),
      .value_o(values[i])
    );
  end

  for (genvar i = 0; i < Lanes; i++) begin : g_lane
    assign data_o[i] = !narrow_q ? pad_data_i[i] : odd_q ? value_bytes[i+1] : value_bytes[i];
  end

  initial begin : p_check_parameters
    if (Lanes < 1 || Lanes > 64)
      $fatal(1, "zs_narrow_store: Lanes=%0d outside [1, 64] (%m)", Lanes);
    if (AddressWidth < 2 || AddressWidth > 30)
      $fatal(1, "zs_narrow_store: AddressWidth=%0d outside [2, 30] (%m)", AddressWidth);
  end

endmodule

`default_nettype wire
