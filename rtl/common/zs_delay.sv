// SPDX-License-Identifier: Apache-2.0
//
// zs_delay: a row of registers with an enable; no register at all for Stages = 0.
//
// Golden function: none, data leaves as it came
// Timing function: none
// Latency:         Stages cycles in which en_i is high
// Throughput:      one word per cycle
// Contract:        registers load at the end of every cycle with en_i high. With HasReset = 1 they are cleared by
//                  rst_ni; without, they hold anything until data has passed (payload needs no reset).

`default_nettype none

module zs_delay #(
  parameter int Width    = 1,  // [bit], [1, 65536]
  parameter int Stages   = 1,  // registers in a row, [0, 4096]
  parameter int HasReset = 0   // 1: cleared by rst_ni, [0, 1]
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             en_i,
  input  wire logic [Width-1:0] data_i,
  output      logic [Width-1:0] data_o
);

  if (Stages == 0) begin : g_wire
    logic unused_control;
    assign unused_control = clk_i ^ rst_ni ^ en_i;
    assign data_o = data_i;
  end else begin : g_registers
    logic [Stages*Width-1:0] stage_q;

    assign data_o = stage_q[(Stages-1)*Width+:Width];

    if (HasReset != 0) begin : g_reset
      always_ff @(posedge clk_i or negedge rst_ni) begin : p_shift
        if (!rst_ni) begin
          stage_q <= '0;
        end else if (en_i) begin
          stage_q[0+:Width] <= data_i;
          for (int i = 1; i < Stages; i++) stage_q[i*Width+:Width] <= stage_q[(i-1)*Width+:Width];
        end
      end
    end else begin : g_no_reset
      logic unused_reset;
      assign unused_reset = rst_ni;
      always_ff @(posedge clk_i) begin : p_shift
        if (en_i) begin
          stage_q[0+:Width] <= data_i;
          for (int i = 1; i < Stages; i++) stage_q[i*Width+:Width] <= stage_q[(i-1)*Width+:Width];
        end
      end
    end
  end

  initial begin : p_check_parameters
    if (Width < 1 || Width > 65536) $fatal(1, "zs_delay: Width=%0d outside [1, 65536] (%m)", Width);
    if (Stages < 0 || Stages > 4096)
      $fatal(1, "zs_delay: Stages=%0d outside [0, 4096] (%m)", Stages);
    if (HasReset < 0 || HasReset > 1)
      $fatal(1, "zs_delay: HasReset=%0d outside [0, 1] (%m)", HasReset);
  end

endmodule

`default_nettype wire
