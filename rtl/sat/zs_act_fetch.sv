// SPDX-License-Identifier: Apache-2.0
//
// zs_act_fetch: the im2col address generator of one row of the array: which M activations of the tile meet the weights
// of a group at an output position. Padding is zero.
//
// Golden function: simulator.families.sat.golden.Machine._activations
// Timing function: none: it answers in the same cycle
// Latency:         0 cycles from position_i and group_i to window_o
// Throughput:      one window per cycle
// Contract:        no handshake and no state. position_i and group_i count through the tile. per_image_i =
//                  out_rows * out_cols, groups_i = ceil(channels / m); none of the divisors is 0 while the answer
//                  matters. pad_data_i is the answer of the scratchpad to pad_address_o, lane 0 first. Lanes at and
//                  above m, and channels that fill up a short group, hold anything: no index points at them, and a
//                  slot without a weight has index 0 (mapping.formats.nm).
//                  The ISA numbers positions and groups through the tile, and a fold has no cycle in which to take
//                  them apart, so the dividers are combinational; they are as narrow as the scratchpads allow.

`default_nettype none

module zs_act_fetch #(
  parameter  int MaxM          = 16,  // activations in a window, [1, 32]
  parameter  int ElementBytes  = 1,   // of an activation, [1, 2]
  parameter  int AddressWidth  = 12,  // of the activation scratchpad [bit], [1, 30]
  parameter  int PositionWidth = 12,  // of positions and output rows and columns [bit], [1, 30]
  parameter  int SlotsWidth    = 12,  // of groups [bit], [8, 24]
  // Derived: do not override.
  localparam int Width         = 8 * ElementBytes
) (
  input  wire logic [AddressWidth-1:0]     activation_address_i,
  input  wire logic [5:0]                  m_i,
  input  wire logic [7:0]                  kernel_cols_i,
  input  wire logic [7:0]                  stride_rows_i,
  input  wire logic [7:0]                  stride_cols_i,
  input  wire logic [7:0]                  dilation_rows_i,
  input  wire logic [7:0]                  dilation_cols_i,
  input  wire logic [15:0]                 before_rows_i,  // signed
  input  wire logic [15:0]                 before_cols_i,  // signed
  input  wire logic [AddressWidth:0]       tile_rows_i,
  input  wire logic [AddressWidth:0]       tile_cols_i,
  input  wire logic [AddressWidth:0]       channels_i,
  input  wire logic [PositionWidth-1:0]    out_cols_i,
  input  wire logic [PositionWidth-1:0]    per_image_i,
  input  wire logic [SlotsWidth-1:0]       groups_i,
  input  wire logic [PositionWidth-1:0]    position_i,
  input  wire logic [SlotsWidth-1:0]       group_i,
  output      logic [AddressWidth-1:0]     pad_address_o,
  input  wire logic [MaxM-1:0][Width-1:0]  pad_data_i,
  output      logic [MaxM-1:0][Width-1:0]  window_o
);

  // Rows and columns: an output coordinate times a stride, and a kernel coordinate times a dilation, less padding.
  localparam int CoordWidth = ((PositionWidth > 16) ? PositionWidth : 16) + 10;

  logic [PositionWidth-1:0] image, in_image, out_row, out_col;
  logic [SlotsWidth-1:0] kernel, channel_group, kernel_row, kernel_col;
  logic [CoordWidth-1:0] before_rows, before_cols, row, col;  // two's complement
  logic [AddressWidth-1:0] channel, tile_row, pixel, element;
  logic in_tile, unused_bits;

  assign image         = position_i / per_image_i;
  assign in_image      = position_i - PositionWidth'(image * per_image_i);
  assign out_row       = in_image / out_cols_i;
  assign out_col       = in_image - PositionWidth'(out_row * out_cols_i);
  assign kernel        = group_i / groups_i;
  assign channel_group = group_i - SlotsWidth'(kernel * groups_i);
  assign kernel_row    = kernel / SlotsWidth'(kernel_cols_i);
  assign kernel_col    = kernel - SlotsWidth'(kernel_row * SlotsWidth'(kernel_cols_i));

  assign before_rows = {{(CoordWidth - 16) {before_rows_i[15]}}, before_rows_i};
  assign before_cols = {{(CoordWidth - 16) {before_cols_i[15]}}, before_cols_i};
  assign row = CoordWidth'(out_row) * CoordWidth'(stride_rows_i) +
               CoordWidth'(kernel_row) * CoordWidth'(dilation_rows_i) - before_rows;
  assign col = CoordWidth'(out_col) * CoordWidth'(stride_cols_i) +
               CoordWidth'(kernel_col) * CoordWidth'(dilation_cols_i) - before_cols;
  // A negative coordinate is a very large one.
  assign in_tile = row < CoordWidth'(tile_rows_i) && col < CoordWidth'(tile_cols_i);

  // All that is inside the tile is below the capacity of the scratchpad, so the products are, too.
  assign unused_bits = ^{channel_group, channels_i};
  assign channel = AddressWidth'(channel_group) * AddressWidth'(m_i);
  assign tile_row = AddressWidth'(image) * AddressWidth'(tile_rows_i) + AddressWidth'(row);
  assign pixel    = tile_row * AddressWidth'(tile_cols_i) + AddressWidth'(col);
  assign element = pixel * AddressWidth'(channels_i) + channel;
  assign pad_address_o = activation_address_i + element * AddressWidth'(ElementBytes);

  assign window_o = in_tile ? pad_data_i : '0;

  initial begin : p_check_parameters
    if (MaxM < 1 || MaxM > 32) $fatal(1, "zs_act_fetch: MaxM=%0d outside [1, 32] (%m)", MaxM);
    if (ElementBytes < 1 || ElementBytes > 2)
      $fatal(1, "zs_act_fetch: ElementBytes=%0d outside [1, 2] (%m)", ElementBytes);
    if (AddressWidth < 1 || AddressWidth > 30)
      $fatal(1, "zs_act_fetch: AddressWidth=%0d outside [1, 30] (%m)", AddressWidth);
    if (PositionWidth < 1 || PositionWidth > 30)
      $fatal(1, "zs_act_fetch: PositionWidth=%0d outside [1, 30] (%m)", PositionWidth);
    if (SlotsWidth < 8 || SlotsWidth > 24)
      $fatal(1, "zs_act_fetch: SlotsWidth=%0d outside [8, 24] (%m)", SlotsWidth);
  end

endmodule

`default_nettype wire
