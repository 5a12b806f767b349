"""Programs as jobs: the memory decides how long an instruction of the host takes."""

import numpy as np

from mapping.arrays import IntArray
from simulator.engine.job import REQUEST_FIELDS, Job, Machine
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.isa import DRAM_PIM_ISA, HOST, OPERATIONS
from simulator.memory.commands.layout import BANK, COUNT, MASK, OPERATION, ROW
from simulator.program import Program

COLUMN_BYTES = 32
# Operations that move data between the host and the memory, or a bank and its buffer; the others compute.
_TRANSFERS = ("READ", "WRITE", "WR_GB", "WR_BIAS", "RD_MAC", "RD_AF", "WR_ABK")


def job(program: Program, config: DramPimConfig, log_rows: int = 0) -> Job:
    """The host's instructions as requests to the memory; the unit's with the cycles they name.

    Args:
        program: What to run.
        config: The machine.
        log_rows: Commands to write down in the state of the memory.
    """
    numbers = config.table.operation_numbers
    number = np.array([numbers[name] for name in OPERATIONS] + [-1], np.int64)[program.opcode]
    host = np.flatnonzero(program.queue == HOST)
    requests = np.zeros((len(host), len(REQUEST_FIELDS)), np.int64)
    opcode = DRAM_PIM_ISA["MAC_ABK"]
    requests[:, OPERATION] = number[host]
    for column, field in ((MASK, "mask"), (BANK, "bank"), (ROW, "row"), (COUNT, "count")):
        requests[:, column] = program.operands[host, opcode.column(field)]
    service = np.zeros(len(program), np.int64)
    service[host] = -1 - np.arange(len(host))
    asic = program.of("ASIC")
    service[asic] = program.operand("ASIC", "cycles", asic)
    machine = Machine(
        queues=DRAM_PIM_ISA.queues,
        resources=DRAM_PIM_ISA.resources,
        dispatch_latency=config.dispatch_latency,
        token_latency=config.token_latency,
        memories=(config.memory(log_rows),),
    )
    return Job(
        machine=machine,
        queue=program.queue,
        wait=program.wait,
        release=program.release,
        resource=program.resource,
        service=service,
        requests=requests,
    )


def dram_bytes(program: Program) -> IntArray:
    """Bytes that each instruction moves over the data buses of its channels, (i,): columns of 32 bytes."""
    result = np.zeros(len(program), np.int64)
    for name in _TRANSFERS:
        rows = program.of(name)
        channels = np.bitwise_count(program.operand(name, "mask", rows))
        result[rows] = channels * program.operand(name, "count", rows) * COLUMN_BYTES
    return result
