// SPDX-License-Identifier: Apache-2.0
//
// zs_pe_operand: the weights of a processing element, and which activation meets which weight.
//
// Golden function: mapping.formats.nm (values and indices), simulator.families.sat.golden.Machine._activations
// Timing function: simulator.families.sat.timing.fold_cycles (weights_in: one row of the array a cycle)
// Latency:         0 cycles from window_i and slot_i to the operands; 1 cycle from weights_i to weights_o
// Throughput:      one pair of operands per cycle
// Contract:        weight-stationary (os_i low): shift_i loads MaxN weights and indices from above while the old
//                  ones go down, so R cycles fill a column; slot_i then chooses one. Output-stationary: the weight
//                  that passes, weights_i[0], is used in the cycle in which it comes. Indices are below MaxM; dense
//                  weights have index 0. Registers have no reset.

`default_nettype none

module zs_pe_operand #(
  parameter  int Width      = 8,   // of an activation or weight [bit], [1, 64]
  parameter  int MaxN       = 4,   // weights held, [1, 32]
  parameter  int MaxM       = 16,  // activations in a window, [1, 32]
  // Derived: do not override.
  localparam int SlotWidth  = (MaxN > 1) ? $clog2(MaxN) : 1,
  localparam int IndexWidth = (MaxM > 1) ? $clog2(MaxM) : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            os_i,
  input  wire logic                            shift_i,
  input  wire logic [SlotWidth-1:0]            slot_i,
  input  wire logic [MaxM-1:0][Width-1:0]      window_i,
  input  wire logic [MaxN-1:0][Width-1:0]      weights_i,
  input  wire logic [MaxN-1:0][IndexWidth-1:0] indices_i,
  output      logic [MaxN-1:0][Width-1:0]      weights_o,
  output      logic [MaxN-1:0][IndexWidth-1:0] indices_o,
  output      logic [Width-1:0]                activation_o,
  output      logic [Width-1:0]                weight_o
);

  logic [MaxN-1:0][Width-1:0] weights_q;
  logic [MaxN-1:0][IndexWidth-1:0] indices_q;
  logic [IndexWidth-1:0] index, first_index;
  logic [Width-1:0] first_weight, first_activation;

  assign weights_o = weights_q;
  assign indices_o = indices_q;

  assign first_weight     = os_i ? weights_i[0] : weights_q[0];
  assign first_index      = os_i ? indices_i[0] : indices_q[0];
  assign first_activation = window_i[0];

  always_comb begin : p_select
    weight_o = first_weight;
    index    = first_index;
    for (int i = 1; i < MaxN; i++) begin
      if (!os_i && slot_i == SlotWidth'(i)) begin
        weight_o = weights_q[i];
        index    = indices_q[i];
      end
    end
    activation_o = first_activation;
    for (int i = 1; i < MaxM; i++) begin
      if (index == IndexWidth'(i)) activation_o = window_i[i];
    end
  end

  always_ff @(posedge clk_i) begin : p_weights
    if (shift_i) begin
      weights_q <= weights_i;
      indices_q <= indices_i;
    end
  end

  initial begin : p_check_parameters
    if (Width < 1 || Width > 64) $fatal(1, "zs_pe_operand: Width=%0d outside [1, 64] (%m)", Width);
    if (MaxN < 1 || MaxN > 32) $fatal(1, "zs_pe_operand: MaxN=%0d outside [1, 32] (%m)", MaxN);
    if (MaxM < 1 || MaxM > 32) $fatal(1, "zs_pe_operand: MaxM=%0d outside [1, 32] (%m)", MaxM);
  end

endmodule

`default_nettype wire
