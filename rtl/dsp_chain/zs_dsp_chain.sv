// SPDX-License-Identifier: Apache-2.0
//
// zs_dsp_chain: a cascade of DSP slices that sums up kept weights times the activations that their indices name.
//
// Golden function: simulator.families.dsp_chain.chain.chain_sums
// Timing function: simulator.families.dsp_chain.chain.ChainConfig.latency
// Latency:         MuxStages + Length + 2 + ReductionStages cycles, and OverflowStages for Length = 16, from the in_*
//                  handshake to out_valid_o, if it does not stall
// Throughput:      one beat per cycle
// Contract:        a beat moves when valid && ready. The chain moves as a whole: a beat at the output that is not
//                  taken stops all registers (the clock enable of the slices), so in_ready_o looks at out_ready_i;
//                  gaps at the input travel through. in_cuts_i[g]: a segment ends with group g, slices 2g and 2g + 1;
//                  its sums leave in out_sums_o[g], row 0 in the lower 20 bits and row 1 in the upper; those of other
//                  groups are 0. in_window_i[r] holds 16 activations of row r; in_packed_i low: row 1 counts for
//                  nothing. in_tag_i travels with the beat.

`default_nettype none

module zs_dsp_chain #(
  parameter  int Length          = 16,  // slices: 2, 4, 8 or 16
  parameter  int MuxStages       = 1,   // registers of a sparse MUX, [1, 2]
  parameter  int ReductionStages = 1,   // of a reduction node, [1, 4]
  parameter  int OverflowStages  = 1,   // of the overflow adjust unit, [1, 4]
  parameter  int TagWidth        = 1,   // [bit], [1, 64]
  // Derived: do not override.
  localparam int Inputs          = 16,
  localparam int IndexWidth      = 4,
  localparam int Groups          = Length / 2
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_ni,
  input  wire logic                              in_valid_i,
  output      logic                              in_ready_o,
  input  wire logic [1:0][8*Inputs-1:0]          in_window_i,
  input  wire logic [Length-1:0][7:0]            in_weights_i,
  input  wire logic [Length-1:0][IndexWidth-1:0] in_indices_i,
  input  wire logic [Groups-1:0]                 in_cuts_i,
  input  wire logic                              in_packed_i,
  input  wire logic [TagWidth-1:0]               in_tag_i,
  output      logic                              out_valid_o,
  input  wire logic                              out_ready_i,
  output      logic [Groups-1:0][39:0]           out_sums_o,
  output      logic [TagWidth-1:0]               out_tag_o
);

  localparam int Half         = 8;  // slices before the overflow adjust unit
  localparam int HasOverflow  = (Length > Half) ? 1 : 0;
  localparam int SliceLatency = 3;
  // The operands of slice i come i cycles late, those behind the overflow adjust unit also by its registers.
  localparam int LastSkew     = Length - 1 + HasOverflow * OverflowStages;
  localparam int Latency      = MuxStages + LastSkew + SliceLatency + ReductionStages;

  logic advance;
  logic [Length-1:0][47:0] p, cascade;
  logic [Groups-1:0][8:0] beside_in, beside_out;

  assign advance    = !out_valid_o || out_ready_i;
  assign in_ready_o = advance;

  zs_delay #(
    .Width   (1),
    .Stages  (Latency),
    .HasReset(1)
  ) u_valid (
    .clk_i,
    .rst_ni,
    .en_i  (advance),
    .data_i(in_valid_i),
    .data_o(out_valid_o)
  );

  zs_delay #(
    .Width (TagWidth),
    .Stages(Latency)
  ) u_tag (
    .clk_i,
    .rst_ni,
    .en_i  (advance),
    .data_i(in_tag_i),
    .data_o(out_tag_o)
  );

  for (genvar i = 0; i < Length; i++) begin : g_slice
    localparam int Skew = i + ((i >= Half) ? OverflowStages : 0);

    logic [15:0] selected;
    logic [7:0] weight;
    logic packed_rows, fresh;
    logic [7:0] row_0, row_1, factor;

    for (genvar r = 0; r < 2; r++) begin : g_row
      zs_sparse_mux #(
        .Inputs(Inputs),
        .Width (8),
        .Stages(MuxStages)
      ) u_mux (
        .clk_i,
        .en_i    (advance),
        .window_i(in_window_i[r]),
        .index_i (in_indices_i[i]),
        .data_o  (selected[8*r+:8])
      );
    end

    zs_delay #(
      .Width (9),
      .Stages(MuxStages)
    ) u_weight (
      .clk_i,
      .rst_ni,
      .en_i  (advance),
      .data_i({in_packed_i, in_weights_i[i]}),
      .data_o({packed_rows, weight})
    );

    zs_delay #(
      .Width (24),
      .Stages(Skew)
    ) u_skew (
      .clk_i,
      .rst_ni,
      .en_i  (advance),
      .data_i({packed_rows ? selected[15:8] : 8'd0, selected[7:0], weight}),
      .data_o({row_1, row_0, factor})
    );

    if (i == 0) begin : g_first
      assign fresh      = 1'b1;
      assign cascade[i] = '0;
    end else begin : g_later
      if (i % 2 == 0) begin : g_behind_node
        zs_delay #(
          .Width (1),
          .Stages(MuxStages + Skew)
        ) u_fresh (
          .clk_i,
          .rst_ni,
          .en_i  (advance),
          .data_i(in_cuts_i[i/2-1]),
          .data_o(fresh)
        );
      end else begin : g_inside
        assign fresh = 1'b0;
      end
      if (i != Half) begin : g_cascade
        assign cascade[i] = p[i-1];
      end
    end

    zs_dsp_slice u_slice (
      .clk_i,
      .en_i    (advance),
      .fresh_i (fresh),
      .a_i     ({{19{row_0[7]}}, row_0}),
      .d_i     ({row_1[7], row_1, 18'd0}),
      .b_i     ({{10{factor[7]}}, factor}),
      .pcin_i  (cascade[i]),
      .pcout_o (p[i])
    );
  end

  for (genvar g = 0; g < Groups; g++) begin : g_group
    localparam int Skew = 2 * g + 1 + ((2 * g >= Half) ? OverflowStages : 0);

    logic ends, packed_rows;
    logic [39:0] sums;

    zs_delay #(
      .Width (2),
      .Stages(MuxStages + Skew + SliceLatency)
    ) u_control (
      .clk_i,
      .rst_ni,
      .en_i  (advance),
      .data_i({in_cuts_i[g], in_packed_i}),
      .data_o({ends, packed_rows})
    );

    zs_reduction_node #(
      .Stages(ReductionStages)
    ) u_node (
      .clk_i,
      .rst_ni,
      .en_i    (advance),
      .ends_i  (ends),
      .packed_i(packed_rows),
      .p_i     (p[2*g+1]),
      .beside_i(beside_in[g]),
      .sums_o  (sums),
      .beside_o(beside_out[g])
    );

    zs_delay #(
      .Width (40),
      .Stages(LastSkew - Skew)
    ) u_align (
      .clk_i,
      .rst_ni,
      .en_i  (advance),
      .data_i(sums),
      .data_o(out_sums_o[g])
    );

    if (2 * g < Half) begin : g_before
      assign beside_in[g] = '0;
    end else if (2 * g > Half) begin : g_behind
      assign beside_in[g] = beside_out[g-1];
    end

    if (2 * g + 2 == Half && HasOverflow != 0) begin : g_overflow
      zs_overflow_adjust #(
        .Stages(OverflowStages)
      ) u_overflow (
        .clk_i,
        .rst_ni,
        .en_i     (advance),
        .ends_i   (ends),
        .packed_i (packed_rows),
        .p_i      (p[2*g+1]),
        .cascade_o(cascade[Half]),
        .beside_o (beside_in[Half/2])
      );
    end
  end

  // Behind the last node, and ahead of the overflow adjust unit, nothing is beside the cascade.
  logic unused_beside;
  assign unused_beside = ^{beside_out[Groups-1], beside_out[0], p[Length-1]};

  initial begin : p_check_parameters
    if (Length != 2 && Length != 4 && Length != 8 && Length != 16)
      $fatal(1, "zs_dsp_chain: Length=%0d is none of 2, 4, 8, 16 (%m)", Length);
    if (MuxStages < 1 || MuxStages > 2)
      $fatal(1, "zs_dsp_chain: MuxStages=%0d outside [1, 2] (%m)", MuxStages);
    if (ReductionStages < 1 || ReductionStages > 4)
      $fatal(1, "zs_dsp_chain: ReductionStages=%0d outside [1, 4] (%m)", ReductionStages);
    if (OverflowStages < 1 || OverflowStages > 4)
      $fatal(1, "zs_dsp_chain: OverflowStages=%0d outside [1, 4] (%m)", OverflowStages);
    if (TagWidth < 1 || TagWidth > 64)
      $fatal(1, "zs_dsp_chain: TagWidth=%0d outside [1, 64] (%m)", TagWidth);
  end

endmodule

`default_nettype wire
