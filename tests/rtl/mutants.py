"""Planted faults: each must be caught by the default benches.

A mutant is a file under `rtl`, a text that stands in it once, what takes its place, and what that does wrong. It may
name the bench that is tried first, as module and parameter set, or "core" and configuration.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    file: str
    original: str
    mutated: str
    fault: str
    bench: str = ""


SPILL, FIFO = "common/zs_spill_register.sv", "common/zs_fifo.sv"
TOKENS, ARBITER = "common/zs_token_counter.sv", "common/zs_arbiter.sv"
DISPATCH, CONTROL = "common/zs_dispatch.sv", "common/zs_control.sv"
PAD, DMA = "common/zs_scratchpad.sv", "common/zs_dma.sv"

COMMON_MUTANTS = [
    Mutant(SPILL, "in_ready_o  = !back_valid_q", "in_ready_o  = 1'b1", "ready ignores a full register"),
    Mutant(
        SPILL,
        "in_ready_o  = !back_valid_q",
        "in_ready_o  = !front_valid_q",
        "ready only when empty: half the throughput",
    ),
    Mutant(
        SPILL,
        "(front_valid_q && !pop)",
        "(front_valid_q && !out_ready_i && in_valid_i)",
        "valid drops under stall",
    ),
    Mutant(
        SPILL,
        "push && (!front_valid_q || pop)",
        "push",
        "payload not held: overwritten under stall",
    ),
    Mutant(
        SPILL,
        "else if (back_valid_q && pop) front_q <= back_q;",
        "",
        "second beat lost, first one given twice",
    ),
    Mutant(FIFO, "count_q != CountWidth'(Depth)", "1'b1", "ready ignores a full FIFO"),
    Mutant(
        FIFO,
        "(read_q == Last) ? '0 : read_q + 1'b1",
        "read_q + 1'b1",
        "read pointer wraps at a power of two only",
    ),
    Mutant(
        FIFO,
        "(write_q == Last) ? '0 : write_q + 1'b1",
        "write_q + 1'b1",
        "write pointer wraps at a power of two only",
    ),
    Mutant(FIFO, "if (pop && !push) count_q", "if (pop) count_q", "count falls when one comes and one goes"),
    Mutant(FIFO, "count_q != '0;", "count_q > CountWidth'(1);", "last beat stuck"),
    Mutant(
        FIFO,
        "out_data_o  = mem_q[read_q]",
        "out_data_o  = mem_q[write_q]",
        "newest place shown instead of the oldest",
    ),
    Mutant(TOKENS, "send_i && (!full || down)", "send_i", "a full counter wraps"),
    Mutant(TOKENS, "if (up && !down)", "if (up)", "a token sent while one is taken counts twice or never"),
    Mutant(
        TOKENS,
        "available_o = count_q != '0",
        "available_o = count_q != '0 || send_i",
        "token seen a cycle early",
    ),
    Mutant(TOKENS, "(take_i && !down)", "1'b0", "a token taken from nothing is no error"),
    Mutant(ARBITER, "pending_q[j] : (j < i)", "pending_q[j] : (j > i)", "tie to the highest index"),
    Mutant(ARBITER, "ahead_q   <= ahead;", "ahead_q   <= '0;", "order of those that wait forgotten"),
    Mutant(
        ARBITER,
        "(pending_q[i] || pending_q[j]) ? pending_q[j] : (j < i)",
        "(j < i)",
        "lowest index before first come",
    ),
    Mutant(
        ARBITER,
        "(holder_q & ~done_i) == '0",
        "holder_q == '0",
        "granted a cycle after the end of the holder",
    ),
    Mutant(
        ARBITER,
        "(holder_q & ~done_i) == '0",
        "(holder_q == '0) || (done_i != '0)",
        "any end frees the resource",
    ),
    Mutant(ARBITER, "grant_o | (holder_q & ~done_i);", "grant_o;", "resource held for one cycle only"),
    Mutant(
        DISPATCH,
        "ending ? release_mask[NumQueues-1:0]",
        "start_o ? release_mask[NumQueues-1:0]",
        "tokens released at the start",
    ),
    Mutant(
        DISPATCH,
        "ending ? release_mask[NumQueues-1:0]",
        "ending ? wait_mask[NumQueues-1:0]",
        "wait mask released",
    ),
    Mutant(DISPATCH, "start_o ? wait_mask[NumQueues-1:0] : '0", "'0", "tokens not consumed"),
    Mutant(
        DISPATCH,
        "(wait_mask & ~available) == '0);",
        "wait_mask == '0 || (wait_mask & available) != '0);",
        "one token of several is enough",
    ),
    Mutant(
        DISPATCH,
        "assign ready     = run_i && head_valid_o && !busy_q",
        "assign ready     = run_i && head_valid_o && (!busy_q || done_i)",
        "next instruction starts in the end cycle",
    ),
    Mutant(
        DISPATCH,
        ".out_ready_i(ending)",
        ".out_ready_i(start_o)",
        "head taken off at the start: its word does not hold",
    ),
    Mutant(
        DISPATCH,
        "assign granted   = (resource_i == '0) ||",
        "assign granted   = 1'b1 ||",
        "starts without its resource",
    ),
    Mutant(DISPATCH, "available = '0;\n", "available = '1;\n", "tokens of missing queues are there"),
    Mutant(DISPATCH, "queue_field != 8'(QueueIndex)", "1'b0", "a word of another queue is no error"),
    Mutant(
        CONTROL,
        ".send_i     (send[p][q])",
        ".send_i     (send[q][p])",
        "tokens sent the wrong way round",
    ),
    Mutant(
        CONTROL,
        "granted[q][r] = grant[r][q]",
        "granted[q][r] = grant[0][q]",
        "grants of resource 0 go to all",
    ),
    Mutant(
        PAD,
        "SumWidth'(write_address_i[p]) + SumWidth'(Lanes - 1 - b)",
        "SumWidth'(write_address_i[p])",
        "a write across two rows stays in the first",
    ),
    Mutant(PAD, "(first_q + LaneWidth'(i)) & LaneMask", "LaneWidth'(i)", "read lanes not rotated"),
    Mutant(PAD, "&& row < SumWidth'(Rows)", "", "a write past the end wraps"),
    Mutant(
        PAD,
        "for (int p = 0; p < WritePorts; p++)",
        "for (int p = WritePorts - 1; p >= 0; p--)",
        "lowest write port wins",
    ),
    Mutant(PAD, "if (read_valid_i[p]) bank_data_q", "bank_data_q", "read data does not hold"),
    Mutant(
        DMA,
        "i < int'(bytes_per_cycle_i)",
        "(i == 0 || i + 1 < int'(bytes_per_cycle_i))",
        "beats one byte short",
    ),
    Mutant(
        DMA,
        "if (!empty) last = issue && finished;",
        "if (!empty) last = issue && (finished || "
        "(image + 1'b1 == images && row + 1'b1 == rows && col + 1'b1 == cols));",
        "ends with the first beat of the last run: a beat short",
    ),
    Mutant(DMA, "(latency_i == '0) ? '0 : latency_i - 1'b1", "latency_i", "latency one cycle too long"),
    Mutant(
        DMA,
        "last = latency_i <= LatencyWidth'(1);",
        "last = 1'b1;",
        "a box without bytes takes one cycle",
    ),
    Mutant(
        DMA,
        "row_base = row_base + row_stride",
        "row_base = row_base + image_stride",
        "image stride for rows",
    ),
    Mutant(
        DMA,
        "              row_base = image_base;\n",
        "",
        "second image begins where the first one ended",
    ),
    Mutant(
        DMA,
        "pad + PadWidth'(moved)",
        "pad + PadWidth'(bytes_per_cycle_i)",
        "scratchpad address moves during the latency",
    ),
    Mutant(
        DMA,
        "beat_pad_q     <= pad;",
        "beat_pad_q     <= pad_q;",
        "bytes land at the address of another beat",
    ),
    Mutant(
        DMA,
        "write_q ? lane_valid_q : '0;",
        "write_i ? lane_valid_q : '0;",
        "last beat takes the direction of the next box",
    ),
]
