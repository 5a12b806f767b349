// SPDX-License-Identifier: Apache-2.0
//
// zs_program_host: for benches; not for synthesis. Holds a program, feeds it to the queues of a core, and notes when
// every instruction starts and ends, so that a bench need not look at every cycle.
//
// Golden function: none, it has no values
// Timing function: none; its notes are compared with simulator.engine
// Latency:         run_o rises FillCycles cycles after go_i, when the queues hold what they can; cycle_o is 0 in the
//                  first cycle in which run_o is high
// Throughput:      one word per queue and cycle
// Contract:        host_* writes one word in each cycle in which host_write_i[q] is high, before go_i. go_i stays high.
//                  Number i of queue q started in cycle log_start_o[q] and ended in log_end_o[q] for i = log_index_i;
//                  numbers below begun_o[q] and ended_o[q] are valid. stop_o rises and stays: finished_o tells whether
//                  all instructions have ended; else nothing has happened for QuietCycles while nothing runs, or
//                  cycle_o has reached limit_i.

`default_nettype none

module zs_program_host #(
  parameter  int NumQueues   = 3,     // [1, 16]
  parameter  int WordWidth   = 512,   // [bit], [48, 4096]
  parameter  int Depth       = 4096,  // instructions of a queue, a power of two, [2, 2**20]
  parameter  int FillCycles  = 8,     // more than the queues are deep, [1, 2**20]
  parameter  int QuietCycles = 8,     // of a machine in which nothing runs, until it is stopped
  // Derived: do not override.
  localparam int IndexWidth  = $clog2(Depth)
) (
  input  wire logic                                clk_i,
  input  wire logic                                rst_ni,
  input  wire logic                                go_i,
  input  wire logic [31:0]                         limit_i,
  input  wire logic [NumQueues-1:0]                host_write_i,
  input  wire logic [IndexWidth-1:0]               host_index_i,
  input  wire logic [WordWidth-1:0]                host_word_i,
  input  wire logic [NumQueues-1:0][IndexWidth:0]  count_i,
  input  wire logic [IndexWidth-1:0]               log_index_i,
  output      logic [NumQueues-1:0][31:0]          log_start_o,
  output      logic [NumQueues-1:0][31:0]          log_end_o,
  output      logic [NumQueues-1:0][IndexWidth:0]  begun_o,
  output      logic [NumQueues-1:0][IndexWidth:0]  ended_o,
  output      logic [31:0]                         cycle_o,
  output      logic                                stop_o,
  output      logic                                finished_o,
  output      logic                                run_o,
  output      logic [NumQueues-1:0]                instr_valid_o,
  input  wire logic [NumQueues-1:0]                instr_ready_i,
  output      logic [NumQueues-1:0][WordWidth-1:0] instr_word_o,
  input  wire logic [NumQueues-1:0]                start_i,
  input  wire logic [NumQueues-1:0]                done_i
);

  logic [NumQueues-1:0][IndexWidth:0] fed_q, begun_q, ended_q;
  logic [31:0] cycle_q, quiet_q, fill_q;
  logic [NumQueues-1:0] all_ended, running;
  logic stop_q;

  assign run_o      = fill_q == 32'(FillCycles) && !stop_q;
  assign cycle_o    = cycle_q;
  assign begun_o    = begun_q;
  assign ended_o    = ended_q;
  assign stop_o     = stop_q;
  assign finished_o = stop_q && (&all_ended);

  for (genvar q = 0; q < NumQueues; q++) begin : g_queue
    logic [WordWidth-1:0] word_q [Depth];
    logic [31:0] start_q [Depth];
    logic [31:0] end_q [Depth];

    assign instr_valid_o[q] = go_i && fed_q[q] != count_i[q];
    assign instr_word_o[q]  = word_q[fed_q[q][IndexWidth-1:0]];
    assign log_start_o[q]   = start_q[log_index_i];
    assign log_end_o[q]     = end_q[log_index_i];
    assign all_ended[q]     = ended_q[q] == count_i[q];
    assign running[q]       = begun_q[q] != ended_q[q];

    always_ff @(posedge clk_i) begin : p_memory
      if (host_write_i[q]) word_q[host_index_i] <= host_word_i;
      if (start_i[q]) start_q[begun_q[q][IndexWidth-1:0]] <= cycle_q;
      if (done_i[q]) end_q[ended_q[q][IndexWidth-1:0]] <= cycle_q;
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin : p_counts
      if (!rst_ni) begin
        fed_q[q]   <= '0;
        begun_q[q] <= '0;
        ended_q[q] <= '0;
      end else begin
        if (instr_valid_o[q] && instr_ready_i[q]) fed_q[q] <= fed_q[q] + 1'b1;
        if (start_i[q]) begun_q[q] <= begun_q[q] + 1'b1;
        if (done_i[q]) ended_q[q] <= ended_q[q] + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_run
    if (!rst_ni) begin
      fill_q  <= '0;
      cycle_q <= '0;
      quiet_q <= '0;
      stop_q  <= 1'b0;
    end else begin
      if (go_i && fill_q != 32'(FillCycles)) fill_q <= fill_q + 1'b1;
      if (run_o) begin
        cycle_q <= cycle_q + 1'b1;
        quiet_q <= (start_i != '0 || done_i != '0 || running != '0) ? '0 : quiet_q + 1'b1;
        stop_q  <= quiet_q == 32'(QuietCycles) || cycle_q == limit_i;
      end
    end
  end

  initial begin : p_check_parameters
    if (NumQueues < 1 || NumQueues > 16)
      $fatal(1, "zs_program_host: NumQueues=%0d outside [1, 16] (%m)", NumQueues);
    if (WordWidth < 48 || WordWidth > 4096)
      $fatal(1, "zs_program_host: WordWidth=%0d outside [48, 4096] (%m)", WordWidth);
    if (Depth < 2 || Depth > 1 << 20 || (Depth & (Depth - 1)) != 0)
      $fatal(1, "zs_program_host: Depth=%0d: no power of two in [2, 2**20] (%m)", Depth);
    if (FillCycles < 1 || FillCycles > 1 << 20)
      $fatal(1, "zs_program_host: FillCycles=%0d outside [1, 2**20] (%m)", FillCycles);
    if (QuietCycles < 1 || QuietCycles > 1 << 20)
      $fatal(1, "zs_program_host: QuietCycles=%0d outside [1, 2**20] (%m)", QuietCycles);
  end

endmodule

`default_nettype wire
