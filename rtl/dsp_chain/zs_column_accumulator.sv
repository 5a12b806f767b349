// SPDX-License-Identifier: Apache-2.0
//
// zs_column_accumulator: the running sums of 16 columns in two rows.
//
// Golden function: simulator.families.dsp_chain.chain.accumulate
// Timing function: simulator.families.dsp_chain.chain.unit_cycles, its last term
// Latency:         0, combinational from in_sums_i to out_sums_o; sums are kept at the end of the cycle
// Throughput:      one beat per cycle
// Contract:        take_i: in_sums_i are sums of segments of 2**(segment_i + 1) slices, as they leave zs_dsp_chain,
//                  for columns column_i and following; column_i is a multiple of their number. clear_i: the columns
//                  start with them. out_sums_o[2s] and [2s + 1]: both rows of column column_i + s, with this beat;
//                  0 from out_columns_o on. Sums wrap at 32 bits and mean nothing before they were cleared.

`default_nettype none

module zs_column_accumulator #(
  parameter  int Length  = 16,  // slices of the chain: 2, 4, 8 or 16
  // Derived: do not override.
  localparam int Columns = 16,
  localparam int Groups  = Length / 2
) (
  input  wire logic                    clk_i,
  input  wire logic                    take_i,
  input  wire logic                    clear_i,
  input  wire logic [3:0]              column_i,
  input  wire logic [1:0]              segment_i,
  input  wire logic [Groups-1:0][39:0] in_sums_i,
  output      logic [3:0]              out_columns_o,
  output      logic [Length-1:0][31:0] out_sums_o
);

  logic [Columns-1:0][63:0] sum_q;  // row 0 in the lower half
  logic [Groups-1:0][3:0] place;    // column of each segment
  logic [Length-1:0][19:0] in_sums;  // [2g + r]: row r of group g
  logic [Length-1:0][31:0] added, held;

  assign in_sums       = in_sums_i;
  assign out_columns_o = 4'(Groups) >> segment_i;

  // Segment s is there only where column_i is a multiple of more than s columns: its low bits are those of s.
  always_comb begin : p_place
    for (int s = 0; s < Groups; s++) begin
      place[s] = ((column_i >> $clog2(s + 1)) << $clog2(s + 1)) | 4'(s);
      {held[2*s+1], held[2*s]} = sum_q[place[s]];
    end
  end

  always_comb begin : p_add
    added      = '0;
    out_sums_o = '0;
    for (int log = 0; log < 4; log++) begin
      for (int s = 0; s < Groups; s++) begin
        for (int r = 0; r < 2; r++) begin
          // Segment s ends with group (s + 1) * 2**log - 1, if that exists.
          if (segment_i == 2'(log) && ((s + 1) << log) <= Groups) begin
            added[2*s+r]      = 32'($signed(in_sums[2*((((s+1)<<log)-1)%Groups)+r]));
            out_sums_o[2*s+r] = added[2*s+r] + (clear_i ? '0 : held[2*s+r]);
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin : p_sums
    for (int c = 0; c < Columns; c++) begin
      for (int s = 0; s < Groups; s++) begin
        // Only these segments can belong to the column.
        if (c >= s && (c - s) % (1 << $clog2(s + 1)) == 0) begin
          if (take_i && 4'(s) < out_columns_o && place[s] == 4'(c))
            sum_q[c] <= {out_sums_o[2*s+1], out_sums_o[2*s]};
        end
      end
    end
  end

  initial begin : p_check_parameters
    if (Length != 2 && Length != 4 && Length != 8 && Length != 16)
      $fatal(1, "zs_column_accumulator: Length=%0d is none of 2, 4, 8, 16 (%m)", Length);
  end

endmodule

`default_nettype wire
