// SPDX-License-Identifier: Apache-2.0
//
// zs_sat_core: the SAT machine: load, execute and store queue, one DRAM port, double-buffered scratchpads for
// activations, weights and accumulators, and the array. It runs the words of Program.words().
//
// Golden function: simulator.families.sat.golden.execute
// Timing function: simulator.families.sat.timing.job with an ideal memory, run by simulator.engine.cycle.run_cycle or
//                  simulator.engine.fast.run_fast: start and end cycle of every instruction
// Latency:         start_o to done_o of a queue: the service time of its instruction, in cycles
// Throughput:      one instruction in each queue, one transfer at a time
// Contract:        instr_*: valid/ready, for each queue the words of its instructions in order, see zs_dispatch; run_i
//                  is raised once, after the queues are filled. latency_i and bytes_per_cycle_i are those of the ideal
//                  memory and hold while anything runs. dram_*: see zs_dma. done_o pulses in the end cycle. error_o
//                  rises and stays on a word that this machine cannot run, or on any error of a part.
//                  Parameters come from a SatConfig: simulator.families.sat.verilog.parameters.

`default_nettype none

module zs_sat_core #(
  parameter  int Rows        = 4,     // of the array, [1, 1024]
  parameter  int Cols        = 4,     // of the array, [1, 1024]
  parameter  int Fp16        = 0,     // 0: int8 -> int32, 1: fp16 -> fp32
  parameter  int MaxN        = 16,    // weights held by an element, [1, 32]
  parameter  int MaxM        = 16,    // largest group, [1, 32]
  parameter  int AddLatency  = 1,     // see zs_array
  parameter  int MulLatency  = 0,     // see zs_array
  parameter  int Interleave  = 1,     // see zs_array
  parameter  int DrainSerial = 1,     // see zs_array
  parameter  int ActBytes    = 4096,  // activation scratchpad, [1024, 2**30]
  parameter  int WeightBytes = 4096,  // weight scratchpad, [1024, 2**23]
  parameter  int OutBytes    = 4096,  // output scratchpad, [1024, 2**20]
  parameter  int DmaLanes    = 8,     // most bytes the DRAM port moves in a cycle, [1, 64]
  parameter  int QueueDepth  = 4,     // words that wait in each queue, [2, 1024]
  // Derived: do not override.
  localparam int NumQueues   = 3,     // load, execute, store
  localparam int WordWidth   = 512,
  localparam int DramWidth   = 40,
  localparam int CountWidth  = $clog2(DmaLanes + 1)
) (
  input  wire logic                                clk_i,
  input  wire logic                                rst_ni,
  input  wire logic                                run_i,
  input  wire logic [15:0]                         latency_i,
  input  wire logic [CountWidth-1:0]               bytes_per_cycle_i,
  // Instructions.
  input  wire logic [NumQueues-1:0]                instr_valid_i,
  output      logic [NumQueues-1:0]                instr_ready_o,
  input  wire logic [NumQueues-1:0][WordWidth-1:0] instr_word_i,
  output      logic [NumQueues-1:0]                start_o,
  output      logic [NumQueues-1:0]                done_o,
  output      logic [NumQueues-1:0]                busy_o,
  output      logic [NumQueues-1:0][15:0]          lacks_o,
  output      logic                                idle_o,
  output      logic                                error_o,
  // DRAM.
  output      logic [DmaLanes-1:0]                 dram_read_valid_o,
  output      logic [DmaLanes-1:0][DramWidth-1:0]  dram_read_address_o,
  input  wire logic [DmaLanes-1:0][7:0]            dram_read_data_i,
  output      logic [DmaLanes-1:0]                 dram_write_valid_o,
  output      logic [DmaLanes-1:0][DramWidth-1:0]  dram_write_address_o,
  output      logic [DmaLanes-1:0][7:0]            dram_write_data_o
);

  localparam int Load         = 0;  // queues, and their opcodes
  localparam int Execute      = 1;
  localparam int Store        = 2;
  localparam int BoxFirst     = 48;   // bits of a LOAD or STORE: the box of zs_dma, then one flag
  localparam int BoxWidth     = 276;
  localparam int PadWidth     = 30;
  localparam int ElementBytes = (Fp16 != 0) ? 2 : 1;
  localparam int Width        = 8 * ElementBytes;
  localparam int IndexWidth   = (MaxM > 1) ? $clog2(MaxM) : 1;
  localparam int IndexBytes   = (Cols * IndexWidth + 7 + 7) / 8;
  localparam int ValueBytes   = Cols * ElementBytes;
  localparam int RowBytes     = (ValueBytes > IndexBytes) ? ValueBytes : IndexBytes;
  localparam int WindowBytes  = MaxM * ElementBytes;
  localparam int SumBytes     = 4 * Cols;
  localparam int ActLanes     = 1 << $clog2((WindowBytes > DmaLanes) ? WindowBytes : DmaLanes);
  localparam int WeightLanes  = 1 << $clog2((RowBytes > DmaLanes) ? RowBytes : DmaLanes);
  // Of a store: see zs_narrow_store.
  localparam int StoreLanes   = (Fp16 != 0) ? 4 * ((DmaLanes + 2) / 2) : DmaLanes;
  localparam int OutLanes     = 1 << $clog2((SumBytes > StoreLanes) ? SumBytes : StoreLanes);
  localparam int ActAddress    = $clog2(ActBytes);
  localparam int WeightAddress = $clog2(WeightBytes);
  localparam int OutAddress    = $clog2(OutBytes);

  // Control.
  logic [NumQueues-1:0] head_valid;
  logic [NumQueues-1:0][WordWidth-1:0] head_word;
  logic [NumQueues-1:0] resource;
  logic control_error, gemm_error, gemm_done, dma_done, error_q;
  logic [NumQueues-1:0] opcode_wrong;
  logic narrow, narrow_wrong;

  assign resource = 3'b101;  // transfers hold the DRAM port

  zs_control #(
    .NumQueues   (NumQueues),
    .NumResources(1),
    .WordWidth   (WordWidth),
    .Depth       (QueueDepth)
  ) u_control (
    .clk_i,
    .rst_ni,
    .run_i,
    .instr_valid_i,
    .instr_ready_o,
    .instr_word_i,
    .head_valid_o(head_valid),
    .head_word_o (head_word),
    .resource_i  (resource),
    .start_o,
    .done_i      (done_o),
    .busy_o,
    .lacks_o,
    .idle_o,
    .error_o     (control_error)
  );

  for (genvar q = 0; q < NumQueues; q++) begin : g_opcode
    assign opcode_wrong[q] = start_o[q] && head_word[q][7:0] != 8'(q);
  end

  assign error_o = error_q || control_error || gemm_error;

  // The one DRAM port, and the one DMA behind it: the queue that was started last owns it.
  logic store_q, storing, weights_q, loading_weights, unused_head, unused_rest;
  logic [BoxWidth-1:0] box;

  assign storing = start_o[Store] || (store_q && !start_o[Load]);
  assign box     = storing ? head_word[Store][BoxFirst+:BoxWidth] :
                             head_word[Load][BoxFirst+:BoxWidth];
  assign loading_weights = head_word[Load][BoxFirst+BoxWidth];
  assign narrow          = head_word[Store][BoxFirst+BoxWidth];
  assign narrow_wrong    = Fp16 == 0 && start_o[Store] && narrow;

  assign done_o[Load]    = dma_done && !store_q;
  assign done_o[Execute] = gemm_done;
  assign done_o[Store]   = dma_done && store_q;

  assign unused_head = ^head_valid;
  assign unused_rest = (^head_word[Load][WordWidth-1:BoxFirst+BoxWidth+1]) ^
                       (^head_word[Store][WordWidth-1:BoxFirst+BoxWidth+1]);

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    if (!rst_ni) begin
      store_q <= 1'b0;
      error_q <= 1'b0;
    end else begin
      store_q <= storing;
      error_q <= error_q || opcode_wrong != '0 || narrow_wrong;
    end
  end

  // The DMA writes a beat in the cycle after it was read; by then another transfer may have started.
  always_ff @(posedge clk_i) begin : p_buffer
    weights_q <= loading_weights;
  end

  logic pad_read_valid;
  logic [PadWidth-1:0] pad_read_address, pad_write_address;
  logic [DmaLanes-1:0] pad_write_valid;
  logic [DmaLanes-1:0][7:0] pad_read_data, pad_write_data;

  zs_dma #(
    .Lanes       (DmaLanes),
    .LatencyWidth(16)
  ) u_dma (
    .clk_i,
    .rst_ni,
    .start_i             (start_o[Load] || start_o[Store]),
    .box_i               (box),
    .write_i             (storing),
    .latency_i,
    .bytes_per_cycle_i,
    .done_o              (dma_done),
    .dram_read_valid_o,
    .dram_read_address_o,
    .dram_read_data_i,
    .dram_write_valid_o,
    .dram_write_address_o,
    .dram_write_data_o,
    .pad_read_valid_o    (pad_read_valid),
    .pad_read_address_o  (pad_read_address),
    .pad_read_data_i     (pad_read_data),
    .pad_write_valid_o   (pad_write_valid),
    .pad_write_address_o (pad_write_address),
    .pad_write_data_o    (pad_write_data)
  );

  // Scratchpads.
  logic [Rows-1:0][ActAddress-1:0] act_address;
  logic [Rows-1:0][ActLanes-1:0][7:0] act_bytes;
  logic [Rows-1:0][MaxM-1:0][Width-1:0] act_data;
  logic [2*MaxN-1:0][WeightAddress-1:0] weight_address;
  logic [2*MaxN-1:0][WeightLanes-1:0][7:0] weight_data;
  logic [OutAddress-1:0] out_read_address, out_write_address, store_address;
  logic [OutLanes-1:0][7:0] out_bytes, out_late_bytes, out_write_bytes;
  logic [Cols-1:0][31:0] out_read_data, out_write_data;
  logic [Cols-1:0] out_write_valid;
  logic [OutLanes-1:0] out_write_lanes;
  logic [ActLanes-1:0] act_write_lanes;
  logic [ActLanes-1:0][7:0] act_write_bytes, unused_act_late;
  logic [WeightLanes-1:0] weight_write_lanes;
  logic [WeightLanes-1:0][7:0] weight_write_bytes, unused_weight_late;
  logic unused_pads;

  for (genvar i = 0; i < ActLanes; i++) begin : g_act_lane
    if (i < DmaLanes) begin : g_used
      assign act_write_lanes[i] = pad_write_valid[i] && !weights_q;
      assign act_write_bytes[i] = pad_write_data[i];
    end else begin : g_unused
      assign act_write_lanes[i] = 1'b0;
      assign act_write_bytes[i] = '0;
    end
  end

  for (genvar i = 0; i < WeightLanes; i++) begin : g_weight_lane
    if (i < DmaLanes) begin : g_used
      assign weight_write_lanes[i] = pad_write_valid[i] && weights_q;
      assign weight_write_bytes[i] = pad_write_data[i];
    end else begin : g_unused
      assign weight_write_lanes[i] = 1'b0;
      assign weight_write_bytes[i] = '0;
    end
  end

  for (genvar i = 0; i < OutLanes; i++) begin : g_out_lane
    if (i < SumBytes) begin : g_used
      assign out_write_lanes[i] = out_write_valid[i/4];
      assign out_write_bytes[i] = out_write_data[i/4][8*(i%4)+:8];
    end else begin : g_unused
      assign out_write_lanes[i] = 1'b0;
      assign out_write_bytes[i] = '0;
    end
  end

  for (genvar r = 0; r < Rows; r++) begin : g_window
    assign act_data[r] = act_bytes[r][WindowBytes-1:0];
  end

  assign out_read_data = out_bytes[SumBytes-1:0];
  assign unused_pads = (^act_bytes) ^ (^out_bytes) ^ (^out_late_bytes) ^ (^pad_read_address) ^
                       (^pad_write_address);

  // Stores: accumulators as they are, or rounded to fp16 on the way.
  if (Fp16 != 0) begin : g_narrow
    zs_narrow_store #(
      .Lanes       (DmaLanes),
      .AddressWidth(OutAddress)
    ) u_narrow (
      .clk_i,
      .narrow_i     (narrow),
      .valid_i      (pad_read_valid),
      .box_address_i(OutAddress'(box[DramWidth+:PadWidth])),
      .address_i    (pad_read_address[OutAddress-1:0]),
      .data_o       (pad_read_data),
      .pad_address_o(store_address),
      .pad_data_i   (out_late_bytes[StoreLanes-1:0])
    );
  end else begin : g_as_is
    assign store_address = pad_read_address[OutAddress-1:0];
    assign pad_read_data = out_late_bytes[DmaLanes-1:0];
  end

  zs_sat_scratchpad #(
    .Bytes    (ActBytes),
    .Lanes    (ActLanes),
    .ReadPorts(Rows),
    .LateRead (0)
  ) u_activations (
    .clk_i,
    .read_address_i     (act_address),
    .read_data_o        (act_bytes),
    .late_read_valid_i  (1'b0),
    .late_read_address_i(ActAddress'(0)),
    .late_read_data_o   (unused_act_late),
    .write_valid_i      (act_write_lanes),
    .write_address_i    (pad_write_address[ActAddress-1:0]),
    .write_data_i       (act_write_bytes)
  );

  zs_sat_scratchpad #(
    .Bytes    (WeightBytes),
    .Lanes    (WeightLanes),
    .ReadPorts(2 * MaxN),
    .LateRead (0)
  ) u_weights (
    .clk_i,
    .read_address_i     (weight_address),
    .read_data_o        (weight_data),
    .late_read_valid_i  (1'b0),
    .late_read_address_i(WeightAddress'(0)),
    .late_read_data_o   (unused_weight_late),
    .write_valid_i      (weight_write_lanes),
    .write_address_i    (pad_write_address[WeightAddress-1:0]),
    .write_data_i       (weight_write_bytes)
  );

  zs_sat_scratchpad #(
    .Bytes    (OutBytes),
    .Lanes    (OutLanes),
    .ReadPorts(1)
  ) u_outputs (
    .clk_i,
    .read_address_i     (out_read_address),
    .read_data_o        (out_bytes),
    .late_read_valid_i  (pad_read_valid),
    .late_read_address_i(store_address),
    .late_read_data_o   (out_late_bytes),
    .write_valid_i      (out_write_lanes),
    .write_address_i    (out_write_address),
    .write_data_i       (out_write_bytes)
  );

  zs_gemm_unit #(
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
    .WeightLanes(WeightLanes),
    .WordWidth  (WordWidth)
  ) u_gemm (
    .clk_i,
    .rst_ni,
    .start_i            (start_o[Execute]),
    .word_i             (head_word[Execute]),
    .done_o             (gemm_done),
    .error_o            (gemm_error),
    .act_address_o      (act_address),
    .act_data_i         (act_data),
    .weight_address_o   (weight_address),
    .weight_data_i      (weight_data),
    .out_read_address_o (out_read_address),
    .out_read_data_i    (out_read_data),
    .out_write_address_o(out_write_address),
    .out_write_valid_o  (out_write_valid),
    .out_write_data_o   (out_write_data)
  );

  initial begin : p_check_parameters
    if (DmaLanes < 1 || DmaLanes > 64)
      $fatal(1, "zs_sat_core: DmaLanes=%0d outside [1, 64] (%m)", DmaLanes);
    if (QueueDepth < 2 || QueueDepth > 1024)
      $fatal(1, "zs_sat_core: QueueDepth=%0d outside [2, 1024] (%m)", QueueDepth);
  end

endmodule

`default_nettype wire
