"""Planted faults in rtl/dram_pim: each must be caught by the default benches of this folder."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """``original`` stands once in ``file`` in rtl/dram_pim and is replaced by ``mutated``; ``bench`` is to catch it."""

    file: str
    original: str
    mutated: str
    fault: str
    bench: tuple[str, str]


MAC, SEQUENCER, ROUND = "zs_bank_mac.sv", "zs_dram_sequencer.sv", "zs_fp32_to_bf16.sv"
FOUR = ("zs_bank_mac", "four")
AIM = ("zs_dram_sequencer", "aim")

DRAM_PIM_MUTANTS = [
    Mutant(ROUND, "32'h7fff + 32'(fp32_i[16])", "32'h8000", "ties away from zero", FOUR),
    Mutant(ROUND, "+ 32'h7fff + 32'(fp32_i[16])", "", "cut instead of rounded", FOUR),
    Mutant(ROUND, "nan ? 16'h7fc0 : rounded[31:16]", "rounded[31:16]", "NaN rounded like a number", FOUR),
    Mutant(MAC, ".b_i  (node[2*s+1])", ".b_i  (node[2*s])", "a neighbour added twice, the other not", FOUR),
    Mutant(MAC, "{sum_q[13:0], product_q}", "{sum_q[13:0], product}", "products a cycle early", FOUR),
    Mutant(
        MAC,
        "if (op == Mac) register_q[r] <= accumulated;",
        "if (op == Mac) register_q[r] <= sum_q[14];",
        "the old sum is lost",
        FOUR,
    ),
    Mutant(MAC, "if (valid && which == RegisterWidth'(r))", "if (valid)", "every register written", FOUR),
    Mutant(MAC, "if (op == Bias) register_q[r] <= {bias, 16'd0};", "", "no bias", FOUR),
    Mutant(
        MAC,
        "localparam int Stages = 2 + Levels;",
        "localparam int Stages = 1 + Levels;",
        "control a cycle before its data",
        FOUR,
    ),
    Mutant(
        MAC, "read_q      <= valid && op == Read;", "read_q      <= op == Read;", "reads that nobody asked for", FOUR
    ),
    Mutant(SEQUENCER, "open_q ? PrechargeAll : Refresh;", "Refresh;", "refresh with rows open", AIM),
    Mutant(SEQUENCER, "op_rows_i && open_q && row_q != op_row_i", "1'b0", "column of a row that is not open", AIM),
    Mutant(
        SEQUENCER,
        "end else if (op_rows_i && !open_q) begin",
        "end else if (!open_q) begin",
        "rows opened for nothing",
        AIM,
    ),
    Mutant(
        SEQUENCER,
        "distance_q[b*Commands+a] - 1'b1 > wait_d[a]",
        "1'b1",
        "a shorter distance replaces a longer one",
        AIM,
    ),
    Mutant(
        SEQUENCER,
        "wait_d[a] = distance_q[b*Commands+a] - 1'b1;",
        "wait_d[a] = distance_q[b*Commands+a] - Width'(2);",
        "every distance a cycle short",
        AIM,
    ),
    Mutant(
        SEQUENCER,
        "wait_d[a] = distance_q[b*Commands+a] - 1'b1;",
        "wait_d[a] = distance_q[b*Commands+a];",
        "a cycle long",
        AIM,
    ),
    Mutant(SEQUENCER, "registers = 1'b0;", "registers = op_registers_i;", "refresh in register mode", AIM),
    Mutant(
        SEQUENCER,
        "if (issue && change) mode_q <= registers;",
        "if (issue && change) mode_q <= 1'b1;",
        "never back",
        AIM,
    ),
    Mutant(SEQUENCER, "legal = wait_q[c] == '0;", "legal = wait_q[c] <= Width'(1);", "one cycle early", AIM),
    Mutant(
        SEQUENCER,
        "elapsed_q <= due ? 16'd1 : elapsed_q + 16'd1;",
        "elapsed_q <= due ? 16'd0 : elapsed_q + 16'd1;",
        "refreshes drift",
        AIM,
    ),
    Mutant(
        SEQUENCER,
        "(command == PrechargeAll || (final_command && op_closes_i))",
        "command == PrechargeAll",
        "row thought open",
        AIM,
    ),
    Mutant(SEQUENCER, "issued_q + 16'd1 == op_count_i", "issued_q == op_count_i", "one command too many", AIM),
    Mutant(
        SEQUENCER, "refreshing    = due_q != '0 || due;", "refreshing    = due_q != '0;", "refresh a cycle late", AIM
    ),
]
