"""What ``zeroskip verify`` was asked for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of ``zeroskip verify``, as typed.

    Attributes:
        configs: Names or TOML files; none means those of the default test run.
        program: A file from the `programs` folder of `zeroskip simulate --out`, run instead of random programs.
        module: A Verilog module whose bench is run instead.
        cases: Programs per configuration, or what the bench of a module counts; by default as in the test run.
        first: Number of the first program; a program depends on the seed and its number only.
        workers: Simulations that run at once; by default one per processor.
        replaced: Planted faults: text that is used in place of a Verilog file.
    """

    family: str
    configs: tuple[str, ...] = ()
    program: Path | None = None
    module: str | None = None
    cases: int | None = None
    first: int = 0
    seed: int = 1
    simulator: str = "verilator"
    workers: int | None = None
    waves: bool = False
    junit: Path | None = None
    replaced: Mapping[Path, str] = field(default_factory=dict)

    @property
    def processes(self) -> int:
        """Simulations that run at once."""
        return self.workers or os.cpu_count() or 1
