// SPDX-License-Identifier: Apache-2.0
//
// zs_pe_fp16: processing element, fp16 x fp16 -> fp32, one multiplier and one adder, interleaved accumulators.
//
// Golden function: simulator.families.sat.arithmetic.fold_sums
// Timing function: simulator.families.sat.timing.fold_cycles; with n > 1 and stationary weights one more addition
//                  for each position of the last batch (see zs_fold_sequencer)
// Latency:         MulLatency + AddLatency cycles from valid_i (or pass_i) to psum_o
// Throughput:      one product per cycle
// Contract:        Output-stationary (os_i high): valid_i adds a product to accumulator acc_i, first_i starts it at
//                  zero; drain_i loads accumulator drain_acc_i of the element above. Weight-stationary with n = 1
//                  (single_i high): psum_o = psum_i + product. With n > 1 the products of a group gather in
//                  accumulator acc_i (first_i: the product is stored, which needs no adder), and pass_i adds that
//                  sum to psum_i; pass_i falls into cycles in which the adder is free: those with first_i, and
//                  after the last product. Two additions to an accumulator are AddLatency or more cycles apart.
//                  psum_i is read MulLatency cycles after valid_i or pass_i. done_o: a finished sum stands in
//                  psum_o, for this cycle. os_i and single_i hold from the first valid_i to the last done_o.

`default_nettype none

module zs_pe_fp16 #(
  parameter  int AddLatency = 1,   // cycles of an addition, [1, 64]
  parameter  int MulLatency = 0,   // register stages of the multiplier, [0, 64]
  parameter  int Interleave = 1,   // accumulators, [1, AddLatency]
  parameter  int MaxN       = 4,   // weights held, [1, 32]
  parameter  int MaxM       = 16,  // activations in a window, [1, 32]
  // Derived: do not override.
  localparam int SlotWidth  = (MaxN > 1) ? $clog2(MaxN) : 1,
  localparam int IndexWidth = (MaxM > 1) ? $clog2(MaxM) : 1,
  localparam int AccWidth   = (Interleave > 1) ? $clog2(Interleave) : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,
  input  wire logic                            os_i,
  input  wire logic                            single_i,
  input  wire logic                            shift_i,
  input  wire logic                            drain_i,
  input  wire logic [AccWidth-1:0]             drain_acc_i,
  input  wire logic                            valid_i,
  input  wire logic                            first_i,
  input  wire logic                            last_i,
  input  wire logic                            pass_i,
  input  wire logic [SlotWidth-1:0]            slot_i,
  input  wire logic [AccWidth-1:0]             acc_i,
  input  wire logic [MaxM-1:0][15:0]           window_i,
  input  wire logic [MaxN-1:0][15:0]           weights_i,
  input  wire logic [MaxN-1:0][IndexWidth-1:0] indices_i,
  input  wire logic [31:0]                     psum_i,
  output      logic [MaxN-1:0][15:0]           weights_o,
  output      logic [MaxN-1:0][IndexWidth-1:0] indices_o,
  output      logic [31:0]                     psum_o,
  output      logic                            done_o
);

  logic [15:0] activation, weight;
  logic [31:0] product;
  logic valid, first, last, pass;
  logic [AccWidth-1:0] acc;

  zs_pe_operand #(
    .Width(16),
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

  zs_fp16_mul #(
    .MulLatency(MulLatency)
  ) u_mul (
    .clk_i,
    .rst_ni,
    .en_i     (1'b1),
    .a_i      (activation),
    .b_i      (weight),
    .product_o(product)
  );

  zs_delay #(
    .Width   (4 + AccWidth),
    .Stages  (MulLatency),
    .HasReset(1)
  ) u_tag (
    .clk_i,
    .rst_ni,
    .en_i  (1'b1),
    .data_i({valid_i, first_i, last_i, pass_i, acc_i}),
    .data_o({valid, first, last, pass, acc})
  );

  logic store, gather, emit;         // keep a product, add to an accumulator, make a sum
  logic gather_q, emit_q, final_q;   // the same, when the adder is done
  logic [AccWidth-1:0] acc_q;
  logic [31:0] accumulated, a, b, sum, psum_q;
  logic [Interleave-1:0][31:0] accumulator_q;
  logic done_q;

  always_comb begin : p_issue
    store  = valid && !os_i && !single_i && first;
    gather = valid && (os_i || (!single_i && !first));
    emit   = !os_i && (single_i ? valid : pass);
    accumulated = accumulator_q[0];
    for (int i = 1; i < Interleave; i++) begin
      if (acc == AccWidth'(i)) accumulated = accumulator_q[i];
    end
    a = emit ? psum_i : (first ? 32'd0 : accumulated);
    b = (emit && !single_i) ? accumulated : product;
  end

  zs_fp32_add #(
    .AddLatency(AddLatency)
  ) u_add (
    .clk_i,
    .rst_ni,
    .en_i (1'b1),
    .a_i  (a),
    .b_i  (b),
    .sum_o(sum)
  );

  zs_delay #(
    .Width   (3 + AccWidth),
    .Stages  (AddLatency - 1),
    .HasReset(1)
  ) u_add_tag (
    .clk_i,
    .rst_ni,
    .en_i  (1'b1),
    .data_i({gather, emit, emit || (gather && os_i && last), acc}),
    .data_o({gather_q, emit_q, final_q, acc_q})
  );

  for (genvar i = 0; i < Interleave; i++) begin : g_accumulator
    always_ff @(posedge clk_i) begin : p_accumulate
      if (drain_i && drain_acc_i == AccWidth'(i)) accumulator_q[i] <= psum_i;
      else if (gather_q && acc_q == AccWidth'(i)) accumulator_q[i] <= sum;
      else if (store && acc == AccWidth'(i)) accumulator_q[i] <= product;
    end
  end

  always_ff @(posedge clk_i) begin : p_psum
    if (emit_q) psum_q <= sum;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_done
    if (!rst_ni) done_q <= 1'b0;
    else done_q <= final_q;
  end

  always_comb begin : p_out
    psum_o = os_i ? accumulator_q[0] : psum_q;
    for (int i = 1; i < Interleave; i++) begin
      if (os_i && drain_acc_i == AccWidth'(i)) psum_o = accumulator_q[i];
    end
  end

  assign done_o = done_q;

  initial begin : p_check_parameters
    if (AddLatency < 1 || AddLatency > 64)
      $fatal(1, "zs_pe_fp16: AddLatency=%0d outside [1, 64] (%m)", AddLatency);
    if (MulLatency < 0 || MulLatency > 64)
      $fatal(1, "zs_pe_fp16: MulLatency=%0d outside [0, 64] (%m)", MulLatency);
    if (Interleave < 1 || Interleave > AddLatency)
      $fatal(1, "zs_pe_fp16: Interleave=%0d outside [1, AddLatency=%0d] (%m)", Interleave,
             AddLatency);
  end

endmodule

`default_nettype wire
