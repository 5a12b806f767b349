"""The floating-point units side by side against NumPy, driven by a program in C++: millions of vectors in a minute."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mapping.errors import InputError
from rtl.bench.build import BUILD_FLAGS, RTL, BenchError, Design, build_failed, cached, copy_sources
from rtl.bench.sat import float_vectors
from rtl.bench.toolchain import find_toolchain

TOPLEVEL = "zs_fp_bench"
HARNESS = RTL / "bench" / "sat" / "fp_harness.cpp"
FLAGS = (*BUILD_FLAGS["verilator"], "-CFLAGS", "-O2", "--quiet")


def check_units(total: int, seed: int, replaced: Mapping[Path, str] | None = None) -> int:
    """Compare every result of ``zs_fp_bench`` with NumPy's, bit for bit.

    Args:
        total: Vectors, directed ones first.
        seed: Of the random ones.
        replaced: Planted faults, see ``Design``.

    Returns:
        How many vectors were compared.

    Raises:
        InputError: The tool chain is not complete.
        BenchError: A difference; the message shows the first ones.
    """
    program = _built(Design(toplevel=TOPLEVEL, replaced=replaced or {}))
    compared = 0
    for batch in float_vectors.batches(total, seed):
        done = subprocess.run([str(program)], input=batch.tobytes(), capture_output=True, check=False)
        report = done.stdout.decode()
        if done.returncode or f"vectors {len(batch)} differences 0\n" not in report:
            raise BenchError(f"{TOPLEVEL}, seed {seed}:\n{report}{done.stderr.decode()}")
        compared += len(batch)
    return compared


def refuse_other_simulators(simulator: str) -> None:
    """The harness is a program of Verilator.

    Raises:
        InputError: ``simulator`` is another one.
    """
    find_toolchain(simulator)
    if simulator != "verilator":
        raise InputError(f"simulator={simulator!r}: the bench of the floating-point units runs in verilator only")


def _built(design: Design) -> Path:
    toolchain = find_toolchain("verilator")
    harness = hashlib.sha256(HARNESS.read_bytes()).hexdigest()[:8]

    def make(folder: Path) -> None:
        command = ["verilator", "--cc", "--exe", "--build", *FLAGS, "--Mdir", str(folder), "-o", TOPLEVEL]
        command += ["--top-module", TOPLEVEL, *map(str, copy_sources(design, folder)), str(HARNESS)]
        log = folder / "build.log"
        with toolchain.activated(), log.open("w") as output:
            code = subprocess.run(
                command, stdout=output, stderr=subprocess.STDOUT, env=dict(os.environ), check=False
            ).returncode
        if code:
            raise build_failed(design, f"exit code {code}", log)

    return cached(f"verilator/{TOPLEVEL}-harness-{design.digest(toolchain)}-{harness}", make) / TOPLEVEL
