"""Which benches there are, what each proves, and the parameter sets on which they run and lint is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rtl.bench.build import TIME_LIMIT_S, Design, run
from rtl.bench.sat.floats import check_units, refuse_other_simulators
from rtl.bench.sat.folds import ARRAYS
from rtl.bench.toolchain import find_toolchain


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRun:
    """How a bench is run.

    Attributes:
        simulator: "verilator" or "icarus".
        seed: Of everything random.
        cases: How much the bench does, in its own unit; 0 is as much as it does in the default test run.
        folder: Where log, results and waveform are put; by default beside the simulator.
        waves: Whether a waveform is written.
        replaced: Planted faults, see ``Design``.
        limit_s: Seconds after which the simulator is killed.
    """

    simulator: str = "verilator"
    seed: int = 1
    cases: int = 0
    folder: Path | None = None
    waves: bool = False
    replaced: Mapping[Path, str] = field(default_factory=dict)
    limit_s: int = TIME_LIMIT_S


class ModuleBench(Protocol):
    """A bench of a module, alone or with its parts."""

    @property
    def module(self) -> str:
        """The Verilog module under test."""

    @property
    def proves(self) -> tuple[str, ...]:
        """Modules inside it that have no bench of their own."""

    @property
    def cases(self) -> int:
        """How much the bench does by itself."""

    @property
    def unit(self) -> str:
        """Of ``cases``."""

    @property
    def sets(self) -> tuple[str, ...]:
        """Names of the parameter sets of the default test run."""

    def check_tools(self, simulator: str) -> None:
        """Raise ``InputError`` where the bench cannot run."""

    def run(self, name: str, how: BenchRun) -> int:
        """Run it with one parameter set; returns how many tests ran, raises ``BenchError`` if one failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A bench in Python, run by cocotb.

    Attributes:
        module: The Verilog module under test.
        toplevel: What is simulated: the module, or a frame around it.
        bench: Python module with the cocotb tests.
        parameters: By name, sets of Verilog parameters to run it with.
        cases: How much it does by itself, in ``unit``.
        unit: What it counts.
        proves: Modules inside it that have no bench of their own.
        environment: Parameters that the bench wants to know before it sees the module.
        told: By name of a set, what else the bench wants to know.
        slow: Parameter sets that the default test run leaves out.
    """

    module: str
    toplevel: str
    bench: str
    parameters: Mapping[str, Mapping[str, int]]
    cases: int
    unit: str
    proves: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    told: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    slow: tuple[str, ...] = ()

    @property
    def sets(self) -> tuple[str, ...]:
        """Names of the parameter sets of the default test run."""
        return tuple(name for name in self.parameters if name not in self.slow)

    def check_tools(self, simulator: str) -> None:
        """Raise ``InputError`` if the tool chain is not complete."""
        find_toolchain(simulator)

    def design(self, name: str, replaced: Mapping[Path, str] | None = None) -> Design:
        """What is simulated with one set of parameters."""
        return Design(toplevel=self.toplevel, parameters=self.parameters[name], replaced=replaced or {})

    def run(self, name: str, how: BenchRun) -> int:
        """Run it with one parameter set; see ``build.run``."""
        cases = how.cases or self.cases
        environment = {"CASES": str(cases), "SCALE": str(max(1.0, cases / self.cases))}
        environment |= {key.upper(): str(self.parameters[name][key]) for key in self.environment}
        environment |= self.told.get(name, {})
        return run(
            self.design(name, how.replaced),
            self.bench,
            simulator=how.simulator,
            seed=how.seed,
            environment=environment,
            folder=how.folder,
            waves=how.waves,
            limit_s=how.limit_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatBench:
    """The floating-point units, driven by a program in C++."""

    module: str
    proves: tuple[str, ...]
    cases: int = 100_000
    unit: str = "vectors"
    sets: tuple[str, ...] = ("all",)

    def check_tools(self, simulator: str) -> None:
        """Raise ``InputError`` for any simulator but Verilator."""
        refuse_other_simulators(simulator)

    def run(self, name: str, how: BenchRun) -> int:
        """Compare all units at once; returns 1."""
        del name
        check_units(how.cases or self.cases, how.seed, how.replaced)
        return 1


COMMON = (
    Bench(
        module="zs_spill_register",
        toplevel="zs_spill_register",
        bench="rtl.bench.spill_register",
        cases=400,
        unit="beats",
        parameters={"byte": {"Width": 8}},
    ),
    Bench(
        module="zs_fifo",
        toplevel="zs_fifo",
        bench="rtl.bench.fifo",
        cases=400,
        unit="beats",
        parameters={
            "one": {"Width": 8, "Depth": 1},
            "three": {"Width": 1, "Depth": 3},
            "four": {"Width": 70, "Depth": 4},
        },
        environment=("Depth",),
    ),
    Bench(
        module="zs_token_counter",
        toplevel="zs_token_counter",
        bench="rtl.bench.token_counter",
        cases=400,
        unit="cycles",
        parameters={"three": {"Width": 2}, "fifteen": {"Width": 4}},
    ),
    Bench(
        module="zs_arbiter",
        toplevel="zs_arbiter",
        bench="rtl.bench.arbiter",
        cases=800,
        unit="cycles",
        parameters={"three": {"NumQueues": 3}},
    ),
    Bench(
        module="zs_dispatch",
        toplevel="zs_dispatch_bench",
        bench="rtl.bench.dispatch",
        cases=250,
        unit="instructions",
        parameters={"middle": {}},
    ),
    Bench(
        module="zs_control",
        toplevel="zs_queue_machine",
        bench="rtl.bench.queue_machine",
        cases=300,
        unit="jobs",
        proves=("zs_queue_machine", "zs_service_timer"),
        parameters={
            "six": {"NumQueues": 6, "NumResources": 2},
            "largest": {"NumQueues": 16, "NumResources": 3},
        },
        slow=("largest",),
    ),
    Bench(
        module="zs_scratchpad",
        toplevel="zs_scratchpad",
        bench="rtl.bench.scratchpad",
        cases=1500,
        unit="cycles",
        parameters={
            "bytes": {"Bytes": 24, "Lanes": 1, "ReadPorts": 1, "WritePorts": 1},
            "ports": {"Bytes": 64, "Lanes": 4, "ReadPorts": 2, "WritePorts": 3},
            "rows": {"Bytes": 48, "Lanes": 4, "ReadPorts": 1, "WritePorts": 1},  # 12 of them
        },
    ),
    Bench(
        module="zs_dma",
        toplevel="zs_dma_bench",
        bench="rtl.bench.dma",
        cases=60,
        unit="transfers",
        parameters={
            "bytes": {"Lanes": 1, "DramBytes": 4096, "PadBytes": 1024},
            "wide": {"Lanes": 8, "DramBytes": 4096, "PadBytes": 1024},
        },
    ),
)

_ARRAY_PARTS = ("array_out", "delay", "fold_sequencer", "pe_fp16", "pe_int8", "pe_operand")
SAT: tuple[Bench | FloatBench, ...] = (
    FloatBench(module="zs_fp32_add", proves=("zs_fp16_mul", "zs_fp32_mul", "zs_fp32_to_fp16")),
    Bench(
        module="zs_array",
        toplevel="zs_array",
        bench="rtl.bench.sat.array",
        cases=12,
        unit="rounds of all patterns",
        proves=tuple(f"zs_{part}" for part in _ARRAY_PARTS),
        parameters={name: array.parameters() for name, array in ARRAYS.items()},
    ),
    Bench(
        module="zs_sore",
        toplevel="zs_sore",
        bench="rtl.bench.sat.sore",
        cases=6,
        unit="groups of each kind",
        proves=("zs_sore_lane",),
        parameters={
            "fp16": {"Lanes": 3, "Width": 16, "Float": 1, "MaxN": 4, "MaxM": 16},
            "int8": {"Lanes": 1, "Width": 8, "Float": 0, "MaxN": 3, "MaxM": 7},
            "fp32": {"Lanes": 2, "Width": 32, "Float": 1, "MaxN": 2, "MaxM": 8},
        },
    ),
    Bench(
        module="zs_wuve",
        toplevel="zs_wuve",
        bench="rtl.bench.sat.wuve",
        cases=250,
        unit="beats",
        parameters={
            "pipelined": {"Lanes": 2, "MulLatency": 1, "AddLatency": 3},
            "unit": {"Lanes": 1, "MulLatency": 0, "AddLatency": 1},
        },
    ),
)


DSP_CHAIN = (
    Bench(
        module="zs_dsp_slice",
        toplevel="zs_dsp_cells_bench",
        bench="rtl.bench.dsp_chain.cells",
        cases=5600,
        unit="cycles",
        proves=("zs_sparse_mux", "zs_reduction_node", "zs_overflow_adjust", "zs_column_accumulator"),
        parameters={"cells": {"ReductionStages": 2, "OverflowStages": 2}},
    ),
    Bench(
        module="zs_dsp_chain",
        toplevel="zs_dsp_chain",
        bench="rtl.bench.dsp_chain.chain",
        cases=480,
        unit="beats",
        proves=("zs_delay",),
        parameters={
            "sixteen": {"Length": 16, "TagWidth": 9},
            "deep": {"Length": 16, "MuxStages": 2, "ReductionStages": 3, "OverflowStages": 2, "TagWidth": 9},
            "two": {"Length": 2, "TagWidth": 9},
            "four": {"Length": 4, "TagWidth": 9},
            "eight": {"Length": 8, "MuxStages": 2, "TagWidth": 9},
        },
        environment=("Length",),
        slow=("deep", "two", "four", "eight"),
    ),
    Bench(
        module="zs_vector_unit",
        toplevel="zs_vector_unit",
        bench="rtl.bench.dsp_chain.vector_unit",
        cases=30,
        unit="times 16 columns",
        proves=("zs_block_sequencer",),
        parameters={
            "two": {"Length": 2},
            "four": {"Length": 4, "MuxStages": 2},
            "eight": {"Length": 8, "ReductionStages": 2},
            "sixteen": {"Length": 16, "MuxStages": 2, "ReductionStages": 2, "OverflowStages": 2},
            "plain": {"Length": 16},
        },
        environment=("Length",),
        slow=("plain",),
    ),
)

_SPU_MEMORIES = {"WordWidth": 32, "PairDepth": 512, "ActDepth": 512, "SumDepth": 64}

S4 = (
    Bench(
        module="zs_spu",
        toplevel="zs_spu_ring_bench",
        bench="rtl.bench.s4.spu",
        cases=24,
        unit="programs",
        proves=("zs_spu_sequencer", "zs_pair_decoder", "zs_gather", "zs_mac_row", "zs_sram"),
        parameters={
            "ring of three": {"Ring": 3, "Rows": 2, "Cols": 3, "Bank": 8, **_SPU_MEMORIES},
            "alone": {"Ring": 1, "Rows": 3, "Cols": 2, "Bank": 4, **_SPU_MEMORIES},
            "wide": {"Ring": 4, "Rows": 4, "Cols": 4, "Bank": 32, **_SPU_MEMORIES},
            "pair": {"Ring": 2, "Rows": 1, "Cols": 1, "Bank": 16, **_SPU_MEMORIES},
        },
        environment=("Ring", "Rows", "Cols", "Bank", *_SPU_MEMORIES),
        slow=("wide", "pair"),
    ),
)

DRAM_PIM = (
    Bench(
        module="zs_bank_mac",
        toplevel="zs_bank_mac",
        bench="rtl.bench.bank_mac",
        cases=3000,
        unit="cycles",
        proves=("zs_fp32_to_bf16",),
        parameters={"four": {"Registers": 4}},
        environment=("Registers",),
    ),
    Bench(
        module="zs_dram_sequencer",
        toplevel="zs_dram_sequencer",
        bench="rtl.bench.dram_sequencer",
        cases=300,
        unit="operations",
        parameters={
            "aim": {"Commands": 12, "RowWidth": 4},
            "pim-gpt": {"Commands": 12, "RowWidth": 4, "HasMode": 0},
        },
        told={"aim": {"TABLE": "aim"}, "pim-gpt": {"TABLE": "pim-gpt"}},
    ),
)

_OF_FAMILY: Mapping[str, tuple[Bench | FloatBench, ...]] = {
    "sat": SAT,
    "dsp_chain": DSP_CHAIN,
    "s4": S4,
    "dram_pim": DRAM_PIM,
}


def own_benches(family: str) -> tuple[Bench | FloatBench, ...]:
    """The benches of the modules that only this family has."""
    return _OF_FAMILY.get(family, ())


def benches_of(family: str) -> tuple[Bench | FloatBench, ...]:
    """The benches of the modules from which a family's hardware is made."""
    return (*COMMON, *own_benches(family))
