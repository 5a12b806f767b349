"""PIM-GPT's eight models, simulated."""

from dataclasses import dataclass

from simulator.cost.energy import energy_pj, technology
from simulator.execute import run
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.cost import command_actions
from simulator.families.dram_pim.counters import Counters, counters
from simulator.families.dram_pim.pim_gpt import TokenLowering
from simulator.families.dram_pim.timing import job
from simulator.families.dram_pim.transformer import transformer
from simulator.program import Program

TOKENS = 1024
LENGTHS = (1, 256, 512, 768, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A model: mean time of a token without the output layer, and of the output layer; what a block at 1024 did."""

    model: str
    block_ms: float
    output_ms: float
    mac_bound_ms: float
    row_hit_rate: float
    asic_share: float
    token_mj: float

    @property
    def tokens_per_s(self) -> float:
        """Without the output layer, as the paper counts parameters."""
        return 1e3 / self.block_ms

    @property
    def tokens_per_s_with_output(self) -> float:
        """With it."""
        return 1e3 / (self.block_ms + self.output_ms)


def simulate(name: str, config: DramPimConfig) -> Result:
    """Run one block at several lengths, and the output layer; every block of a token is the same."""
    model = transformer(name)
    ms = 1e3 / (config.clock_mhz * 1e6)
    times, energies = [], []
    hits = asic = 0.0
    for length in LENGTHS:
        found, busy = _run(TokenLowering(model, config, length).block(), config)
        times.append(found.cycles * model.blocks * ms)
        energies.append(energy_mj(found, config) * model.blocks)
        hits, asic = found.row_hit_rate, busy / found.cycles
    output, _ = _run(TokenLowering(model, config, 1).output(), config)
    peak = config.channels * config.banks * config.lanes
    return Result(
        model=name,
        block_ms=_mean(times),
        output_ms=output.cycles * ms,
        mac_bound_ms=model.weights / peak * ms,
        row_hit_rate=hits,
        asic_share=asic,
        token_mj=_mean(energies),
    )


def _run(program: Program, config: DramPimConfig) -> tuple[Counters, int]:
    timeline = run(job(program, config))
    return counters(timeline, config.table), timeline.queues[1].busy


def _mean(values: list[float]) -> float:
    """Of what changes linearly between the lengths."""
    area = sum((values[i] + values[i + 1]) / 2 * (LENGTHS[i + 1] - LENGTHS[i]) for i in range(len(LENGTHS) - 1))
    return area / (LENGTHS[-1] - LENGTHS[0])


def energy_mj(found: Counters, config: DramPimConfig) -> float:
    """Millijoules of a run, the ASIC included, by unverified currents."""
    return sum(energy_pj(command_actions(found, config, host=True), technology()).values()) / 1e9
