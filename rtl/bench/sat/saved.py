"""A program from a file, on a DRAM that holds random operands."""

from pathlib import Path

import numpy as np

from mapping.arrays import ByteArray
from mapping.errors import InputError
from rtl.bench.programs import Case
from rtl.bench.sat.values import halves
from simulator.families.sat import FAMILY
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import SAT_ISA, WEIGHTS
from simulator.families.sat.timing import dram_requests
from simulator.families.sat.verilog import check_program
from simulator.memory.config import IdealMemory
from simulator.program import Program

MOST_DRAM_BYTES, MOST_INSTRUCTIONS = 2**24, 2**16  # that the frame of the core is built for
SMALLEST_DRAM, SMALLEST_DEPTH = 65536, 1024  # as in zs_sat_core_bench


def load_program(path: Path, config: SatConfig) -> Program:
    """A program that runs on a machine.

    Raises:
        InputError: No such file, not a program, too large, or made for another configuration.
    """
    program = Program.load(path, {SAT_ISA.name: SAT_ISA})
    try:
        check_program(program, config)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    longest, size = _longest_queue(program), _dram_bytes(program)
    if longest >= MOST_INSTRUCTIONS or size > MOST_DRAM_BYTES:
        raise InputError(
            f"{path}: {longest:,} instructions in a queue and {size:,} bytes of DRAM; "
            f"the bench has room for {MOST_INSTRUCTIONS - 1:,} and {MOST_DRAM_BYTES:,}"
        )
    return program


def frame_parameters(path: Path, config: SatConfig) -> dict[str, int]:
    """Room for a program in the frame of the core, a power of two, where its own is not enough."""
    program = load_program(path, config)
    room = {"Depth": (_longest_queue(program) + 1, SMALLEST_DEPTH), "DramBytes": (_dram_bytes(program), SMALLEST_DRAM)}
    return {name: 1 << (needed - 1).bit_length() for name, (needed, least) in room.items() if needed > least}


def saved_case(path: Path, config: SatConfig, seed: int) -> Case:
    """The program, its DRAM before and after, and its times."""
    program, rng = load_program(path, config), np.random.default_rng([seed, 0])
    assert isinstance(config.memory, IdealMemory)
    size = _dram_bytes(program)
    if config.datapath == "fp16":
        before = halves((-(-size // 2),), rng, 0).view(np.uint8)[:size].copy()
    else:
        before = rng.integers(0, 256, size).astype(np.uint8)
    _put_indices(before, program, config, rng)
    return Case(
        name=str(path),
        program=program,
        job=FAMILY.job(program, config),
        before=before,
        after=FAMILY.golden.execute(program, before, config, None),
        inputs={"latency_i": config.memory.latency_cycles, "bytes_per_cycle_i": config.memory.bytes_per_cycle},
    )


def _put_indices(memory: ByteArray, program: Program, config: SatConfig, rng: np.random.Generator) -> None:
    """Behind the values of each weight tile: indices that lie inside their group."""
    names = [[field.name for field in opcode.fields] for opcode in program.isa.opcodes]
    loaded: dict[int, int] = {}  # DRAM address of what lies at a byte of the weight scratchpad
    done: set[int] = set()
    for i in range(len(program)):
        opcode = int(program.opcode[i])
        f = dict(zip(names[opcode], program.operands[i].tolist(), strict=False))
        if opcode == program.isa.index("LOAD") and f["buffer"] == WEIGHTS:
            loaded[f["pad_address"]] = f["dram_address"]
        elif opcode == program.isa.index("GEMM") and f["m"] > 1 and loaded[f["weight_address"]] not in done:
            address = loaded[f["weight_address"]]
            done.add(address)
            first_channel = np.tile(np.arange(0, f["channels"], f["m"]), f["kernel_rows"] * f["kernel_cols"])
            inside = np.minimum(f["m"], f["channels"] - first_channel)  # the last group may be short
            indices = rng.integers(0, np.repeat(inside, f["n"] * f["outputs"]))
            count, bits = len(indices), (f["m"] - 1).bit_length()
            packed = np.packbits((indices[:, None] >> np.arange(bits) & 1).astype(bool).ravel(), bitorder="little")
            first = address + count * config.element_bytes
            memory[first : first + len(packed)] = packed


def _longest_queue(program: Program) -> int:
    return int(np.bincount(program.queue).max(initial=0))


def _dram_bytes(program: Program) -> int:
    """One past the last byte that a transfer touches."""
    _, requests = dram_requests(program)
    address, images, rows, cols, run, image_stride, row_stride, col_stride = requests[:, :8].T
    last = address + (images - 1) * image_stride + (rows - 1) * row_stride + (cols - 1) * col_stride + run
    return int(last.max(initial=1))
