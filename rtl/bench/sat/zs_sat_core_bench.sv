// SPDX-License-Identifier: Apache-2.0
//
// zs_sat_core_bench: a zs_sat_core between a zs_program_host and a zs_dram_model; for benches.
//
// Golden function: see zs_sat_core
// Timing function: see zs_sat_core
// Latency:         see zs_program_host
// Throughput:      see zs_sat_core
// Contract:        host_row_i/host_data_i and host_write_dram_i: see zs_dram_model. The other host_* and the log: see
//                  zs_program_host. The machine is reset, memories are not, between two programs.

`default_nettype none

module zs_sat_core_bench #(
  parameter  int Rows        = 4,
  parameter  int Cols        = 4,
  parameter  int Fp16        = 0,
  parameter  int MaxN        = 16,
  parameter  int MaxM        = 16,
  parameter  int AddLatency  = 1,
  parameter  int MulLatency  = 0,
  parameter  int Interleave  = 1,
  parameter  int DrainSerial = 1,
  parameter  int ActBytes    = 4096,
  parameter  int WeightBytes = 4096,
  parameter  int OutBytes    = 4096,
  parameter  int DmaLanes    = 8,
  parameter  int DramBytes   = 65536,
  parameter  int Depth       = 1024,
  // Derived: do not override.
  localparam int NumQueues   = 3,
  localparam int WordWidth   = 512,
  localparam int IndexWidth  = $clog2(Depth),
  localparam int CountWidth  = $clog2(DmaLanes + 1)
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_ni,
  input  wire logic                               go_i,
  input  wire logic [31:0]                        limit_i,
  input  wire logic [15:0]                        latency_i,
  input  wire logic [CountWidth-1:0]              bytes_per_cycle_i,
  input  wire logic                               host_write_dram_i,
  input  wire logic [31:0]                        host_row_i,
  input  wire logic [63:0][7:0]                   host_data_i,
  output      logic [63:0][7:0]                   host_data_o,
  output      logic                               outside_o,
  input  wire logic [NumQueues-1:0]               host_write_i,
  input  wire logic [IndexWidth-1:0]              host_index_i,
  input  wire logic [WordWidth-1:0]               host_word_i,
  input  wire logic [NumQueues-1:0][IndexWidth:0] count_i,
  input  wire logic [IndexWidth-1:0]              log_index_i,
  output      logic [NumQueues-1:0][31:0]         log_start_o,
  output      logic [NumQueues-1:0][31:0]         log_end_o,
  output      logic [NumQueues-1:0][IndexWidth:0] begun_o,
  output      logic [NumQueues-1:0][IndexWidth:0] ended_o,
  output      logic [31:0]                        cycle_o,
  output      logic                               stop_o,
  output      logic                               finished_o,
  output      logic [NumQueues-1:0][15:0]         lacks_o,
  output      logic                               idle_o,
  output      logic                               error_o
);

  logic run;
  logic [NumQueues-1:0] instr_valid, instr_ready, started, done, unused_busy;
  logic [NumQueues-1:0][WordWidth-1:0] instr_word;
  logic [DmaLanes-1:0] dram_read_valid, dram_write_valid;
  logic [DmaLanes-1:0][39:0] dram_read_address, dram_write_address;
  logic [DmaLanes-1:0][7:0] dram_read_data, dram_write_data;

  zs_program_host #(
    .NumQueues(NumQueues),
    .WordWidth(WordWidth),
    .Depth    (Depth)
  ) u_host (
    .clk_i,
    .rst_ni,
    .go_i,
    .limit_i,
    .host_write_i,
    .host_index_i,
    .host_word_i,
    .count_i,
    .log_index_i,
    .log_start_o,
    .log_end_o,
    .begun_o,
    .ended_o,
    .cycle_o,
    .stop_o,
    .finished_o,
    .run_o        (run),
    .instr_valid_o(instr_valid),
    .instr_ready_i(instr_ready),
    .instr_word_o (instr_word),
    .start_i      (started),
    .done_i       (done)
  );

  zs_sat_core #(
    .Rows       (Rows),
    .Cols       (Cols),
    .Fp16       (Fp16),
    .MaxN       (MaxN),
    .MaxM       (MaxM),
    .AddLatency (AddLatency),
    .MulLatency (MulLatency),
    .Interleave (Interleave),
    .DrainSerial(DrainSerial),
    .ActBytes   (ActBytes),
    .WeightBytes(WeightBytes),
    .OutBytes   (OutBytes),
    .DmaLanes   (DmaLanes)
  ) u_core (
    .clk_i,
    .rst_ni,
    .run_i               (run),
    .latency_i,
    .bytes_per_cycle_i,
    .instr_valid_i       (instr_valid),
    .instr_ready_o       (instr_ready),
    .instr_word_i        (instr_word),
    .start_o             (started),
    .done_o              (done),
    .busy_o              (unused_busy),
    .lacks_o,
    .idle_o,
    .error_o,
    .dram_read_valid_o   (dram_read_valid),
    .dram_read_address_o (dram_read_address),
    .dram_read_data_i    (dram_read_data),
    .dram_write_valid_o  (dram_write_valid),
    .dram_write_address_o(dram_write_address),
    .dram_write_data_o   (dram_write_data)
  );

  zs_dram_model #(
    .Bytes(DramBytes),
    .Lanes(DmaLanes)
  ) u_dram (
    .clk_i,
    .rst_ni,
    .read_valid_i   (dram_read_valid),
    .read_address_i (dram_read_address),
    .read_data_o    (dram_read_data),
    .write_valid_i  (dram_write_valid),
    .write_address_i(dram_write_address),
    .write_data_i   (dram_write_data),
    .host_write_i   (host_write_dram_i),
    .host_row_i,
    .host_data_i,
    .host_data_o,
    .outside_o
  );

endmodule

`default_nettype wire
