"""The designs of this folder and their benches."""

from collections.abc import Mapping
from pathlib import Path

from rtl.bench.build import RTL, Design, run

FOLDERS = (RTL / "common", RTL / "sat", RTL / "dram_pim")  # adders and multipliers are SAT's
BENCHES = {"zs_bank_mac": "rtl.bench.bank_mac", "zs_dram_sequencer": "rtl.bench.dram_sequencer"}
# By module and name: parameters, and what the bench is told.
SETS: dict[tuple[str, str], tuple[dict[str, int], dict[str, str]]] = {
    ("zs_bank_mac", "four"): ({"Registers": 4}, {"REGISTERS": "4"}),
    ("zs_dram_sequencer", "aim"): ({"Commands": 12, "RowWidth": 4}, {"TABLE": "aim"}),
    ("zs_dram_sequencer", "pim-gpt"): ({"Commands": 12, "RowWidth": 4, "HasMode": 0}, {"TABLE": "pim-gpt"}),
}


def design(module: str, name: str, replaced: Mapping[Path, str] | None = None) -> Design:
    """A module with a named set of parameters."""
    return Design(toplevel=module, parameters=SETS[module, name][0], folders=FOLDERS, replaced=replaced or {})


def check(
    module: str, name: str, seed: int = 1, replaced: Mapping[Path, str] | None = None, limit_s: int = 300
) -> None:
    """Run the bench of a module on a named set.

    Raises:
        BenchError: It found a fault.
    """
    told = SETS[module, name][1]
    run(design(module, name, replaced), BENCHES[module], seed=seed, environment=told, limit_s=limit_s)
