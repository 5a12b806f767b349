// SPDX-License-Identifier: Apache-2.0
//
// zs_weight_fetch: reads N:M compressed weights as they lie in DRAM: the values of a row of slots, and the bit-packed
// indices that stand behind all values of the tile.
//
// Golden function: mapping.formats.nm.decode_compressed, simulator.families.sat.golden.Machine._weights
// Timing function: none: it answers in the same cycle
// Latency:         0 cycles from slot_i to weights_o and indices_o
// Throughput:      MaxN slots of Cols weights per cycle
// Contract:        no handshake and no state. [c][k] of the answer is slot slot_i + k at output output_first_i + c; of
//                  slots and outputs beyond the tile it is anything. slots_i: all slots of the tile. A tile is the
//                  values (slot, output), ElementBytes each, then their indices, ceil(log2 m) bits each, lowest bit
//                  first, and none for m = 1. pad_address_o[k] asks for values, [MaxN + k] for indices.

`default_nettype none

module zs_weight_fetch #(
  parameter  int Cols         = 4,   // of the array, [1, 1024]
  parameter  int MaxN         = 4,   // slots per answer, [1, 32]
  parameter  int MaxM         = 16,  // largest group, [1, 32]
  parameter  int ElementBytes = 1,   // of a value, [1, 2]
  parameter  int AddressWidth = 12,  // of the weight scratchpad [bit], [1, 30]
  parameter  int SlotsWidth   = 12,  // [bit], [1, 24]
  parameter  int OutputsWidth = 12,  // of output channels [bit], [1, 20]
  parameter  int Lanes        = 8,   // bytes per access: Cols values, or Cols indices and 7 bits
  // Derived: do not override.
  localparam int Width        = 8 * ElementBytes,
  localparam int IndexWidth   = (MaxM > 1) ? $clog2(MaxM) : 1,
  localparam int Ports        = 2 * MaxN
) (
  input  wire logic [AddressWidth-1:0]                   weight_address_i,
  input  wire logic [5:0]                                m_i,
  input  wire logic [SlotsWidth-1:0]                     slots_i,
  input  wire logic [OutputsWidth-1:0]                   outputs_i,
  input  wire logic [OutputsWidth-1:0]                   output_first_i,
  input  wire logic [SlotsWidth-1:0]                     slot_i,
  output      logic [Ports-1:0][AddressWidth-1:0]        pad_address_o,
  input  wire logic [Ports-1:0][Lanes-1:0][7:0]          pad_data_i,
  output      logic [Cols-1:0][MaxN-1:0][Width-1:0]      weights_o,
  output      logic [Cols-1:0][MaxN-1:0][IndexWidth-1:0] indices_o
);

  localparam int BitWidth = AddressWidth + 3;  // of an index's first bit

  logic [2:0] index_bits;
  logic [4:0] index_mask;
  logic [AddressWidth-1:0] value_count, index_address;
  logic unused_slots;

  always_comb begin : p_index_bits
    index_bits = '0;
    for (int i = 0; i < 5; i++) begin
      if (m_i > 6'(1 << i)) index_bits = 3'(i + 1);
    end
    index_mask = 5'((1 << index_bits) - 1);
  end

  assign unused_slots  = ^slots_i;
  assign value_count   = AddressWidth'(slots_i) * AddressWidth'(outputs_i);
  assign index_address = weight_address_i + value_count * AddressWidth'(ElementBytes);

  for (genvar k = 0; k < MaxN; k++) begin : g_slot
    logic [BitWidth-1:0] number, first_bit;
    logic [AddressWidth-1:0] offset;
    logic [Lanes*8-1:0] packed_indices;

    assign number = (BitWidth'(slot_i) + BitWidth'(k)) * BitWidth'(outputs_i) +
                    BitWidth'(output_first_i);
    assign first_bit = number * BitWidth'(index_bits);

    assign offset = AddressWidth'(number) * AddressWidth'(ElementBytes);

    assign pad_address_o[k]      = weight_address_i + offset;
    assign pad_address_o[MaxN+k] = index_address + first_bit[BitWidth-1:3];

    assign packed_indices = pad_data_i[MaxN+k] >> first_bit[2:0];

    for (genvar c = 0; c < Cols; c++) begin : g_column
      logic [Lanes*8-1:0] from_here;
      logic unused_bits;

      assign from_here       = packed_indices >> (32'(c) * 32'(index_bits));
      assign unused_bits     = ^{from_here, index_mask};
      assign indices_o[c][k] = from_here[IndexWidth-1:0] & index_mask[IndexWidth-1:0];
      for (genvar e = 0; e < ElementBytes; e++) begin : g_byte
        assign weights_o[c][k][8*e+:8] = pad_data_i[k][c*ElementBytes+e];
      end
    end
  end

  initial begin : p_check_parameters
    if (Cols < 1 || Cols > 1024)
      $fatal(1, "zs_weight_fetch: Cols=%0d outside [1, 1024] (%m)", Cols);
    if (MaxM < 1 || MaxM > 32) $fatal(1, "zs_weight_fetch: MaxM=%0d outside [1, 32] (%m)", MaxM);
    if (MaxN < 1 || MaxN > 32) $fatal(1, "zs_weight_fetch: MaxN=%0d outside [1, 32] (%m)", MaxN);
    if (ElementBytes < 1 || ElementBytes > 2)
      $fatal(1, "zs_weight_fetch: ElementBytes=%0d outside [1, 2] (%m)", ElementBytes);
    if (AddressWidth < 1 || AddressWidth > 30)
      $fatal(1, "zs_weight_fetch: AddressWidth=%0d outside [1, 30] (%m)", AddressWidth);
    if (SlotsWidth < 1 || SlotsWidth > 24)
      $fatal(1, "zs_weight_fetch: SlotsWidth=%0d outside [1, 24] (%m)", SlotsWidth);
    if (OutputsWidth < 1 || OutputsWidth > 20)
      $fatal(1, "zs_weight_fetch: OutputsWidth=%0d outside [1, 20] (%m)", OutputsWidth);
    if (Lanes < Cols * ElementBytes || Lanes * 8 < Cols * IndexWidth + 7)
      $fatal(1, "zs_weight_fetch: Lanes=%0d cannot hold the row of Cols=%0d (%m)", Lanes, Cols);
  end

endmodule

`default_nettype wire
