// SPDX-License-Identifier: Apache-2.0
//
// zs_dsp_cells_bench: frame around the cells of a DSP chain, side by side, for rtl.bench.dsp_chain.cells.
//
// Golden function: dsp_slice, sparse_mux, reduction_node, overflow_adjust and accumulate of
//                  simulator.families.dsp_chain.chain
// Timing function: none; the bench knows the latency of each cell
// Latency:         that of the cells
// Throughput:      one set of inputs per cycle
// Contract:        en_i is the clock enable of all cells, and the take_i of the accumulators.

`default_nettype none

module zs_dsp_cells_bench #(
  parameter  int ReductionStages = 2,  // of the reduction node, [1, 4]
  parameter  int OverflowStages  = 2,  // of the overflow adjust unit, [1, 4]
  // Derived: do not override.
  localparam int Length          = 16,
  localparam int Groups          = Length / 2
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_ni,
  input  wire logic                    en_i,
  // Slice.
  input  wire logic                    fresh_i,
  input  wire logic [26:0]             a_i,
  input  wire logic [26:0]             d_i,
  input  wire logic [17:0]             b_i,
  input  wire logic [47:0]             pcin_i,
  output      logic [47:0]             pcout_o,
  // MUX of one stage and of two.
  input  wire logic [127:0]            window_i,
  input  wire logic [3:0]              index_i,
  output      logic [7:0]              mux_o,
  output      logic [7:0]              deep_mux_o,
  // Reduction node and overflow adjust unit.
  input  wire logic                    ends_i,
  input  wire logic                    packed_i,
  input  wire logic [47:0]             p_i,
  input  wire logic [8:0]              beside_i,
  output      logic [39:0]             node_sums_o,
  output      logic [8:0]              node_beside_o,
  output      logic [47:0]             overflow_cascade_o,
  output      logic [8:0]              overflow_beside_o,
  // Accumulators.
  input  wire logic                    clear_i,
  input  wire logic [3:0]              column_i,
  input  wire logic [1:0]              segment_i,
  input  wire logic [Groups-1:0][39:0] sums_i,
  output      logic [3:0]              columns_o,
  output      logic [Length-1:0][31:0] totals_o
);

  zs_dsp_slice u_slice (
    .clk_i,
    .en_i,
    .fresh_i,
    .a_i,
    .d_i,
    .b_i,
    .pcin_i,
    .pcout_o
  );

  zs_sparse_mux u_mux (
    .clk_i,
    .en_i,
    .window_i,
    .index_i,
    .data_o(mux_o)
  );

  zs_sparse_mux #(
    .Stages(2)
  ) u_deep_mux (
    .clk_i,
    .en_i,
    .window_i,
    .index_i,
    .data_o(deep_mux_o)
  );

  zs_reduction_node #(
    .Stages(ReductionStages)
  ) u_node (
    .clk_i,
    .rst_ni,
    .en_i,
    .ends_i,
    .packed_i,
    .p_i,
    .beside_i,
    .sums_o  (node_sums_o),
    .beside_o(node_beside_o)
  );

  zs_overflow_adjust #(
    .Stages(OverflowStages)
  ) u_overflow (
    .clk_i,
    .rst_ni,
    .en_i,
    .ends_i,
    .packed_i,
    .p_i,
    .cascade_o(overflow_cascade_o),
    .beside_o (overflow_beside_o)
  );

  zs_column_accumulator #(
    .Length(Length)
  ) u_accumulator (
    .clk_i,
    .take_i       (en_i),
    .clear_i,
    .column_i,
    .segment_i,
    .in_sums_i    (sums_i),
    .out_columns_o(columns_o),
    .out_sums_o   (totals_o)
  );

endmodule

`default_nettype wire
