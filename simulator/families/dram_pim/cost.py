"""What commands in the banks do, counted for the energy model; and the energy of a CENT device around its DRAM.

Energies of commands stand in the technology, by the name of the timing table; those of ``aim`` and all numbers here are
of Yufeng98/CENT@8c79786, cent_simulation/cent_power_calculator.py, whose DRAM numbers are those of
arkhadem/aim_simulator@0f28a07, scripts/cellar_power_calculator.py. Power in mW, energy in mJ.

Two conventions of that calculator are kept in ``device_energy``, because published energies contain them. Standby power
is charged for one channel of a device, not for all (its average over channels is divided by the channels once more).
And powers of the controllers, buffers and accelerators are charged for one cycle for each action, with no other time.
"""

from collections.abc import Mapping

from simulator.cost.actions import Actions
from simulator.cost.energy import energy_pj, technology
from simulator.execute import run
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.counters import Counters, counters
from simulator.families.dram_pim.cxl import FREQUENCY_HZ, NORM, READ, ROTATE, SIMD, WRITE
from simulator.families.dram_pim.isa import ASIC
from simulator.families.dram_pim.timing import job
from simulator.families.dram_pim.transformer import Transformer
from simulator.program import Program

GIGA = 1e9
COLUMN_BITS = 256
GROUP = 4  # an element-wise product takes a bank of four, so a fourth of what all banks take to multiply
PCIE_PJ = 4.4  # per bit
GLOBAL_BUFFER_STATIC = 0.06702101898
SHARED_BUFFER = {"static": 0.6917736525, "read": 3.207188769, "write": 3.754155771}
INSTRUCTION_BUFFER = {"static": 18.81731768, "read": 70.13266856}
REDUCTION = {"dynamic": 5.62e-2 + 2.32e-1, "static": 5.62e3 / GIGA}
EXPONENT_UNIT = {"dynamic": 3.39e-2 + 5.60e-1, "static": 1.28e4 / GIGA}
VECTOR_UNIT = {"dynamic": 1.33e-1 + 2.48e-1, "static": 6.54e3 / GIGA}
CONTROL = {
    "dynamic": 3.18e-3 + 3.36e-3 + 2.89e-3 + 2.37e-1 + 1.30e-4 + 2.49e-2 + 2.37e-1 + 4.51e-2 + 5.42 + 8.77e-3,
    "static": (2.87e2 + 1.48e3 + 2.94e2 + 4.36e4 + 8.78e1) / GIGA,
}
RISC_V = 3.96
SOFTMAX_SINGLE = 16 * WRITE + 2 + READ
_REQUESTS = (
    "RD",
    "WR",
    "MAC",
    "MAC16",
    "AF16",
    "EWMUL16",
    "RDCP",
    "WRCP",
    "WRGB",
    "RDMAC16",
    "RDAF16",
    "WRMAC16",
    "WRA16",
)


def actions(program: Program, config: DramPimConfig) -> list[Actions]:
    """Everything that a program makes the DRAM do; which commands those are is known after a run, so it is run."""
    timeline = run(job(program, config))
    return command_actions(counters(timeline, config.table), config, host=bool((program.queue == ASIC).any()))


def command_actions(done: Counters, config: DramPimConfig, *, host: bool = False) -> list[Actions]:
    """The actions of a run.

    Args:
        done: Its commands, over all channels.
        config: The machine.
        host: Whether the unit beside the memory is part of it.
    """
    n, banks = done.commands, config.banks
    time = config.table.cycle_ps
    words = sum(n[name] for name in ("RD", "WR", "WRGB", "RDMAC16", "RDAF16", "WRMAC16", "WRA16"))
    of_controllers = {"request": sum(n[name] for name in _REQUESTS), "command": done.issued}
    kinds: dict[str, dict[str, int]] = {
        "activate and precharge": {"activate": n["ACT"] + banks * n["ACT16"]},
        "reads": {"read": n["RDCP"] + n["RD"] + banks * n["AF16"] + n["RDMAC16"] + n["RDAF16"]},
        "writes": {"write": n["WRCP"] + n["WR"] + n["WRMAC16"] + banks * n["WRA16"]},
        "multiply-accumulate": {
            "mac": n["MAC"] + banks * n["MAC16"] + banks // GROUP * n["EWMUL16"],
            "mac_standby": done.cycles * time * done.channels,
        },
        "refresh": {"refresh": n["REFab"]},
        "standby": {
            "standby_active": done.active_cycles * time,
            "standby_precharged": (done.cycles * done.channels - done.active_cycles) * time,
        },
        "data pins": {"pin_bit": COLUMN_BITS * words},
        "memory controllers": of_controllers,
        "buffers": {"buffer_read": n["WRCP"], "fill": n["WRGB"] + n["RDCP"]},
        "ASIC": {"host": done.cycles * time if host else 0},
    }
    return [
        Actions(component=component, kind=f"dram.{kind}", count=count, of=config.timing)
        for component, counts in kinds.items()
        for kind, count in counts.items()
        if count
    ]


def device_energy(
    done: Counters,
    config: DramPimConfig,
    instructions: Mapping[str, int],
    model: Transformer,
    sequence: int,
    network_bits: int,
) -> dict[str, float]:
    """Millijoules of one CENT device for one token of one block (or of the blocks that share it), by part.

    Args:
        done: What its DRAM did.
        config: The device.
        instructions: Instructions of the host, by operation.
        model: The decoder.
        sequence: Tokens in the KV cache, the new one included.
        network_bits: Bits over CXL.
    """
    hz = FREQUENCY_HZ
    ms = done.cycles / hz * 1e3
    dram = {part: pj / GIGA for part, pj in energy_pj(command_actions(done, config), technology()).items()}
    dram["standby"] /= done.channels
    scores, dim, kv_factor = sequence * model.heads / SIMD, model.dim, 1 + 1 / model.sharing
    norm = dim / SIMD / 16
    static = GLOBAL_BUFFER_STATIC * done.channels + SHARED_BUFFER["static"] + INSTRUCTION_BUFFER["static"]
    static += (REDUCTION["static"] + EXPONENT_UNIT["static"] + VECTOR_UNIT["static"]) * done.channels
    read, write = SHARED_BUFFER["read"], SHARED_BUFFER["write"]
    shared: float = 2 * (norm + 2) * (2 * read + write)
    shared += (scores * 3 + model.heads * 2) * read + (scores * 2 + model.heads * 2) * write
    shared += kv_factor * dim / SIMD * (read + 2 * write)
    decoded: float = sum(count for name, count in instructions.items() if name not in ("READ", "WRITE"))
    decoded += 2 * (norm + 2) + scores * 2 + model.heads * 2 + kv_factor * dim
    risc_v = 2 * NORM + model.heads * SOFTMAX_SINGLE + kv_factor * dim * ROTATE
    units = (2 + model.heads) * REDUCTION["dynamic"] + scores * EXPONENT_UNIT["dynamic"]
    units += (2 * norm + scores) * VECTOR_UNIT["dynamic"]
    own = ("activate and precharge", "reads", "writes", "multiply-accumulate", "standby", "data pins")
    return {part: dram.get(part, 0.0) for part in own} | {
        "network": network_bits * PCIE_PJ / GIGA,
        "memory controllers": dram["memory controllers"],
        "static": ms * static / 1e3,
        "buffers": dram.get("buffers", 0.0) + (shared + decoded * INSTRUCTION_BUFFER["read"]) / hz,
        "accelerators": (risc_v * RISC_V + units) / hz,
        "device control": ms * 0.5 * (CONTROL["static"] + CONTROL["dynamic"]) / 1e3,
    }
