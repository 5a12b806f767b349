"""The Verilog parameters of a configuration, what the Verilog cannot do, and which programs it refuses."""

import numpy as np

from mapping.errors import InputError
from simulator.families.sat.check import check
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import SAT_ISA
from simulator.memory.config import IdealMemory
from simulator.program import Program, ProgramError

MAX_LANES = 64  # bytes per cycle of the DMA
MAX_BURST_LATENCY = 2**16 - 1
MAX_WEIGHT_KIB = 8192
MAX_OUTPUT_KIB = 1024


def parameters(config: SatConfig) -> dict[str, int]:
    """The parameters of ``zs_sat_core`` by name.

    ``MaxN``, the weights that an element holds, has no field of its own: any N up to ``max_group`` must run.

    Raises:
        InputError: The Verilog has no such machine; every field that is in the way is named.
    """
    faults = _unsupported(config)
    if faults:
        raise InputError("the Verilog does not support " + "; ".join(faults))
    assert isinstance(config.memory, IdealMemory)
    return {
        "Rows": config.rows,
        "Cols": config.cols,
        "Fp16": int(config.datapath == "fp16"),
        "MaxN": config.max_group,
        "MaxM": config.max_group,
        "AddLatency": config.add_latency,
        "MulLatency": config.mul_latency,
        "Interleave": config.interleave,
        "DrainSerial": int(config.output_drain == "serial"),
        "ActBytes": config.activation_scratchpad_kib * 1024,
        "WeightBytes": config.weight_scratchpad_kib * 1024,
        "OutBytes": config.output_scratchpad_kib * 1024,
        "DmaLanes": config.memory.bytes_per_cycle,
    }


def _unsupported(config: SatConfig) -> list[str]:
    """Fields that the Verilog cannot do, each with what it can."""
    wanted: dict[str, object] = {
        "weight_registers": "single",
        "fold_overlap": "none",
        "sparse_rows": "group",
        "dispatch_latency": 1,
        "token_latency": 1,
    }
    if config.datapath == "int8":
        wanted |= {"add_latency": 1, "interleave": 1}
    elif config.output_drain == "hidden":
        wanted |= {"interleave": 1}
    faults = [
        f"{name}={getattr(config, name)!r}: it has {value!r}"
        for name, value in wanted.items()
        if getattr(config, name) != value
    ]
    if config.interleave > config.add_latency:
        faults.append(f"interleave={config.interleave}: outside [1, add_latency={config.add_latency}]")
    for name, most in (("weight_scratchpad_kib", MAX_WEIGHT_KIB), ("output_scratchpad_kib", MAX_OUTPUT_KIB)):
        if getattr(config, name) > most:
            faults.append(f"{name}={getattr(config, name)}: outside [1, {most}]")
    memory = config.memory
    if not isinstance(memory, IdealMemory):
        faults.append(f"memory.kind={memory.kind!r}: it has 'ideal'")
    else:
        if not 1 <= memory.bytes_per_cycle <= MAX_LANES:
            faults.append(f"memory.bytes_per_cycle={memory.bytes_per_cycle}: outside [1, {MAX_LANES}]")
        if memory.latency_cycles > MAX_BURST_LATENCY:
            faults.append(f"memory.latency_cycles={memory.latency_cycles}: outside [0, {MAX_BURST_LATENCY}]")
    return faults


def check_program(program: Program, config: SatConfig) -> None:
    """Refuse a program that was made for another configuration.

    Raises:
        InputError: It cannot run on this machine; the message names an instruction and a field, and the mend.
    """
    mend = "the program was made for another configuration: simulate the layer again with this one"
    if program.isa.name != SAT_ISA.name:
        raise InputError(f"a program of {program.isa.name!r} instructions: the Verilog runs those of {SAT_ISA.name!r}")
    folds, stores = program.of("GEMM"), program.of("STORE")
    fold = {field.name: program.operand("GEMM", field.name, folds) for field in SAT_ISA["GEMM"].fields}
    outputs, narrow = fold["output_stationary"] == 1, program.operand("STORE", "narrow", stores)
    limits = (
        ("m", folds, fold["m"], config.max_group + 0 * folds),
        ("output_count", folds, fold["output_count"], config.cols + 0 * folds),
        ("slot_count", folds, np.where(outputs, 1, fold["slot_count"]), config.rows * fold["n"]),
        (
            "position_count",
            folds,
            np.where(outputs, fold["position_count"], 1),
            config.rows * config.interleave + 0 * folds,
        ),
        ("narrow", stores, narrow, int(config.datapath == "fp16") + 0 * stores),
    )
    for name, rows, values, most in limits:
        wrong = np.flatnonzero(values > most)
        if len(wrong):
            first = int(wrong[0])
            raise InputError(f"instruction {rows[first]}: {name}={values[first]} outside [0, {most[first]}]; {mend}")
    try:
        check(program, config)
    except ProgramError as error:
        raise InputError(f"{error}; {mend}") from error
