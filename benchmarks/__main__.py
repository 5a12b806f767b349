"""``python -m benchmarks [NAME ...] [--peers] [--json FILE]``."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click

from benchmarks.cost import ROOT
from benchmarks.rows import table
from zeroskip.report.screen import grid, show

USUAL = ("engine", "networks", "transformer", "dram", "startup", "hardware")
PEERS = "peers"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice((*USUAL, PEERS)))
@click.option("--peers", is_flag=True, help="SCALE-Sim v3 too: minutes, and an environment in the cache folder.")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write all rows to FILE.")
def main(names: tuple[str, ...], peers: bool, file: Path | None) -> None:
    """Measure zeroskip beside limits, aims and, where asked for, peers; without NAME everything else."""
    chosen = dict.fromkeys((*(names or USUAL), *((PEERS,) if peers else ())))
    where, records = circumstances(), {}
    show(grid(where))
    for name in chosen:
        benchmark = import_module(f"benchmarks.{name}")
        rows = benchmark.run()
        records[name] = [row.record() for row in rows]
        show(table(f"{name}: {benchmark.TITLE}", rows))
    if file is not None:
        file.write_text(json.dumps({"circumstances": where, "benchmarks": records}, indent=2) + "\n")


def circumstances() -> dict[str, str]:
    """What has a say in the numbers."""
    git = ("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    describe = subprocess.run(git, capture_output=True, text=True, check=False)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "simpy"))
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": describe.stdout.strip() or "unknown",
        "machine": f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "software": f"Python {platform.python_version()}, {packages}",
    }


def _processor() -> str:
    """Its name, as the kernel gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
