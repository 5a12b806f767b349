// SPDX-License-Identifier: Apache-2.0
//
// zs_spu_ring_bench: a ring of SPUs whose links can be stalled, for the bench.
//
// Golden function: simulator.families.s4.golden
// Timing function: simulator.families.s4.timing.pass_cycles
// Latency:         that of zs_spu
// Throughput:      that of zs_spu
// Contract:        as zs_spu, one port for each SPU; the fields of a pass are common but for place_i and sum_first_i.
//                  SPU i hands its pairs to SPU i - 1, so that it takes over what SPU i + 1 held. link_stall_i holds up
//                  what SPU i hands on.

`default_nettype none

module zs_spu_ring_bench #(
  parameter  int Ring       = 3,   // SPUs, [1, 16]
  parameter  int Rows       = 2,   // see zs_spu
  parameter  int Cols       = 3,   // see zs_spu
  parameter  int Bank       = 8,   // see zs_spu
  parameter  int WordWidth  = 32,  // see zs_spu
  parameter  int PairDepth  = 512,  // see zs_spu
  parameter  int ActDepth   = 512,  // see zs_spu
  parameter  int SumDepth   = 64,  // see zs_spu
  // Derived: do not override.
  localparam int CountWidth = 16,
  localparam int IndexWidth = (Bank > 1) ? $clog2(Bank) : 1,
  localparam int SumWidth   = (SumDepth > 1) ? $clog2(SumDepth) : 1,
  localparam int ActWidth   = $clog2(2 * ActDepth),
  localparam int ColWidth   = (Cols > 1) ? $clog2(Cols) : 1,
  localparam int BeatWidth  = Rows * (8 + IndexWidth)
) (
  input  wire logic                                 clk_i,
  input  wire logic                                 rst_ni,
  input  wire logic [Ring-1:0]                      load_i,
  input  wire logic                                 load_half_i,
  input  wire logic                                 load_dense_i,
  input  wire logic [Ring-1:0][CountWidth-1:0]      load_filters_i,
  input  wire logic [CountWidth-1:0]                load_pairs_i,
  input  wire logic [CountWidth-1:0]                load_run_i,
  output      logic [Ring-1:0]                      load_busy_o,
  input  wire logic [Ring-1:0]                      weight_valid_i,
  output      logic [Ring-1:0]                      weight_ready_o,
  input  wire logic [Ring-1:0][WordWidth-1:0]       weight_data_i,
  input  wire logic [Ring-1:0]                      act_write_i,
  input  wire logic [ColWidth-1:0]                  act_col_i,
  input  wire logic [ActWidth-1:0]                  act_addr_i,
  input  wire logic [Ring-1:0][8*Bank-1:0]          act_data_i,
  input  wire logic                                 start_i,
  output      logic [Ring-1:0]                      busy_o,
  output      logic [Ring-1:0]                      done_o,
  input  wire logic [4:0]                           ring_i,
  input  wire logic [Ring-1:0][4:0]                 place_i,
  input  wire logic [CountWidth-1:0]                rounds_i,
  input  wire logic [CountWidth-1:0]                blocks_i,
  input  wire logic [CountWidth-1:0]                positions_i,
  input  wire logic [CountWidth-1:0]                banks_i,
  input  wire logic [CountWidth-1:0]                kept_i,
  input  wire logic [CountWidth-1:0]                rest_i,
  input  wire logic [CountWidth-1:0]                beats_i,
  input  wire logic [Ring-1:0][SumWidth-1:0]        sum_first_i,
  input  wire logic                                 weight_half_i,
  input  wire logic                                 act_half_i,
  input  wire logic                                 accumulate_i,
  input  wire logic                                 drain_i,
  input  wire logic [Ring-1:0]                      link_stall_i,
  output      logic [Ring-1:0]                      link_moves_o,
  output      logic [Ring-1:0]                      sum_valid_o,
  input  wire logic [Ring-1:0]                      sum_ready_i,
  output      logic [Ring-1:0][SumWidth-1:0]        sum_addr_o,
  output      logic [Ring-1:0][Rows*Cols*32-1:0]    sum_data_o
);

  logic [Ring-1:0] out_valid, out_ready, in_valid, in_ready;
  logic [Ring-1:0][BeatWidth-1:0] out_data, in_data;

  for (genvar i = 0; i < Ring; i++) begin : g_spu
    localparam int From = (i + 1) % Ring;

    assign in_valid[i]     = out_valid[From] && !link_stall_i[From];
    assign in_data[i]      = out_data[From];
    assign out_ready[From] = in_ready[i] && !link_stall_i[From];
    assign link_moves_o[i] = out_valid[i] && out_ready[i];

    zs_spu #(
      .Rows      (Rows),
      .Cols      (Cols),
      .Bank      (Bank),
      .WordWidth (WordWidth),
      .PairDepth (PairDepth),
      .ActDepth  (ActDepth),
      .SumDepth  (SumDepth),
      .CountWidth(CountWidth)
    ) u_spu (
      .clk_i,
      .rst_ni,
      .load_i          (load_i[i]),
      .load_half_i,
      .load_dense_i,
      .load_filters_i  (load_filters_i[i]),
      .load_pairs_i,
      .load_run_i,
      .load_busy_o     (load_busy_o[i]),
      .weight_valid_i  (weight_valid_i[i]),
      .weight_ready_o  (weight_ready_o[i]),
      .weight_data_i   (weight_data_i[i]),
      .act_write_i     (act_write_i[i]),
      .act_col_i,
      .act_addr_i,
      .act_data_i      (act_data_i[i]),
      .start_i,
      .busy_o          (busy_o[i]),
      .done_o          (done_o[i]),
      .ring_i,
      .place_i         (place_i[i]),
      .rounds_i,
      .blocks_i,
      .positions_i,
      .banks_i,
      .kept_i,
      .rest_i,
      .beats_i,
      .sum_first_i     (sum_first_i[i]),
      .weight_half_i,
      .act_half_i,
      .accumulate_i,
      .drain_i,
      .ring_in_valid_i (in_valid[i]),
      .ring_in_ready_o (in_ready[i]),
      .ring_in_data_i  (in_data[i]),
      .ring_out_valid_o(out_valid[i]),
      .ring_out_ready_i(out_ready[i]),
      .ring_out_data_o (out_data[i]),
      .sum_valid_o     (sum_valid_o[i]),
      .sum_ready_i     (sum_ready_i[i]),
      .sum_addr_o      (sum_addr_o[i]),
      .sum_data_o      (sum_data_o[i])
    );
  end

  initial begin : p_check_parameters
    if (Ring < 1 || Ring > 16) $fatal(1, "zs_spu_ring_bench: Ring=%0d outside [1, 16] (%m)", Ring);
  end

endmodule

`default_nettype wire
