"""The Verilog parameters of a configuration, what the Verilog cannot do, and which programs it refuses."""

from pathlib import Path

import numpy as np

from mapping.errors import InputError
from simulator.families.sat.area import shape
from simulator.families.sat.area_points import CHECKS, FP16, POINTS
from simulator.families.sat.check import check
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import SAT_ISA
from simulator.memory.config import IdealMemory
from simulator.program import Program, ProgramError
from simulator.verilog import AreaModel, Unit, Verilog

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


def units(config: SatConfig) -> tuple[Unit, ...]:
    """The core, and beside it SORE and WUVE, which no core instantiates yet: their lanes are the configuration's.

    Raises:
        InputError: The Verilog has no such machine.
    """
    values = parameters(config)
    half = config.datapath == "fp16"
    sore = {"Lanes": config.sore_lanes, "Width": 16 if half else 8, "Float": int(half)}
    sore |= {"MaxN": config.max_group, "MaxM": config.max_group}
    wuve = {"Lanes": config.wuve_lanes, "MulLatency": config.mul_latency, "AddLatency": config.add_latency}
    return (
        Unit(name="core", module="zs_sat_core", parameters=values),
        Unit(name="SORE", module="zs_sore", parameters=sore, training=True),
        Unit(name="WUVE", module="zs_wuve", parameters=wuve, training=True),
    )


def elements(config: SatConfig) -> tuple[Unit, ...]:
    """Processing elements that can do no more than one pattern each, with the latencies of a configuration."""
    latencies = {"MulLatency": config.mul_latency}
    if config.datapath == "fp16":
        latencies |= {"AddLatency": config.add_latency, "Interleave": config.interleave}
    return tuple(
        Unit(
            name="dense" if m == 1 else f"{n}:{m}",
            module=f"zs_pe_{config.datapath}",
            parameters={**latencies, "MaxN": n, "MaxM": m},
        )
        for n, m in ((1, 1), (1, 4), (2, 4), (2, 8))
    )


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


VERILOG = Verilog(
    default="sat-8x8",
    units=units,
    elements=elements,
    element_settings=((), FP16),
    blocks={
        "zs_pe_int8": "PE",
        "zs_pe_fp16": "PE",
        "zs_array": "array",
        "zs_gemm_unit": "GEMM unit",
        "zs_act_fetch": "activation fetch",
        "zs_weight_fetch": "weight fetch",
        "zs_accumulator": "accumulator",
        "zs_narrow_store": "rounding store",
        "zs_sat_scratchpad": "scratchpad",
        "zs_dma": "DMA",
        "zs_control": "dispatch",
        "zs_sore_lane": "SORE lane",
        "zs_accumulator/zs_fp32_add": "fp32 adder",
        "zs_wuve/zs_fp32_add": "fp32 adder",
        "zs_wuve/zs_fp32_mul": "fp32 multiplier",
    },
    folders=("common", "sat"),
    model=AreaModel(shape=shape, points=POINTS, checks=CHECKS, file=Path(__file__).with_name("area.json")),
)
