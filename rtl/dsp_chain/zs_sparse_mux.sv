// SPDX-License-Identifier: Apache-2.0
//
// zs_sparse_mux: picks the activation of a kept weight by the weight's index.
//
// Golden function: simulator.families.dsp_chain.chain.sparse_mux
// Timing function: simulator.families.dsp_chain.chain.ChainConfig.mux_stages
// Latency:         Stages cycles with en_i high
// Throughput:      one selection per cycle
// Contract:        en_i is the clock enable of all registers. With two stages the low half of the index selects
//                  before the first register, the rest behind it.

`default_nettype none

module zs_sparse_mux #(
  parameter  int Inputs     = 16,  // activations in the window, a power of two, [4, 64]
  parameter  int Width      = 8,   // of an activation [bit], [1, 64]
  parameter  int Stages     = 1,   // registers, [1, 2]
  // Derived: do not override.
  localparam int IndexWidth = $clog2(Inputs)
) (
  input  wire logic                    clk_i,
  input  wire logic                    en_i,
  input  wire logic [Inputs*Width-1:0] window_i,
  input  wire logic [IndexWidth-1:0]   index_i,
  output      logic [Width-1:0]        data_o
);

  localparam int LowWidth = IndexWidth / 2;
  localparam int Far      = Inputs >> LowWidth;  // inputs of the second selection

  logic [Far-1:0][Width-1:0] near_data, far_data;
  logic [LowWidth-1:0] low_index;
  logic [IndexWidth-LowWidth-1:0] near_index, far_index;
  logic [Width-1:0] data_q;

  assign low_index  = index_i[LowWidth-1:0];
  assign near_index = index_i[IndexWidth-1:LowWidth];

  always_comb begin : p_near
    for (int f = 0; f < Far; f++) begin
      near_data[f] = window_i[Width*{(IndexWidth-LowWidth)'(f), low_index}+:Width];
    end
  end

  if (Stages > 1) begin : g_two_stages
    always_ff @(posedge clk_i) begin : p_near
      if (en_i) begin
        far_data  <= near_data;
        far_index <= near_index;
      end
    end
  end else begin : g_one_stage
    assign far_data  = near_data;
    assign far_index = near_index;
  end

  always_ff @(posedge clk_i) begin : p_far
    if (en_i) data_q <= far_data[far_index];
  end

  assign data_o = data_q;

  initial begin : p_check_parameters
    if (Inputs < 4 || Inputs > 64 || 2 ** IndexWidth != Inputs)
      $fatal(1, "zs_sparse_mux: Inputs=%0d is no power of two in [4, 64] (%m)", Inputs);
    if (Width < 1 || Width > 64) $fatal(1, "zs_sparse_mux: Width=%0d outside [1, 64] (%m)", Width);
    if (Stages < 1 || Stages > 2)
      $fatal(1, "zs_sparse_mux: Stages=%0d outside [1, 2] (%m)", Stages);
  end

endmodule

`default_nettype wire
