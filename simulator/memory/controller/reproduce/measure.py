"""The published measurements, and the same controllers here."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simulator.memory.controller.config import ControllerConfig, load_device
from simulator.memory.controller.run import Result, run_controller
from simulator.memory.controller.traces import stream

FILE = Path(__file__).with_name("published.csv")
MEASURED = ("energy_uj", "power_w", "latency_us")


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A row of the published file.

    Attributes:
        config: The controller.
        energy_uj: Energy of the DRAM.
        power_w: Its mean power.
        latency_us: Time until the last response.
    """

    config: ControllerConfig
    energy_uj: float
    power_w: float
    latency_us: float


@cache
def published() -> tuple[Measurement, ...]:
    """All hundred rows of DRAMSys_Proxy_Model/data of oss-arch-gym@53f745af, in uJ, W and us."""
    rows = []
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            measured = {name: float(row.pop(name)) for name in MEASURED}
            values = {name: int(text) if text.isdigit() else text for name, text in row.items()}
            rows.append(Measurement(config=ControllerConfig.model_validate(values), **measured))
    return tuple(rows)


@cache
def ours(config: ControllerConfig) -> Result:
    """A controller on the stream of 10,000 reads, DDR3-1600."""
    return run_controller(config, stream(), load_device("ddr3-1600"))
