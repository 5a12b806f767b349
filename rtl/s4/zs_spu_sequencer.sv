// SPDX-License-Identifier: Apache-2.0
//
// zs_spu_sequencer: walks the sub-filters that an SPU holds, step after step of the ring, and keeps count of those
//                   that arrive for the next step.
//
// Golden function: simulator.families.s4.golden._Machine._rings (which sub-filter is multiplied in which step)
// Timing function: simulator.families.s4.timing.pass_cycles, without the pipeline behind it
// Latency:         issue_o in the cycle after start_i
// Throughput:      one pair of every row per cycle
// Contract:        start_i pulses while busy_o is low; the fields hold until done. issue_o: the addresses are read in
//                  this cycle; they move on with en_i. Loops from the outside: steps of the ring, rounds of filters,
//                  blocks of positions, kernel positions, banks, pairs of a bank. arrive_ready_o: a beat of the
//                  neighbour may be written to arrive_addr_o; it does not look at arrive_valid_i. A step waits for
//                  pairs that have not arrived. all_arrived_o: the neighbour has sent everything of this pass.

`default_nettype none

module zs_spu_sequencer #(
  parameter  int PairDepth  = 16,  // pairs of a row in one place, [1, 65536]
  parameter  int ActDepth   = 16,  // bank words of a column in one half, [1, 65536]
  parameter  int SumDepth   = 16,  // words of partial sums, [1, 65536]
  parameter  int CountWidth = 16,  // of counts [bit], [4, 31]
  // Derived: do not override.
  localparam int PairWidth  = $clog2(4 * PairDepth),
  localparam int ActWidth   = $clog2(2 * ActDepth),
  localparam int SumWidth   = (SumDepth > 1) ? $clog2(SumDepth) : 1
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  input  wire logic                  en_i,
  input  wire logic                  start_i,
  input  wire logic                  finish_i,      // the last sum has been written
  input  wire logic                  load_i,        // new weights go to half load_half_i
  input  wire logic                  load_half_i,
  input  wire logic [4:0]            ring_i,        // places
  input  wire logic [4:0]            place_i,       // of this SPU
  input  wire logic [CountWidth-1:0] rounds_i,      // of filters of a sub-filter
  input  wire logic [CountWidth-1:0] blocks_i,      // of positions
  input  wire logic [CountWidth-1:0] positions_i,   // of the kernel
  input  wire logic [CountWidth-1:0] banks_i,       // of a kernel position
  input  wire logic [CountWidth-1:0] kept_i,        // pairs of a bank
  input  wire logic [CountWidth-1:0] rest_i,        // pairs of the last bank of a kernel position
  input  wire logic [CountWidth-1:0] beats_i,       // rounds times pairs of a filter
  input  wire logic [SumWidth-1:0]   sum_first_i,   // place_i times rounds times blocks
  input  wire logic                  weight_half_i,
  input  wire logic                  act_half_i,
  output      logic                  busy_o,
  output      logic                  issue_o,
  output      logic [PairWidth-1:0]  pair_addr_o,
  output      logic [ActWidth-1:0]   act_addr_o,
  output      logic [SumWidth-1:0]   sum_addr_o,
  output      logic                  first_o,       // of a sum
  output      logic                  last_o,
  output      logic                  final_o,       // of the pass
  output      logic                  forward_o,     // the pairs go on to the neighbour
  input  wire logic                  arrive_valid_i,
  output      logic                  arrive_ready_o,
  output      logic [PairWidth-1:0]  arrive_addr_o,
  output      logic                  all_arrived_o
);

  logic busy_q, issuing_q, first_q;
  logic [4:0] step_q, slot_q, arrive_step_q;
  logic [CountWidth-1:0] round_q, block_q, position_q, bank_q, pair_q, arrived_q;
  logic [CountWidth-1:0] pair_addr_q, pair_base_q, act_addr_q;
  logic [SumWidth-1:0] sum_addr_q;
  logic [1:0] parity_q;  // of each half: the place in which its sub-filters begin
  logic there, go, in_ring, parity, arrive;
  logic end_bank, end_position, end_block, end_blocks, end_step, end_pass;

  assign in_ring      = ring_i > 5'd1;
  assign parity       = parity_q[weight_half_i];
  assign there        = arrive_step_q > step_q || arrived_q > pair_addr_q;
  assign issue_o      = issuing_q && (step_q == '0 || there);
  assign go           = issue_o && en_i;
  assign busy_o       = busy_q;
  assign first_o      = first_q;
  assign last_o       = end_block;
  assign final_o      = end_pass;
  assign forward_o    = in_ring && block_q == '0;
  assign pair_addr_o  = PairWidth'({weight_half_i, parity ^ step_q[0]}) * PairWidth'(PairDepth)
                        + PairWidth'(pair_addr_q);
  assign act_addr_o   = ActWidth'(act_half_i) * ActWidth'(ActDepth) + ActWidth'(act_addr_q);
  assign sum_addr_o   = sum_addr_q;

  assign end_bank     = pair_q == ((bank_q == banks_i - 1'b1) ? rest_i : kept_i) - 1'b1;
  assign end_position = end_bank && bank_q == banks_i - 1'b1;
  assign end_block    = end_position && position_q == positions_i - 1'b1;
  assign end_blocks   = end_block && block_q == blocks_i - 1'b1;
  assign end_step     = end_blocks && round_q == rounds_i - 1'b1;
  assign end_pass     = end_step && step_q == ring_i - 1'b1;

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_walk
    if (!rst_ni) begin
      busy_q      <= 1'b0;
      issuing_q   <= 1'b0;
      first_q     <= 1'b0;
      step_q      <= '0;
      slot_q      <= '0;
      round_q     <= '0;
      block_q     <= '0;
      position_q  <= '0;
      bank_q      <= '0;
      pair_q      <= '0;
      pair_addr_q <= '0;
      pair_base_q <= '0;
      act_addr_q  <= '0;
      sum_addr_q  <= '0;
    end else if (start_i) begin
      busy_q      <= 1'b1;
      issuing_q   <= 1'b1;
      first_q     <= 1'b1;
      step_q      <= '0;
      slot_q      <= place_i;
      round_q     <= '0;
      block_q     <= '0;
      position_q  <= '0;
      bank_q      <= '0;
      pair_q      <= '0;
      pair_addr_q <= '0;
      pair_base_q <= '0;
      act_addr_q  <= '0;
      sum_addr_q  <= sum_first_i;
    end else begin
      if (finish_i) busy_q <= 1'b0;
      if (go) begin
        first_q    <= end_block;
        pair_q     <= end_bank ? '0 : pair_q + 1'b1;
        if (end_bank) bank_q <= end_position ? '0 : bank_q + 1'b1;
        if (end_position) position_q <= end_block ? '0 : position_q + 1'b1;
        if (end_block) block_q <= end_blocks ? '0 : block_q + 1'b1;
        if (end_blocks) round_q <= end_step ? '0 : round_q + 1'b1;
        // Every block walks the same pairs, every round the same activations.
        if (end_block && !end_blocks) pair_addr_q <= pair_base_q;
        else pair_addr_q <= end_step ? '0 : pair_addr_q + 1'b1;
        if (end_blocks) pair_base_q <= end_step ? '0 : pair_addr_q + 1'b1;
        if (end_bank) act_addr_q <= end_blocks ? '0 : act_addr_q + 1'b1;
        if (end_step && slot_q == ring_i - 1'b1) sum_addr_q <= '0;
        else if (end_block) sum_addr_q <= sum_addr_q + 1'b1;
        if (end_step) begin
          slot_q    <= (slot_q == ring_i - 1'b1) ? '0 : slot_q + 1'b1;
          step_q    <= end_pass ? step_q : step_q + 1'b1;
          issuing_q <= !end_pass;
        end
      end
    end
  end

  // Beats for the step after the one that walks, or for the rest of that one.
  assign all_arrived_o  = !in_ring || arrive_step_q > ring_i;
  assign arrive_ready_o = busy_q && in_ring && !all_arrived_o
                          && (arrive_step_q == step_q || arrive_step_q == step_q + 1'b1);
  assign arrive         = arrive_valid_i && arrive_ready_o;
  assign arrive_addr_o  =
      PairWidth'({weight_half_i, parity ^ arrive_step_q[0]}) * PairWidth'(PairDepth)
      + PairWidth'(arrived_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_arrive
    if (!rst_ni) begin
      arrive_step_q <= '0;
      arrived_q     <= '0;
      parity_q      <= '0;
    end else begin
      if (start_i) begin
        arrive_step_q <= 5'd1;
        arrived_q     <= '0;
      end else if (arrive) begin
        arrived_q <= (arrived_q == beats_i - 1'b1) ? '0 : arrived_q + 1'b1;
        if (arrived_q == beats_i - 1'b1) arrive_step_q <= arrive_step_q + 1'b1;
      end
      // After a pass the sub-filters are at home, in the other place if the ring is odd.
      if (finish_i && in_ring) parity_q[weight_half_i] <= parity ^ ring_i[0];
      if (load_i) parity_q[load_half_i] <= 1'b0;
    end
  end

  initial begin : p_check_parameters
    if (PairDepth < 1 || PairDepth > 65536)
      $fatal(1, "zs_spu_sequencer: PairDepth=%0d outside [1, 65536] (%m)", PairDepth);
    if (ActDepth < 1 || ActDepth > 65536)
      $fatal(1, "zs_spu_sequencer: ActDepth=%0d outside [1, 65536] (%m)", ActDepth);
    if (SumDepth < 1 || SumDepth > 65536)
      $fatal(1, "zs_spu_sequencer: SumDepth=%0d outside [1, 65536] (%m)", SumDepth);
    if (CountWidth < 4 || CountWidth > 31)
      $fatal(1, "zs_spu_sequencer: CountWidth=%0d outside [4, 31] (%m)", CountWidth);
  end

endmodule

`default_nettype wire
