"""The cores that exist in Verilog, by accelerator family, and how a lockstep run of one is started."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mapping.errors import InputError
from rtl.bench.build import Design, run
from rtl.bench.sat import saved as sat_saved
from simulator.config import FamilyConfig
from simulator.families import family
from simulator.families.sat import verilog as sat_verilog

RANDOM_PROGRAMS, SAVED_PROGRAM = "test_random_programs", "test_saved_program"


@dataclass(frozen=True, kw_only=True)
class Core:
    """A core of a family.

    Attributes:
        toplevel: The core in its frame: ``zs_program_host`` and ``zs_dram_model``.
        bench: Python module with the cocotb tests, among them ``RANDOM_PROGRAMS`` and ``SAVED_PROGRAM``.
        frame: Verilog parameters of the frame that a program from a file needs; raises ``InputError`` for one that
            cannot run.
        parameters: Verilog parameters of a configuration; raises ``InputError`` for one that cannot be built.
        configs: Names of the configurations that the default test run proves.
        proves: Modules that have no bench of their own: the programs prove them.
    """

    toplevel: str
    bench: str
    parameters: Callable[[Any], dict[str, int]]
    frame: Callable[[Path, Any], dict[str, int]]
    configs: tuple[str, ...]
    proves: tuple[str, ...]


_SAT_PARTS = ("accumulator", "act_fetch", "gemm_unit", "narrow_store", "sat_core", "sat_scratchpad", "weight_fetch")
CORES = {
    "sat": Core(
        toplevel="zs_sat_core_bench",
        bench="rtl.bench.sat.core",
        parameters=sat_verilog.parameters,
        frame=sat_saved.frame_parameters,
        configs=("sat-tiny", "sat-small", "sat-ragged", "sat-8x8", "sat-fp16"),
        proves=tuple(f"zs_{part}" for part in _SAT_PARTS),
    ),
}


def has_core(name: str) -> bool:
    """Whether the Verilog of a family runs programs; if not, it has modules with benches at most.

    Raises:
        InputError: There is no such family.
    """
    family(name)
    return name in CORES


def find_core(name: str) -> Core:
    """The core of a family.

    Raises:
        InputError: There is no such family, or it has no Verilog.
    """
    family(name)
    if name not in CORES:
        raise InputError(f"family {name!r} has no Verilog; these have: {', '.join(CORES)}")
    return CORES[name]


@dataclass(frozen=True, kw_only=True)
class LockstepRun:
    """One simulation: random programs on one machine, or one from a file.

    Attributes:
        family: Its name.
        config: Name or TOML file of the machine.
        seed: Of everything random.
        first: Number of the first program.
        cases: How many programs.
        program: A file, instead of random programs.
        simulator: "verilator" or "icarus".
        waves: Whether a waveform is written.
        folder: Where log, results and waveform are put.
        replaced: Planted faults, see ``Design``.
    """

    family: str
    config: str
    seed: int
    first: int = 0
    cases: int
    program: Path | None = None
    simulator: str = "verilator"
    waves: bool = False
    folder: Path | None = None
    replaced: Mapping[Path, str] = field(default_factory=dict)

    def load_config(self) -> FamilyConfig:
        """The machine."""
        config: FamilyConfig = family(self.family).load_config(self.config)
        return config

    def design(self) -> Design:
        """What is simulated.

        Raises:
            InputError: The Verilog has no such machine; the message names the fields.
        """
        core, config = find_core(self.family), self.load_config()
        try:
            parameters = core.parameters(config)
            if self.program is not None:
                parameters |= core.frame(self.program, config)
        except InputError as error:
            raise InputError(f"configuration {self.config}: {error}") from error
        return Design(toplevel=core.toplevel, parameters=parameters, replaced=self.replaced)

    def run(self, tests: tuple[str, ...] = (), **environment: str) -> int:
        """Build and run; returns how many tests ran.

        Args:
            tests: Which tests of the bench; none means all.
            environment: For the bench.

        Raises:
            InputError: The tool chain is not complete, or the machine cannot be built.
            BenchError: A test failed.
        """
        settings = {"CONFIG": self.config, "FIRST": str(self.first), "CASES": str(self.cases)}
        if self.program is not None:
            settings["PROGRAM"] = str(self.program)
        return run(
            self.design(),
            find_core(self.family).bench,
            simulator=self.simulator,
            seed=self.seed,
            tests=tests,
            environment=settings | environment,
            folder=self.folder,
            waves=self.waves,
        )
