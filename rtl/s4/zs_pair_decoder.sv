// SPDX-License-Identifier: Apache-2.0
//
// zs_pair_decoder: takes the bytes of a sub-filter apart into pairs of index and value.
//
// Golden function: simulator.families.s4.golden.decode_block (mapping.formats.bank_pairs)
// Timing function: simulator.families.s4.timing.decode_cycles: a pair a cycle
// Latency:         1 cycle from a word to the first pair in it
// Throughput:      one pair per cycle
// Contract:        start_i begins a sub-filter of pairs_i pairs and drops what is left of the one before. Pairs follow
//                  each other without gaps, lowest bit first: index, then value. With dense_i there are values only;
//                  indices count the channels of each bank, and begin anew after every run_i values (the channels of
//                  a kernel position). in_*: valid/ready, words in order; out_*: valid/ready, payload holds under
//                  stall. Once pairs_i pairs are out, no word is taken until the next start_i.

`default_nettype none

module zs_pair_decoder #(
  parameter  int WordWidth  = 32,  // of a word of bytes [bit], [16, 1024]
  parameter  int Bank       = 32,  // channels of a bank, [1, 64]
  parameter  int CountWidth = 16,  // of counts of pairs [bit], [1, 31]
  // Derived: do not override.
  localparam int IndexWidth = (Bank > 1) ? $clog2(Bank) : 1
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  input  wire logic                  start_i,
  input  wire logic                  dense_i,
  input  wire logic [CountWidth-1:0] pairs_i,
  input  wire logic [CountWidth-1:0] run_i,
  input  wire logic                  in_valid_i,
  output      logic                  in_ready_o,
  input  wire logic [WordWidth-1:0]  in_data_i,
  output      logic                  out_valid_o,
  input  wire logic                  out_ready_i,
  output      logic [7:0]            out_value_o,
  output      logic [IndexWidth-1:0] out_index_o
);

  localparam int BufferWidth = 2 * WordWidth;
  localparam int FillWidth = $clog2(BufferWidth + 1);
  localparam int IndexBits = (Bank > 1) ? IndexWidth : 0;  // a bank of one needs no index
  localparam int PairBits = 8 + IndexBits;

  logic [BufferWidth-1:0] buffer_q, buffer_d;
  logic [FillWidth-1:0] fill_q, fill_d, width;
  logic [CountWidth-1:0] left_q, run_q;
  logic [IndexWidth-1:0] channel_q;
  logic take, give, dense_q, ends_run;

  assign width       = dense_q ? FillWidth'(8) : FillWidth'(PairBits);
  assign in_ready_o  = fill_q <= FillWidth'(WordWidth) && left_q != '0;
  assign out_valid_o = fill_q >= width && left_q != '0;
  assign take        = in_valid_i && in_ready_o;
  assign give        = out_valid_o && out_ready_i;
  assign ends_run    = run_q == CountWidth'(1);
  assign out_value_o = dense_q ? buffer_q[7:0] : buffer_q[IndexBits+:8];
  assign out_index_o = (dense_q || Bank == 1) ? channel_q : buffer_q[IndexWidth-1:0];

  always_comb begin : p_buffer
    buffer_d = buffer_q;
    fill_d   = fill_q;
    if (give) begin
      buffer_d = buffer_d >> width;
      fill_d   = fill_d - width;
    end
    if (take) begin
      buffer_d = buffer_d | (BufferWidth'(in_data_i) << fill_d);
      fill_d   = fill_d + FillWidth'(WordWidth);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      buffer_q  <= '0;
      fill_q    <= '0;
      left_q    <= '0;
      run_q     <= '0;
      channel_q <= '0;
      dense_q   <= 1'b0;
    end else if (start_i) begin
      buffer_q  <= '0;
      fill_q    <= '0;
      left_q    <= pairs_i;
      run_q     <= run_i;
      channel_q <= '0;
      dense_q   <= dense_i;
    end else begin
      buffer_q <= buffer_d;
      fill_q   <= fill_d;
      if (give) begin
        left_q <= left_q - 1'b1;
        run_q  <= ends_run ? run_i : run_q - 1'b1;
        if (Bank == 1 || ends_run || channel_q == IndexWidth'(Bank - 1)) channel_q <= '0;
        else channel_q <= channel_q + 1'b1;
      end
    end
  end

  initial begin : p_check_parameters
    if (WordWidth < 16 || WordWidth > 1024)
      $fatal(1, "zs_pair_decoder: WordWidth=%0d outside [16, 1024] (%m)", WordWidth);
    if (Bank < 1 || Bank > 64) $fatal(1, "zs_pair_decoder: Bank=%0d outside [1, 64] (%m)", Bank);
    if (CountWidth < 1 || CountWidth > 31)
      $fatal(1, "zs_pair_decoder: CountWidth=%0d outside [1, 31] (%m)", CountWidth);
  end

endmodule

`default_nettype wire
