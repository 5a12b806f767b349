"""The eleven published rows, and the same eleven simulated."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simulator.execute import run
from simulator.families.dram_pim import cxl
from simulator.families.dram_pim.cent import BlockLowering
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.cost import device_energy
from simulator.families.dram_pim.counters import Counters, counters
from simulator.families.dram_pim.placement import Placement
from simulator.families.dram_pim.timing import job
from simulator.families.dram_pim.transformer import transformer
from simulator.program import Program

_FILE = Path(__file__).parent / "cent_published.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A row of Yufeng98/CENT@8c79786, cent_simulation/simulation_results.csv; times in ms, energy in mJ."""

    model: str
    devices: int
    pipeline: int
    tensor: int
    channels: int
    sequence: int
    pim_ms: float
    cxl_ms: float
    accelerators_ms: float
    block_ms: float
    token_ms: float
    token_mj: float

    @property
    def over_devices(self) -> bool:
        """Whether CENT ran it as model-parallel: blocks one after another on the same devices."""
        return self.pipeline * self.tensor == self.devices

    def __str__(self) -> str:
        return f"{self.model} PP{self.pipeline} TP{self.tensor}, {self.channels} ch, {self.sequence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """The same quantities from the simulator, and what they are made of."""

    pim_cycles: int
    pim_ms: float
    cxl_ms: float
    accelerators_ms: float
    block_ms: float
    embedding_ms: float
    token_ms: float
    token_mj: float
    parts_mj: dict[str, float]
    block: Counters


def published() -> list[Published]:
    """The rows of the table."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        kinds = Published.__annotations__
        return [Published(**{name: kinds[name](text) for name, text in row.items()}) for row in csv.DictReader(file)]


def simulate(row: Published, config: DramPimConfig) -> Simulated:
    """Run the block and the ends of a row's machine."""
    model = transformer(row.model)
    place = Placement(model=model, config=config, block_channels=row.channels, devices=row.tensor)
    block, block_program = _run(BlockLowering(place, row.sequence).block, config)
    ends, _ = _run(BlockLowering(place, row.sequence).ends, config)
    ms = 1e3 / (config.clock_mhz * 1e6)
    if row.over_devices:
        network = cxl.tensor_ms(model, row.devices, row.tensor)
        bits, shared = model.dim * 10 + model.ffn * 2, 1
    else:
        network, bits, shared = cxl.pipeline_ms(model, row.devices), model.dim, place.blocks
        shared = -(-model.blocks // row.devices)
    accelerators = cxl.accelerators_ms(model, row.sequence, config.channels, shared)
    block_ms = block.cycles * ms + network + accelerators
    ends_ms = ends.cycles * ms
    parts = device_energy(block, config, block_program, model, row.sequence, bits)
    if row.over_devices:
        if row.tensor > 1:
            other, program = _run(BlockLowering(place, row.sequence).matrices, config)
            more = device_energy(other, config, program, model, row.sequence, bits)
            parts = {name: mj + more[name] * (row.tensor - 1) for name, mj in parts.items()}
        factor = model.blocks
    else:
        factor = -(-model.blocks // shared)
    parts = {name: mj * factor for name, mj in parts.items()}
    return Simulated(
        pim_cycles=block.cycles,
        pim_ms=block.cycles * ms,
        cxl_ms=network,
        accelerators_ms=accelerators,
        block_ms=block_ms,
        embedding_ms=ends_ms,
        token_ms=block_ms * model.blocks + ends_ms + cxl.SAMPLING_MS,
        token_mj=sum(parts.values()),
        parts_mj=parts,
        block=block,
    )


def _run(lower: Callable[[], Program], config: DramPimConfig) -> tuple[Counters, dict[str, int]]:
    program = lower()
    timeline = run(job(program, config))
    instructions = {opcode.name: len(program.of(opcode.name)) for opcode in program.isa.opcodes}
    return counters(timeline, config.table), instructions
