"""How many cycles an S4 instruction takes: each formula stands here once.

Antoum's cycles are not public. The rates are (``S4Config``); a pass follows from them and from the way in which the
patents (US 11,113,601, US 11,763,150) use banks of equal size: every SPU walks the index-value pairs of its
sub-filters, one pair of each of ``mac_rows`` filters a cycle, multiplies each value with the activations that its index
picks at ``mac_columns`` positions, and hands the sub-filters on round the ring. All SPUs have the same number of pairs,
so nobody waits.
"""

from typing import Any

import numpy as np

from mapping.arrays import IntArray
from simulator.engine.job import REQUEST_FIELDS, Job, Machine, request_bytes
from simulator.families.s4.config import S4Config
from simulator.families.s4.isa import DRAM, S4_ISA
from simulator.memory.config import IdealMemory
from simulator.program import Program

Count = Any  # an int or an int64 array; formulas broadcast


def walk_cycles(filters: Count, positions: Count, pairs: Count, config: S4Config) -> Count:
    """Cycles in which an SPU walks the sub-filters that it holds once.

    Args:
        filters: Filters at one place of the ring.
        positions: Output positions of the SPU.
        pairs: Index-value pairs of one filter.
        config: The machine.
    """
    return -(-filters // config.mac_rows) * -(-positions // config.mac_columns) * pairs * config.mac_cycles


def pass_cycles(ring: Count, filters: Count, positions: Count, pairs: Count, config: S4Config) -> Count:
    """Cycles of a full turn: every place's sub-filters are walked by every SPU, then the pipeline runs empty.

    The ring moves ``mac_rows`` pairs a cycle, as many as are used, so moving them hides behind walking them; but a pair
    can be walked ``ring_latency`` cycles after the neighbour has begun with it, so no step but the last is shorter.
    """
    walk = walk_cycles(filters, positions, pairs, config)
    step = max(walk, config.ring_latency) if isinstance(walk, int) else np.maximum(walk, config.ring_latency)
    return (ring - 1) * step + walk + config.spu_latency


def decode_cycles(pairs: Count) -> Count:
    """Cycles in which an SPU of the Verilog takes the pairs of its sub-filter apart, from the first word to the last.

    The simulator lets the NoC bound the arrival of weights; its decoders are assumed as fast.
    """
    return pairs + 1


def l2_cycles(count: Count, config: S4Config) -> Count:
    """Cycles in which L2 moves some bytes."""
    return -(-count * config.clock_mhz // (config.l2_gb_per_s * 1000))


def noc_cycles(count: Count, config: S4Config) -> Count:
    """Cycles in which the network moves some bytes, to any number of clusters at once."""
    return -(-count * config.clock_mhz // config.noc_mb_per_s)


def vector_cycles(int_ops: Count, float_ops: Count, special_ops: Count, config: S4Config) -> Count:
    """Cycles of the vector units of a chip and of the special-function units beside them, which work in a stream."""
    vector = int_ops + float_ops * config.bf16_cycles
    special = special_ops * config.bf16_cycles
    plain = -(-vector * config.clock_mhz // (config.vector_gops * 1000))
    other = -(-special * config.clock_mhz // (config.special_gops * 1000))
    return max(plain, other) if isinstance(plain, int) else np.maximum(plain, other)


def machine(config: S4Config) -> Machine:
    """Queues, resources and latencies of a chip."""
    return Machine(
        queues=S4_ISA.queues,
        resources=S4_ISA.resources,
        dispatch_latency=config.dispatch_latency,
        token_latency=config.token_latency,
        memories=(config.memory.state(config.clock_hz), None),
    )


def service_cycles(program: Program, config: S4Config) -> tuple[IntArray, IntArray]:
    """Service time of every instruction.

    Returns:
        (i,) int64 cycles, or -1 - r where the DRAM decides; and its requests, (r, 9) int64.
    """
    cycles = np.zeros(len(program), np.int64)
    cycles[program.of("PASS")] = _pass_service(program, config)
    for name in ("BRING", "FETCH", "KEEP"):
        cycles[program.of(name)] = l2_cycles(program.operand(name, "bytes"), config)
    cycles[program.of("SPREAD")] = noc_cycles(program.operand("SPREAD", "bytes"), config)
    int_ops, float_ops, special_ops = (
        program.operand("VECTOR", name) for name in ("int_ops", "float_ops", "special_ops")
    )
    cycles[program.of("VECTOR")] = vector_cycles(int_ops, float_ops, special_ops, config)
    transfers, requests = dram_requests(program)
    if isinstance(config.memory, IdealMemory):
        cycles[transfers] = config.memory.burst_cycles(request_bytes(requests))
        return cycles, requests[:0]
    cycles[transfers] = -1 - np.arange(len(transfers))
    return cycles, requests


def _pass_service(program: Program, config: S4Config) -> IntArray:
    def of(name: str) -> IntArray:
        return program.operand("PASS", name)

    return pass_cycles(of("ring"), of("filters"), of("share"), of("pairs"), config)


def dram_requests(program: Program) -> tuple[IntArray, IntArray]:
    """The (r,) instructions that use the DRAM, and the boxes they move, (r, 9)."""
    transfers = np.flatnonzero(program.resource == DRAM)
    requests = np.zeros((len(transfers), len(REQUEST_FIELDS)), np.int64)
    columns = {"address": "address", "rows": "groups", "cols": "runs", "run_bytes": "run_bytes"}
    columns |= {"row_stride": "group_stride", "col_stride": "stride"}
    # LOAD, PULL and STORE begin with the same fields.
    for column, field in columns.items():
        operand = program.isa["LOAD"].column(field)
        requests[:, REQUEST_FIELDS.index(column)] = program.operands[transfers, operand]
    requests[:, REQUEST_FIELDS.index("images")] = 1
    requests[:, REQUEST_FIELDS.index("write")] = program.opcode[transfers] == program.isa.index("STORE")
    return transfers, requests


def dram_bytes(program: Program) -> IntArray:
    """(i,) bytes that each instruction moves to or from DRAM."""
    moved = np.zeros(len(program), np.int64)
    transfers, requests = dram_requests(program)
    moved[transfers] = request_bytes(requests)
    return moved


def job(program: Program, config: S4Config) -> Job:
    """What the executors that give times need of a program."""
    service, requests = service_cycles(program, config)
    return Job(
        machine=machine(config),
        queue=program.queue,
        wait=program.wait,
        release=program.release,
        resource=program.resource,
        service=service,
        requests=requests,
    )
