// SPDX-License-Identifier: Apache-2.0
//
// zs_spu: a sparse processing unit, one of a ring: walks index-value pairs, picks activations, multiplies and adds.
//
// Golden function: simulator.families.s4.golden (PASS: _Machine.turn; SPREAD: decode_block), int8
// Timing function: simulator.families.s4.timing.pass_cycles: done_o that many cycles after start_i
// Latency:         5 cycles from the last pair of a pass to done_o
// Throughput:      Rows x Cols multiply-accumulates per cycle
// Contract:        weight_*: valid/ready, the words of a sub-filter, after load_i with its sizes; filter f goes to row
//                  f mod Rows. act_write_i writes one bank of one column. start_i pulses while busy_o is low and no
//                  load to weight_half_i is under way; the fields of the pass hold until done_o. ring_out_*: valid/
//                  ready, the pairs of all rows that the next SPU walks in its next step; ring_in_*: those of the SPU
//                  before. sum_*: valid/ready, complete sums of a pass with drain_i, at address sum_addr_o; other
//                  passes keep theirs. Under stall every payload holds.

`default_nettype none

module zs_spu #(
  parameter  int Rows       = 2,   // filters at once, [1, 1024]
  parameter  int Cols       = 3,   // positions at once, [1, 1024]
  parameter  int Bank       = 8,   // channels of a bank, [1, 64]
  parameter  int WordWidth  = 32,  // of a word of weights [bit], [16, 1024]
  parameter  int PairDepth  = 64,  // pairs of a row in one place, [1, 65536]
  parameter  int ActDepth   = 64,  // bank words of a column in one half, [1, 65536]
  parameter  int SumDepth   = 64,  // words of partial sums, [1, 65536]
  parameter  int CountWidth = 16,  // of counts [bit], [4, 31]
  // Derived: do not override.
  localparam int IndexWidth = (Bank > 1) ? $clog2(Bank) : 1,
  localparam int SumWidth   = (SumDepth > 1) ? $clog2(SumDepth) : 1,
  localparam int ActWidth   = $clog2(2 * ActDepth),
  localparam int ColWidth   = (Cols > 1) ? $clog2(Cols) : 1,
  localparam int BeatWidth  = Rows * (8 + IndexWidth)
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,
  // Weights
  input  wire logic                            load_i,
  input  wire logic                            load_half_i,
  input  wire logic                            load_dense_i,
  input  wire logic [CountWidth-1:0]           load_filters_i,
  input  wire logic [CountWidth-1:0]           load_pairs_i,   // of a filter
  input  wire logic [CountWidth-1:0]           load_run_i,     // of a kernel position
  output      logic                            load_busy_o,
  input  wire logic                            weight_valid_i,
  output      logic                            weight_ready_o,
  input  wire logic [WordWidth-1:0]            weight_data_i,
  // Activations
  input  wire logic                            act_write_i,
  input  wire logic [ColWidth-1:0]             act_col_i,
  input  wire logic [ActWidth-1:0]             act_addr_i,
  input  wire logic [8*Bank-1:0]               act_data_i,
  // A pass
  input  wire logic                            start_i,
  output      logic                            busy_o,
  output      logic                            done_o,
  input  wire logic [4:0]                      ring_i,
  input  wire logic [4:0]                      place_i,
  input  wire logic [CountWidth-1:0]           rounds_i,
  input  wire logic [CountWidth-1:0]           blocks_i,
  input  wire logic [CountWidth-1:0]           positions_i,
  input  wire logic [CountWidth-1:0]           banks_i,
  input  wire logic [CountWidth-1:0]           kept_i,
  input  wire logic [CountWidth-1:0]           rest_i,
  input  wire logic [CountWidth-1:0]           beats_i,
  input  wire logic [SumWidth-1:0]             sum_first_i,
  input  wire logic                            weight_half_i,
  input  wire logic                            act_half_i,
  input  wire logic                            accumulate_i,
  input  wire logic                            drain_i,
  // The ring
  input  wire logic                            ring_in_valid_i,
  output      logic                            ring_in_ready_o,
  input  wire logic [BeatWidth-1:0]            ring_in_data_i,
  output      logic                            ring_out_valid_o,
  input  wire logic                            ring_out_ready_i,
  output      logic [BeatWidth-1:0]            ring_out_data_o,
  // Results
  output      logic                            sum_valid_o,
  input  wire logic                            sum_ready_i,
  output      logic [SumWidth-1:0]             sum_addr_o,
  output      logic [Rows-1:0][Cols-1:0][31:0] sum_data_o
);

  localparam int PairWidth = 8 + IndexWidth;
  localparam int PairAddrWidth = $clog2(4 * PairDepth);
  localparam int RowWidth = (Rows > 1) ? $clog2(Rows) : 1;

  // Stage 0 issues addresses; 1 has pairs and windows; 2 operands; 3 products; 4 sums.
  logic en, issue, first, last, last_of_pass, forward, finish, all_arrived;
  logic [PairAddrWidth-1:0] pair_addr, arrive_addr, load_addr;
  logic [ActWidth-1:0] act_addr;
  logic [SumWidth-1:0] sum_addr;
  logic [4:1] valid_q;
  logic [4:1][SumWidth-1:0] sum_addr_q;
  logic [4:1] last_q, final_q;
  logic [2:1] first_q;
  logic forward_q, forwarded_q, drained_q, final_seen_q;
  logic forward_waits, drain_waits;

  zs_spu_sequencer #(
    .PairDepth (PairDepth),
    .ActDepth  (ActDepth),
    .SumDepth  (SumDepth),
    .CountWidth(CountWidth)
  ) u_sequencer (
    .clk_i,
    .rst_ni,
    .en_i          (en),
    .start_i,
    .finish_i      (finish),
    .load_i,
    .load_half_i,
    .ring_i,
    .place_i,
    .rounds_i,
    .blocks_i,
    .positions_i,
    .banks_i,
    .kept_i,
    .rest_i,
    .beats_i,
    .sum_first_i,
    .weight_half_i,
    .act_half_i,
    .busy_o,
    .issue_o       (issue),
    .pair_addr_o   (pair_addr),
    .act_addr_o    (act_addr),
    .sum_addr_o    (sum_addr),
    .first_o       (first),
    .last_o        (last),
    .final_o       (last_of_pass),
    .forward_o     (forward),
    .arrive_valid_i(arrive_valid),
    .arrive_ready_o(arrive_ready),
    .arrive_addr_o (arrive_addr),
    .all_arrived_o (all_arrived)
  );

  // Weights: decoded pair by pair into the row of their filter, or a beat for all rows from the ring.
  logic pair_valid, pair_ready, arrive_valid, arrive_ready, arrive;
  logic [7:0] pair_value;
  logic [IndexWidth-1:0] pair_index;
  logic [BeatWidth-1:0] arrive_data;
  logic [RowWidth-1:0] load_row_q;
  logic [CountWidth-1:0] load_pair_q, load_base_q, load_left_q, load_pairs_q;
  logic load_half_q, load_pair, load_last;

  assign arrive      = arrive_valid && arrive_ready;
  assign pair_ready  = !arrive;
  assign load_pair   = pair_valid && pair_ready;
  assign load_last   = load_pair_q == load_pairs_q - 1'b1;
  assign load_busy_o = load_left_q != '0;
  assign load_addr   = PairAddrWidth'({load_half_q, 1'b0}) * PairAddrWidth'(PairDepth)
                       + PairAddrWidth'(load_base_q) + PairAddrWidth'(load_pair_q);

  zs_pair_decoder #(
    .WordWidth (WordWidth),
    .Bank      (Bank),
    .CountWidth(CountWidth)
  ) u_decoder (
    .clk_i,
    .rst_ni,
    .start_i    (load_i),
    .dense_i    (load_dense_i),
    .pairs_i    (CountWidth'(load_pairs_i * load_filters_i)),
    .run_i      (load_run_i),
    .in_valid_i (weight_valid_i),
    .in_ready_o (weight_ready_o),
    .in_data_i  (weight_data_i),
    .out_valid_o(pair_valid),
    .out_ready_i(pair_ready),
    .out_value_o(pair_value),
    .out_index_o(pair_index)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_load
    if (!rst_ni) begin
      load_half_q  <= 1'b0;
      load_row_q   <= '0;
      load_pair_q  <= '0;
      load_base_q  <= '0;
      load_left_q  <= '0;
      load_pairs_q <= '0;
    end else if (load_i) begin
      load_half_q  <= load_half_i;
      load_row_q   <= '0;
      load_pair_q  <= '0;
      load_base_q  <= '0;
      load_left_q  <= load_filters_i;
      load_pairs_q <= load_pairs_i;
    end else if (load_pair) begin
      load_pair_q <= load_last ? '0 : load_pair_q + 1'b1;
      if (load_last) begin
        load_left_q <= load_left_q - 1'b1;
        load_row_q  <= (load_row_q == RowWidth'(Rows - 1)) ? '0 : load_row_q + 1'b1;
        if (load_row_q == RowWidth'(Rows - 1)) load_base_q <= load_base_q + load_pairs_q;
      end
    end
  end

  zs_spill_register #(
    .Width(BeatWidth)
  ) u_ring_in (
    .clk_i,
    .rst_ni,
    .in_valid_i (ring_in_valid_i),
    .in_ready_o (ring_in_ready_o),
    .in_data_i  (ring_in_data_i),
    .out_valid_o(arrive_valid),
    .out_ready_i(arrive_ready),
    .out_data_o (arrive_data)
  );

  logic [Rows-1:0][PairWidth-1:0] pairs;
  logic [Rows-1:0][IndexWidth-1:0] indices;
  logic [Rows-1:0][7:0] values_q;
  logic [Rows-1:0][7:0] values;
  logic [Rows-1:0][8*Cols-1:0] operands;
  logic [Rows-1:0][Cols-1:0][31:0] psums;

  for (genvar r = 0; r < Rows; r++) begin : g_row
    zs_sram #(
      .Width(PairWidth),
      .Depth(4 * PairDepth)
    ) u_pairs (
      .clk_i,
      .write_i     (arrive || (load_pair && load_row_q == RowWidth'(r))),
      .write_addr_i(arrive ? arrive_addr : load_addr),
      .write_data_i(arrive ? arrive_data[r*PairWidth+:PairWidth] : {pair_value, pair_index}),
      .read_i      (en && issue),
      .read_addr_i (pair_addr),
      .data_o      (pairs[r])
    );

    assign indices[r] = pairs[r][IndexWidth-1:0];
    assign values[r]  = pairs[r][PairWidth-1:IndexWidth];

    zs_mac_row #(
      .Cols(Cols)
    ) u_macs (
      .clk_i,
      .rst_ni,
      .en_i     (en),
      .valid_i  (valid_q[2]),
      .first_i  (first_q[2]),
      .value_i  (values_q[r]),
      .operand_i(operands[r]),
      .load_i   (accumulate_i),
      .psum_i   (psums[r]),
      .sum_o    (sum_data_o[r])
    );
  end

  // Activations: a bank of every column.
  logic [Cols-1:0][8*Bank-1:0] window;

  for (genvar c = 0; c < Cols; c++) begin : g_col
    zs_sram #(
      .Width(8 * Bank),
      .Depth(2 * ActDepth)
    ) u_activations (
      .clk_i,
      .write_i     (act_write_i && act_col_i == ColWidth'(c)),
      .write_addr_i(act_addr_i),
      .write_data_i(act_data_i),
      .read_i      (en && issue),
      .read_addr_i (act_addr),
      .data_o      (window[c])
    );
  end

  zs_gather #(
    .Rows(Rows),
    .Cols(Cols),
    .Bank(Bank)
  ) u_gather (
    .clk_i,
    .en_i     (en),
    .window_i (window),
    .index_i  (indices),
    .operand_o(operands)
  );

  // Partial sums: their address goes round with the sub-filters.
  zs_sram #(
    .Width(Rows * Cols * 32),
    .Depth(SumDepth)
  ) u_sums (
    .clk_i,
    .write_i     (en && valid_q[4] && last_q[4] && !drain_i),
    .write_addr_i(sum_addr_q[4]),
    .write_data_i(sum_data_o),
    .read_i      (en && valid_q[2] && first_q[2]),
    .read_addr_i (sum_addr_q[2]),
    .data_o      (psums)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_valid
    if (!rst_ni) valid_q <= '0;
    else if (en) valid_q <= {valid_q[3:1], issue};
  end

  always_ff @(posedge clk_i) begin : p_pipeline
    if (en) begin
      sum_addr_q <= {sum_addr_q[3:1], sum_addr};
      last_q     <= {last_q[3:1], last};
      final_q    <= {final_q[3:1], last_of_pass};
      first_q    <= {first_q[1], first};
      forward_q  <= forward;
      values_q   <= values;
    end
  end

  // What leaves stands still until it is taken; what has been taken is not offered again.
  assign ring_out_valid_o = valid_q[1] && forward_q && !forwarded_q;
  assign ring_out_data_o  = pairs;
  assign sum_valid_o      = valid_q[4] && last_q[4] && drain_i && !drained_q;
  assign sum_addr_o       = sum_addr_q[4];
  assign forward_waits    = ring_out_valid_o && !ring_out_ready_i;
  assign drain_waits      = sum_valid_o && !sum_ready_i;
  assign en               = !forward_waits && !drain_waits;
  assign finish           = final_seen_q && all_arrived;
  assign done_o           = finish;

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_leave
    if (!rst_ni) begin
      forwarded_q  <= 1'b0;
      drained_q    <= 1'b0;
      final_seen_q <= 1'b0;
    end else begin
      forwarded_q  <= !en && (forwarded_q || (ring_out_valid_o && ring_out_ready_i));
      drained_q    <= !en && (drained_q || (sum_valid_o && sum_ready_i));
      final_seen_q <= (en && valid_q[4] && final_q[4]) || (final_seen_q && !finish);
    end
  end

endmodule

`default_nettype wire
