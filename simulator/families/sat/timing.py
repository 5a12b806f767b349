"""How many cycles a SAT instruction takes: each formula stands here once.

One fold is what the R x C array computes without being loaded anew. A processing element (PE) multiplies and adds
once a cycle. `mul_latency` stages stand before the adder and the adder has `add_latency` stages, so a sum that
depends on the one before it can be issued `add_latency` cycles later. The derived model for the SAT engine of
arXiv 2309.13015: with unit-latency PEs (add_latency 1, mul_latency 0) a fold of

- weight-stationary work takes N * m cycles and 2R + C - 2 of load, fill and drain (fp16 with N > 1: one more);
- output-stationary work takes N * groups cycles and R + C - 2 of fill and drain.

Sums that leave the array are added to accumulators in the output scratchpad by adders of the same `add_latency` stages,
the last of which is the write. A unit-latency adder costs nothing.
"""

from typing import Any

import numpy as np

from mapping.arrays import IntArray
from simulator.engine.job import REQUEST_FIELDS, Job, Machine, request_bytes
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import DRAM_PORT, SAT_ISA
from simulator.isa import InstructionSet
from simulator.memory.config import IdealMemory
from simulator.program import Program

Count = Any  # an int or an int64 array; formulas broadcast


def fold_slots(n: Count, config: SatConfig) -> Count:
    """Weight slots of one weight-stationary fold: R rows hold N slots each, or one."""
    return config.rows * (n if config.sparse_rows == "group" else 1)


def fold_positions(config: SatConfig) -> int:
    """Output positions of one output-stationary fold: I interleaved accumulators in each of R rows."""
    return config.rows * config.interleave


def weight_stationary_steady(n: Count, positions: Count, config: SatConfig) -> Count:
    """Cycles in which positions stream past stationary weights.

    A PE adds up the N products of its group, one after another, and then adds the sum that passes. I positions are
    interleaved, so every batch of I takes max(I, add_latency) cycles for each slot. One weight a PE has no recurrence.

    An integer PE adds product, own sum and passing sum at once. A floating-point PE has one two-input adder, so it adds
    the passing sums of a batch while the next batch begins; those of the last batch take a cycle each at the end.
    """
    if config.sparse_rows == "slot":
        return positions + 0 * n
    full, rest = np.divmod(positions, config.interleave)
    last = np.where(rest > 0, np.maximum(rest, config.add_latency), 0)
    batches = full * max(config.interleave, config.add_latency) + last
    passing = (positions - 1) % config.interleave + 1 if config.datapath == "fp16" else 0
    return np.where(n == 1, positions, n * batches + passing)


def accumulation(config: SatConfig) -> int:
    """Cycles from the end of the array's work to the end of the fold, when its last sums reach their accumulators.

    A store may begin at the end of a fold, so the fold ends when its sums are (about to be) written. The sums of a fold
    that overwrites pass through the same adders.
    """
    return config.add_latency - 1


def weight_stationary_skew(config: SatConfig) -> int:
    """Fill and drain: a sum passes R adders, the last column starts C - 1 cycles late; R + C - 2 at unit latency."""
    return config.rows * config.add_latency + config.cols - 2 + config.mul_latency + accumulation(config)


def output_stationary_steady(slots: Count, positions: Count, config: SatConfig) -> Count:
    """Cycles in which weights and activations stream through: each slot serves every interleaved accumulator once."""
    interleaved = -(-positions // config.rows)
    return slots * np.maximum(interleaved, config.add_latency)


def output_stationary_skew(config: SatConfig) -> int:
    """Fill and drain: the far corner starts R + C - 2 cycles late and ends with its PE's pipeline."""
    pipeline = config.add_latency - 1 + config.mul_latency
    return config.rows + config.cols - 2 + pipeline + accumulation(config)


def output_drain(positions: Count, config: SatConfig) -> Count:
    """Cycles in which an output-stationary fold shifts its results out, R for each interleaved accumulator."""
    interleaved = -(-positions // config.rows)
    return config.rows * interleaved if config.output_drain == "serial" else 0 * interleaved


def fold_cycles(
    output_stationary: Count,
    n: Count,
    positions: Count,
    slots: Count,
    first: Count,
    last: Count,
    config: SatConfig,
) -> IntArray:
    """Cycles of a fold.

    Args:
        output_stationary: Its dataflow.
        n: Kept weights of a group.
        positions: Output positions.
        slots: Weight slots, group * n + slot.
        first: Whether no fold ran directly before on the same tiles.
        last: Whether none follows directly.
        config: The machine.

    Returns:
        int64, broadcast over the arguments that count under ``config``.
    """
    weights_in: Count = config.rows
    if config.weight_registers == "shadow":
        weights_in = np.where(first, config.rows, 0)
    steady = weight_stationary_steady(n, positions, config)
    drain = output_drain(positions, config)
    output_steady = output_stationary_steady(slots, positions, config)
    skew, output_skew = weight_stationary_skew(config), output_stationary_skew(config)
    if config.fold_overlap == "pipelined":
        # The next fold's weights, or this fold's results, move while a fold streams: the longer one counts.
        steady = np.where(last, steady + skew, np.maximum(steady, config.rows))
        output_steady = np.where(last, output_steady + output_skew + drain, np.maximum(output_steady, drain))
    else:
        steady = steady + skew
        output_steady = output_steady + output_skew + drain
    return np.where(output_stationary, output_steady, weights_in + steady).astype(np.int64)


def wuve_cycles(weights: Count, lanes: int) -> Count:
    """Cycles of an optimiser step on some weights: each lane takes one a cycle (assumed; its width is not public)."""
    return -(-weights // lanes)


def sore_cycles(groups: Count, m: Count, lanes: int) -> Count:
    """Cycles of pruning groups of M: a lane takes M cycles for a group, element by element.

    32 lanes and M cycles for a group are reported for SAT (third-party note on arXiv 2309.13015).
    """
    return m * -(-groups // lanes)


def machine(config: SatConfig, isa: InstructionSet = SAT_ISA) -> Machine:
    """Queues, resources and latencies of a configuration: of the array, or of the units beside it."""
    return Machine(
        queues=isa.queues,
        resources=isa.resources,
        dispatch_latency=config.dispatch_latency,
        token_latency=config.token_latency,
        memories=(config.memory.state(config.clock_hz),),
    )


def service_cycles(program: Program, config: SatConfig) -> tuple[IntArray, IntArray]:
    """Service time of every instruction.

    Returns:
        (i,) int64 cycles, or -1 - r where the DRAM decides; and its requests, (r, 9) int64.
    """
    cycles = np.zeros(len(program), np.int64)
    if program.isa.name == SAT_ISA.name:
        cycles[program.of("GEMM")] = _gemm_service(program, config)
    else:
        cycles[program.of("WUVE")] = wuve_cycles(program.operand("WUVE", "count"), config.wuve_lanes)
        cycles[program.of("SORE")] = _sore_service(program, config)
    transfers, requests = dram_requests(program)
    if isinstance(config.memory, IdealMemory):
        cycles[transfers] = config.memory.burst_cycles(request_bytes(requests))
        return cycles, requests[:0]
    cycles[transfers] = -1 - np.arange(len(transfers))
    return cycles, requests


def _gemm_service(program: Program, config: SatConfig) -> IntArray:
    def fold(name: str) -> IntArray:
        return program.operand("GEMM", name)

    return fold_cycles(
        fold("output_stationary"),
        fold("n"),
        fold("position_count"),
        fold("slot_count"),
        fold("chain_first"),
        fold("chain_last"),
        config,
    )


def _sore_service(program: Program, config: SatConfig) -> IntArray:
    inputs, outputs = program.operand("SORE", "inputs"), program.operand("SORE", "outputs")
    along_outputs = program.operand("SORE", "along_outputs") == 1
    length, columns = np.where(along_outputs, outputs, inputs), np.where(along_outputs, inputs, outputs)
    m = program.operand("SORE", "m")
    groups = program.operand("SORE", "positions") * columns * -(-length // m)
    cycles: IntArray = sore_cycles(groups, m, config.sore_lanes)
    return cycles


def dram_requests(program: Program) -> tuple[IntArray, IntArray]:
    """The (r,) instructions that use the DRAM port, and the boxes they move, (r, 9)."""
    transfers = np.flatnonzero(program.resource == DRAM_PORT)
    requests = np.zeros((len(transfers), len(REQUEST_FIELDS)), np.int64)
    box = ("dram_address", "images", "rows", "cols", "run_bytes", "image_stride", "row_stride", "col_stride")
    # LOAD and STORE begin with the same fields.
    for column, name in enumerate(box):
        requests[:, column] = program.operands[transfers, program.isa["LOAD"].column(name)]
    requests[:, REQUEST_FIELDS.index("write")] = program.opcode[transfers] == program.isa.index("STORE")
    return transfers, requests


def dram_bytes(program: Program) -> IntArray:
    """(i,) bytes that each instruction moves to or from DRAM."""
    moved = np.zeros(len(program), np.int64)
    transfers, requests = dram_requests(program)
    moved[transfers] = request_bytes(requests)
    return moved


def job(program: Program, config: SatConfig) -> Job:
    """What the executors that give times need of a program."""
    service, requests = service_cycles(program, config)
    return Job(
        machine=machine(config, program.isa),
        queue=program.queue,
        wait=program.wait,
        release=program.release,
        resource=program.resource,
        service=service,
        requests=requests,
    )
