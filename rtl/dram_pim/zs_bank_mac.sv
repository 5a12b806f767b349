// SPDX-License-Identifier: Apache-2.0
//
// zs_bank_mac: the multiply-accumulate unit of a DRAM bank: one column of bf16 weights times 16 inputs, summed by a tree
// and added to one of several fp32 registers.
//
// Golden function: simulator.families.dram_pim.arithmetic.mac, and to_bf16 for what is read
// Timing function: none of its own: a column may come every cycle, which no DRAM's nCCD does
// Latency:         8 cycles from a read to out_valid_o; operations take effect in the order in which they came
// Throughput:      one operation per cycle
// Contract:        no ready: the DRAM's timing decides when a column is there. op_i: 0 multiply-accumulate, 1 write a bf16
//                  bias into the register, 2 read it rounded to bf16. NaN as in zs_fp32_add and zs_fp32_to_bf16.

`default_nettype none

module zs_bank_mac #(
  parameter int Registers = 32  // [1, 256]
) (
  input  wire logic                                                   clk_i,
  input  wire logic                                                   rst_ni,
  input  wire logic                                                   valid_i,
  input  wire logic [1:0]                                             op_i,
  input  wire logic [((Registers > 1) ? $clog2(Registers) : 1) - 1:0] register_i,
  input  wire logic [15:0][15:0]                                      weight_i,
  input  wire logic [15:0][15:0]                                      input_i,
  input  wire logic [15:0]                                            bias_i,
  output      logic                                                   out_valid_o,
  output      logic [15:0]                                            out_data_o
);

  localparam int RegisterWidth = (Registers > 1) ? $clog2(Registers) : 1;
  localparam int Levels = 4;
  localparam int Stages = 2 + Levels;  // operands, products, tree
  localparam int ControlWidth = 1 + 2 + RegisterWidth + 16;
  localparam logic [1:0] Mac = 2'd0;
  localparam logic [1:0] Bias = 2'd1;
  localparam logic [1:0] Read = 2'd2;

  // What goes with the operands down to the accumulator.
  logic [ControlWidth-1:0] control;
  logic valid;
  logic [1:0] op;
  logic [RegisterWidth-1:0] which;
  logic [15:0] bias;

  zs_delay #(
    .Width   (ControlWidth),
    .Stages  (Stages),
    .HasReset(1)
  ) u_control (
    .clk_i,
    .rst_ni,
    .en_i  (1'b1),
    .data_i({valid_i, op_i, register_i, bias_i}),
    .data_o(control)
  );

  assign {valid, op, which, bias} = control;

  logic [15:0][15:0] weight_q, input_q;
  logic [15:0][31:0] product, product_q;

  always_ff @(posedge clk_i) begin : p_operands
    weight_q  <= weight_i;
    input_q   <= input_i;
    product_q <= product;
  end

  for (genvar l = 0; l < 16; l++) begin : g_lane
    zs_fp32_mul #(
      .MulLatency(0)
    ) u_mul (
      .clk_i,
      .rst_ni,
      .en_i     (1'b1),
      .a_i      ({weight_q[l], 16'd0}),
      .b_i      ({input_q[l], 16'd0}),
      .product_o(product[l])
    );
  end

  // Sums of neighbours, a register after every level: 8, 4, 2, 1 of them, one after another in these vectors.
  logic [29:0][31:0] node;
  logic [14:0][31:0] sum, sum_q;

  assign node = {sum_q[13:0], product_q};

  for (genvar s = 0; s < 15; s++) begin : g_sum
    zs_fp32_add #(
      .AddLatency(1)
    ) u_add (
      .clk_i,
      .rst_ni,
      .en_i (1'b1),
      .a_i  (node[2*s]),
      .b_i  (node[2*s+1]),
      .sum_o(sum[s])
    );
  end

  always_ff @(posedge clk_i) begin : p_tree
    sum_q <= sum;
  end

  logic [Registers-1:0][31:0] register_q;
  logic [31:0] accumulator, accumulated;

  always_comb begin : p_select
    accumulator = '0;
    for (int r = 0; r < Registers; r++) begin
      if (which == RegisterWidth'(r)) accumulator = register_q[r];
    end
  end

  zs_fp32_add #(
    .AddLatency(1)
  ) u_accumulate (
    .clk_i,
    .rst_ni,
    .en_i (1'b1),
    .a_i  (accumulator),
    .b_i  (sum_q[14]),
    .sum_o(accumulated)
  );

  always_ff @(posedge clk_i) begin : p_registers
    for (int r = 0; r < Registers; r++) begin
      if (valid && which == RegisterWidth'(r)) begin
        if (op == Mac) register_q[r] <= accumulated;
        if (op == Bias) register_q[r] <= {bias, 16'd0};
      end
    end
  end

  logic read_q;
  logic [31:0] data_q;
  logic [15:0] rounded;

  zs_fp32_to_bf16 u_round (
    .fp32_i(data_q),
    .bf16_o(rounded)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_read_valid
    if (!rst_ni) begin
      read_q      <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      read_q      <= valid && op == Read;
      out_valid_o <= read_q;
    end
  end

  always_ff @(posedge clk_i) begin : p_read
    data_q     <= accumulator;
    out_data_o <= rounded;
  end

  initial begin : p_check_parameters
    if (Registers < 1 || Registers > 256)
      $fatal(1, "zs_bank_mac: Registers=%0d outside [1, 256] (%m)", Registers);
  end

endmodule

`default_nettype wire
