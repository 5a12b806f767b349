"""Proofs of common modules with Yosys: its own SAT solver, temporal induction.

Each module includes its properties under the macro FORMAL, from ``rtl/formal``. A proof holds for all inputs and all
times, for the parameters given. Wires called ``f_cover_*`` are situations that must be reachable from reset: were one
out of reach, an assumption would rule out what the proof is about.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from mapping.errors import InputError
from rtl.bench.build import RTL, Design
from rtl.bench.toolchain import EXTRA

LONGEST_INDUCTION = 12  # steps
TIME_LIMIT_S = 600
PREPARATION = (
    "proc",
    "check -assert",
    "flatten",
    "async2sync",
    "chformal -lower",
    "memory_map",
    "dffunmap",
    "opt_clean",
)
DEEPEST_COVER = 24  # cycles from reset


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A module to prove right, and the parameters for which."""

    toplevel: str
    parameters: Mapping[str, int]
    replaced: Mapping[Path, str] = field(default_factory=dict)


PROOFS = (
    Proof(toplevel="zs_spill_register", parameters={"Width": 2}),
    Proof(toplevel="zs_fifo", parameters={"Width": 2, "Depth": 1}),
    Proof(toplevel="zs_fifo", parameters={"Width": 2, "Depth": 3}),
    Proof(toplevel="zs_fifo", parameters={"Width": 2, "Depth": 4}),
    Proof(toplevel="zs_token_counter", parameters={"Width": 3}),
    Proof(toplevel="zs_arbiter", parameters={"NumQueues": 3}),
    Proof(toplevel="zs_arbiter", parameters={"NumQueues": 4}),
    Proof(
        toplevel="zs_dispatch",
        parameters={"NumQueues": 3, "QueueIndex": 1, "NumResources": 2, "WordWidth": 48, "Depth": 2},
    ),
    Proof(toplevel="zs_reduction_node", parameters={"Stages": 1}),
    Proof(toplevel="zs_overflow_adjust", parameters={"Stages": 1}),
    Proof(toplevel="zs_block_sequencer", parameters={"Length": 4}),
    Proof(toplevel="zs_block_sequencer", parameters={"Length": 8}),
)


def prove(proof: Proof) -> list[str]:
    """Prove a module right and all its covers reachable.

    In a process of its own, because Yosys ends the process on an error.

    Returns:
        Names of the covers.

    Raises:
        InputError: Yosys is not installed.
        AssertionError: A property does not hold, or a cover cannot be reached.
    """
    if find_spec("pyosys") is None:
        raise InputError(f"Yosys (pyosys) is not installed: {EXTRA}")
    design = Design(toplevel=proof.toplevel, replaced=proof.replaced)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in design.sources():
            (folder / path.name).write_text(design.text(path), "utf-8")
        log = folder / "yosys.log"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        parameters = [f"{key}={value}" for key, value in proof.parameters.items()]
        done = subprocess.run(
            [sys.executable, "-m", "rtl.bench.proofs", proof.toplevel, str(folder), *parameters],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        verdict = folder / "verdict"
        head = f"{proof.toplevel} {dict(proof.parameters)}"
        if done.returncode:
            raise AssertionError(f"{head}: {done.stderr[-2000:]}\n{_tail(log)}")
        return verdict.read_text("utf-8").split()


def _prove_here(toplevel: str, folder: Path, parameters: list[str]) -> None:
    """What ``prove`` does, in this process; the covers are written to the file ``verdict``."""
    yosys = _Yosys(folder)
    for path in sorted(folder.glob("*.sv")):
        yosys.run(f"read_verilog -sv -formal -DFORMAL -I{RTL / 'formal'} {path}")
    values = " ".join(f"-chparam {item.replace('=', ' ')}" for item in parameters)
    yosys.run(f"hierarchy -check -top {toplevel} {values}")
    for command in PREPARATION:
        yosys.run(command)
    # Those of instances (u_fifo.f_cover_full) belong to the instance's own proof.
    covers = sorted(set(re.findall(r"\bwire (?:width \d+ )?\\(f_cover_\w+)", yosys.run("dump w:f_cover_*"))))
    assert covers, "no cover"
    text = yosys.run(f"sat -set-assumes -tempinduct -maxsteps {LONGEST_INDUCTION} -prove-asserts")
    assert "Import proof for assert" in text, "no property"
    assert "model found" not in text, "a property fails"
    assert "Induction step proven: SUCCESS!" in text, f"not proven within {LONGEST_INDUCTION} steps"
    for cover in covers:
        text = yosys.run(f"sat -set-assumes -tempinduct-baseonly -maxsteps {DEEPEST_COVER} -prove {cover} 0")
        assert "model found for base case: FAIL!" in text, f"{cover} is out of reach"
    (folder / "verdict").write_text("\n".join(covers), "utf-8")


class _Yosys:
    """One Yosys design; what a pass prints is returned."""

    def __init__(self, folder: Path) -> None:
        from pyosys import libyosys  # noqa: PLC0415  # an optional dependency

        self._module, self._log = libyosys, folder / "yosys.log"
        self._design = libyosys.Design()

    def run(self, command: str) -> str:
        """Run one pass; an error in it ends the process."""
        self._module.run_pass(f"tee -q -o {self._log} {command}", self._design)
        return self._log.read_text("utf-8")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8").splitlines()[-60:]) if log.exists() else "(no log)"


if __name__ == "__main__":
    _prove_here(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
