"""Builds a simulator of a Verilog module, once for each content, and runs a bench on it."""

import fcntl
import hashlib
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from mapping.cache import cache_folder
from rtl.bench.toolchain import Toolchain, find_toolchain

RTL = Path(__file__).resolve().parents[1]
FOLDERS = tuple(sorted({path.parent for path in RTL.rglob("*.sv")}))
LOG_LINES = 40
TIME_LIMIT_S = 900  # of one run of a simulator, if it does not end by itself
BUILD_FLAGS = {
    # The model is run for seconds at most, so compiling it fast beats running it fast.
    "verilator": ("-O3", "--x-assign", "unique", "--x-initial", "unique", "--assert", "-Wno-fatal"),
    "icarus": (),
}
INTERMEDIATES = ("*.gch", "*.o", "*.a")
FST_HEADERS = "#include <lz4.h>\n#include <zlib.h>\n"


class BenchError(AssertionError):
    """A bench found a fault, or a simulator could not be built. The message ends with the log."""


@dataclass(frozen=True, kw_only=True)
class Design:
    """A module to simulate.

    Attributes:
        toplevel: Name of the module.
        parameters: Verilog parameters; the others keep their defaults.
        folders: Where modules are looked for, by their file name.
        defines: Verilog macros.
        replaced: Text that is used in place of a source file, by its path: a planted fault.
        whole: Whether a bench can see signals inside the module, not only its ports and parameters. Verilator then
            takes several times as long.
    """

    toplevel: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    folders: Sequence[Path] = FOLDERS
    defines: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[Path, str] = field(default_factory=dict)
    whole: bool = False

    def sources(self) -> list[Path]:
        """Files of the module and of all that it instantiates, those below before those above."""
        known = {path.stem: path for folder in self.folders for path in sorted(folder.glob("*.sv"))}
        done: dict[str, Path] = {}

        def visit(name: str) -> None:
            used = sorted(set(re.findall(r"\b\w+\b", code_of(self.text(known[name])))) & known.keys() - {name})
            for other in used:
                if other not in done:
                    visit(other)
            done[name] = known[name]

        visit(self.toplevel)
        return list(done.values())

    def text(self, path: Path) -> str:
        """What stands in a source file, or in its place."""
        return self.replaced.get(path) or path.read_text("utf-8")

    def digest(self, toolchain: Toolchain) -> str:
        """Of everything that decides what a build contains."""
        parts = [self.toplevel, toolchain.simulator, *toolchain.versions, *BUILD_FLAGS[toolchain.simulator]]
        parts += [str(self.whole), *(f"{name}={value}" for name, value in toolchain.variables)]
        parts += [f"{name}={value}" for name, value in sorted({**self.parameters, **self.defines}.items())]
        for path in self.sources():
            parts += [path.name, self.text(path)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def code_of(text: str) -> str:
    """Verilog without its comments."""
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def build(design: Design, simulator: str = "verilator", *, waves: bool = False) -> Path:
    """Build a simulator, or find the one built before.

    Args:
        design: What to simulate.
        simulator: "verilator" or "icarus".
        waves: Whether it can write a waveform.

    Returns:
        The folder with the simulator.

    Raises:
        InputError: The tool chain is not complete.
        BenchError: The sources do not compile.
    """
    toolchain = find_toolchain(simulator)
    name = f"{design.toplevel}-{design.digest(toolchain)}" + ("-waves" if waves else "")
    return cached(f"{simulator}/{name}", lambda folder: _compile(design, toolchain, folder, waves))


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """A folder in the cache, filled by ``make`` unless it was before; two processes do not fill it at once."""
    folder = cache_folder() / "rtl" / name
    with _locked(folder.with_suffix(".lock")):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            _drop_intermediates(folder)
            (folder / "complete").touch()
    return folder


def _drop_intermediates(folder: Path) -> None:
    """Delete what only the compiler needed: most of the hundreds of megabytes of a large design."""
    for pattern in INTERMEDIATES:
        for path in folder.glob(pattern):
            path.unlink()


def copy_sources(design: Design, folder: Path) -> list[Path]:
    """The sources of a design as files of their own, so that a planted fault builds like everything else."""
    (folder / "sources").mkdir()
    copies = []
    for path in design.sources():
        copy = folder / "sources" / path.name
        copy.write_text(design.text(path), "utf-8")
        copies.append(copy)
    return copies


def _compile(design: Design, toolchain: Toolchain, folder: Path, waves: bool) -> None:
    sources = copy_sources(design, folder)
    log = folder / "build.log"
    with toolchain.activated():
        try:
            _runner(design, toolchain).build(
                sources=sources,
                hdl_toplevel=design.toplevel,
                parameters=design.parameters,
                defines=design.defines,
                build_args=(*BUILD_FLAGS[toolchain.simulator], *(_wave_flags(toolchain) if waves else ())),
                build_dir=folder,
                timescale=("1ns", "1ns"),
                waves=waves,
                log_file=log,
                always=True,
            )
        except (RuntimeError, SystemExit) as error:
            raise build_failed(design, str(error), log) from error


def build_failed(design: Design, reason: str, log: Path) -> BenchError:
    """What is raised when sources do not compile."""
    return BenchError(f"{design.toplevel} {dict(design.parameters)}: build failed ({reason})\n{tail(log)}")


@cache
def _wave_flags(toolchain: Toolchain) -> tuple[str, ...]:
    """FST where Verilator can be built with it, else VCD; Icarus always writes FST."""
    if toolchain.simulator != "verilator":
        return ()
    command = ["c++", "-x", "c++", "-fsyntax-only", "-"]
    try:
        done = subprocess.run(command, input=FST_HEADERS, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ()
    return () if done.returncode else ("--trace-fst",)


def _runner(design: Design, toolchain: Toolchain) -> Any:  # noqa: ANN401  # of an optional dependency
    """The runner of cocotb."""
    from cocotb_tools import runner  # noqa: PLC0415  # an optional dependency

    if toolchain.simulator != "verilator" or design.whole:
        return _quiet(runner.get_runner(toolchain.simulator))

    class PortsOnly(runner.Verilator):
        """Makes the ports and parameters of the module visible, and nothing inside it."""

        def _build_command(self) -> list[list[str]]:
            commands = super()._build_command()
            at = commands[0].index("--public-flat-rw")
            commands[0][at : at + 1] = ["--public-depth", "1", "--public-params"]
            return commands

    return _quiet(PortsOnly())


def _quiet(runner: Any) -> Any:  # noqa: ANN401  # of an optional dependency
    """What goes wrong is told once, by ``BenchError``."""
    runner.log.setLevel(logging.CRITICAL)
    return runner


def run(
    design: Design,
    bench: str,
    *,
    simulator: str = "verilator",
    seed: int = 1,
    tests: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    waves: bool = False,
    limit_s: int = TIME_LIMIT_S,
) -> int:
    """Build a simulator and run a bench on it.

    Args:
        design: What to simulate.
        bench: The Python module with the cocotb tests.
        simulator: "verilator" or "icarus".
        seed: Of everything random in the bench.
        tests: Names of the tests to run; none means all.
        environment: For the bench.
        folder: Where log, results and waveform are put; by default beside the simulator.
        waves: Whether to write a waveform.
        limit_s: Seconds of wall-clock time after which the simulator is killed.

    Returns:
        How many tests ran; at least one.

    Raises:
        InputError: The tool chain is not complete.
        BenchError: A test failed, or none ran.
    """
    built = build(design, simulator, waves=waves)
    folder = folder or built / f"run-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"SEED": str(seed), **(environment or {})}
    log, results = folder / f"{bench.rpartition('.')[2]}.log", folder / "results.xml"
    toolchain = find_toolchain(simulator)
    with toolchain.activated():
        if shutil.which("timeout"):
            os.environ["SIM_CMD_PREFIX"] = f"timeout {limit_s}"
        try:
            runner = _runner(design, toolchain)
            # What runner.build() would have set; the build may be an old one.
            runner.hdl_toplevel_lang, runner._sources = "verilog", []
            runner.test(
                test_module=bench,
                hdl_toplevel=design.toplevel,
                hdl_toplevel_lang="verilog",
                testcase=list(tests) or None,
                seed=seed,
                extra_env={"ZEROSKIP_BENCH_" + name: value for name, value in settings.items()},
                build_dir=built,
                test_dir=folder,
                results_xml=str(results),
                log_file=log,
                waves=waves,
            )
        except (RuntimeError, SystemExit):
            pass  # what failed stands in the results
    return _judge(design, bench, seed, results, log)


def _judge(design: Design, bench: str, seed: int, results: Path, log: Path) -> int:
    head = f"{bench} on {design.toplevel} {dict(design.parameters)}, seed {seed}"
    if not results.exists():
        raise BenchError(f"{head}: the simulator ended without results\n{tail(log)}")
    cases = list(ElementTree.parse(results).getroot().iter("testcase"))
    failed = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    if failed:
        raise BenchError(f"{head}: failed: {', '.join(map(str, failed))}\n{tail(log)}")
    if not cases:
        raise BenchError(f"{head}: no test ran\n{tail(log)}")
    return len(cases)


def tail(log: Path) -> str:
    """The last lines of a log."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-LOG_LINES:])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one process at a time builds one simulator."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
