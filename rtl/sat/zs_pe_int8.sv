// SPDX-License-Identifier: Apache-2.0
//
// zs_pe_int8: processing element, int8 x int8 -> int32, one multiply-accumulate per cycle.
//
// Golden function: simulator.families.sat.arithmetic.fold_sums
// Timing function: simulator.families.sat.timing.fold_cycles with add_latency = 1 and interleave = 1
// Latency:         MulLatency + 1 cycles from valid_i to psum_o
// Throughput:      one product per cycle
// Contract:        Output-stationary (os_i high): first_i starts the sum at zero, every valid_i adds to it; drain_i
//                  loads the sum of the element above. Weight-stationary: the products of a group are added up
//                  from first_i on, and with last_i the sum from above, psum_i, is added in the same addition of
//                  three (on a DSP48E2: P = A * B + P + PCIN); so a group costs n cycles and a row one cycle of
//                  skew. psum_i is read MulLatency cycles after last_i. done_o: a finished sum stands in psum_o,
//                  for this cycle. os_i holds from the first valid_i to the last done_o. drain_i and a valid_i
//                  that is still on its way exclude each other. Sums wrap at 32 bits.

`default_nettype none

module zs_pe_int8 #(
  parameter  int MulLatency = 0,   // register stages of the multiplier, [0, 64]
  parameter  int MaxN       = 4,   // weights held, [1, 32]
  parameter  int MaxM       = 16,  // activations in a window, [1, 32]
  // Derived: do not override.
  localparam int SlotWidth  = (MaxN > 1) ? $clog2(MaxN) : 1,
  localparam int IndexWidth = (MaxM > 1) ? $clog2(MaxM) : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,
  input  wire logic                            os_i,
  input  wire logic                            shift_i,
  input  wire logic                            drain_i,
  input  wire logic                            valid_i,
  input  wire logic                            first_i,
  input  wire logic                            last_i,
  input  wire logic [SlotWidth-1:0]            slot_i,
  input  wire logic [MaxM-1:0][7:0]            window_i,
  input  wire logic [MaxN-1:0][7:0]            weights_i,
  input  wire logic [MaxN-1:0][IndexWidth-1:0] indices_i,
  input  wire logic [31:0]                     psum_i,
  output      logic [MaxN-1:0][7:0]            weights_o,
  output      logic [MaxN-1:0][IndexWidth-1:0] indices_o,
  output      logic [31:0]                     psum_o,
  output      logic                            done_o
);

  logic [7:0] activation, weight;
  logic signed [15:0] product, product_q;
  logic valid_q, first_q, last_q, done_q;
  logic [31:0] psum_d, psum_q;

  zs_pe_operand #(
    .Width(8),
    .MaxN (MaxN),
    .MaxM (MaxM)
  ) u_operand (
    .clk_i,
    .os_i,
    .shift_i,
    .slot_i,
    .window_i,
    .weights_i,
    .indices_i,
    .weights_o,
    .indices_o,
    .activation_o(activation),
    .weight_o    (weight)
  );

  assign product = 16'($signed(activation)) * 16'($signed(weight));

  zs_delay #(
    .Width (16),
    .Stages(MulLatency)
  ) u_product (
    .clk_i,
    .rst_ni,
    .en_i  (1'b1),
    .data_i(product),
    .data_o(product_q)
  );

  zs_delay #(
    .Width   (3),
    .Stages  (MulLatency),
    .HasReset(1)
  ) u_tag (
    .clk_i,
    .rst_ni,
    .en_i  (1'b1),
    .data_i({valid_i, first_i, last_i}),
    .data_o({valid_q, first_q, last_q})
  );

  always_comb begin : p_add
    psum_d = 32'(product_q) + (first_q ? 32'd0 : psum_q) + ((last_q && !os_i) ? psum_i : 32'd0);
  end

  always_ff @(posedge clk_i) begin : p_sum
    if (drain_i) psum_q <= psum_i;
    else if (valid_q) psum_q <= psum_d;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_done
    if (!rst_ni) done_q <= 1'b0;
    else done_q <= valid_q && last_q;
  end

  assign psum_o = psum_q;
  assign done_o = done_q;

  initial begin : p_check_parameters
    if (MulLatency < 0 || MulLatency > 64)
      $fatal(1, "zs_pe_int8: MulLatency=%0d outside [0, 64] (%m)", MulLatency);
  end

endmodule

`default_nettype wire
