"""Energy of AiM commands and of the CENT device around them.

Source of every number, unless another is named: Yufeng98/CENT@8c79786, cent_simulation/cent_power_calculator.py; its
DRAM numbers are those of arkhadem/aim_simulator@0f28a07, scripts/cellar_power_calculator.py. Power in mW, energy in
mJ.

Two conventions of that calculator are kept, because published energies contain them. Standby power is charged for one
channel of a device, not for all (its average over channels is divided by the channels once more). And powers of the
controllers, buffers and accelerators are charged for one cycle for each action, with no other time.
"""

from collections.abc import Mapping

from simulator.families.dram_pim.counters import Counters
from simulator.families.dram_pim.cxl import FREQUENCY_HZ, NORM, READ, ROTATE, SIMD, WRITE
from simulator.families.dram_pim.transformer import Transformer

GIGA = 1e9
ROW_NS, BURST_NS, COLUMN_NS = 44.5, 1.25, 1.0  # tRC, tBL, tCCDL
ACTIVATE, READING, WRITING = 66.3, 438.15, 553.15
ACTIVE_STANDBY, PRECHARGED_STANDBY = 263.75, 183.15
MAC_FACTOR = 3  # a MAC of all banks takes three times the power of a read, for one column
WORD_BITS = 256
DQ_PJ, PCIE_PJ = 5.5, 4.4  # per bit
TRANSACTION, PHYSICAL = 267.7082056, 381.0445262  # controller of two channels
GLOBAL_BUFFER = {"static": 0.06702101898, "read": 0.2785010052, "write": 0.3254884575}
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


def dram_energy(run: Counters) -> dict[str, float]:
    """Millijoules of the DRAM of one device, by part."""
    n = run.commands
    activations = n["ACT"] + 16 * n["ACT16"]
    reads = n["RDCP"] + n["RD"] + 16 * n["AF16"] + n["RDMAC16"] + n["RDAF16"]
    writes = n["WRCP"] + n["WR"] + n["WRMAC16"] + 16 * n["WRA16"]
    macs = n["MAC"] / 16 + n["MAC16"] + n["EWMUL16"] / 4
    words = n["RD"] + n["WR"] + n["WRGB"] + n["RDMAC16"] + n["RDAF16"] + n["WRMAC16"] + n["WRA16"]
    active = run.active_cycles / run.channels
    return {
        "activate and precharge": ACTIVATE * activations * ROW_NS / GIGA,
        "reads": READING * reads * BURST_NS / GIGA,
        "writes": WRITING * writes * BURST_NS / GIGA,
        "multiply-accumulate": MAC_FACTOR * READING * macs * COLUMN_NS / GIGA,
        "standby": (ACTIVE_STANDBY * active + PRECHARGED_STANDBY * (run.cycles - active)) / FREQUENCY_HZ,
        "data pins": DQ_PJ * WORD_BITS * words / GIGA,
    }


def device_energy(
    run: Counters, instructions: Mapping[str, int], model: Transformer, sequence: int, network_bits: int
) -> dict[str, float]:
    """Millijoules of one CENT device for one token of one block (or of the blocks that share it), by part.

    Args:
        run: What its DRAM did.
        instructions: Instructions of the host, by operation.
        model: The decoder.
        sequence: Tokens in the KV cache, the new one included.
        network_bits: Bits over CXL.
    """
    n, hz = run.commands, FREQUENCY_HZ
    ms = run.cycles / hz * 1e3
    requests = sum(n[name] for name in _REQUESTS)
    scores, dim, kv_factor = sequence * model.heads / SIMD, model.dim, 1 + 1 / model.sharing
    norm = dim / SIMD / 16
    static = GLOBAL_BUFFER["static"] * run.channels + SHARED_BUFFER["static"] + INSTRUCTION_BUFFER["static"]
    static += (REDUCTION["static"] + EXPONENT_UNIT["static"] + VECTOR_UNIT["static"]) * run.channels
    global_buffer = GLOBAL_BUFFER["read"] * n["WRCP"] + GLOBAL_BUFFER["write"] * (n["WRGB"] + n["RDCP"])
    read, write = SHARED_BUFFER["read"], SHARED_BUFFER["write"]
    shared: float = 2 * (norm + 2) * (2 * read + write)
    shared += (scores * 3 + model.heads * 2) * read + (scores * 2 + model.heads * 2) * write
    shared += kv_factor * dim / SIMD * (read + 2 * write)
    decoded: float = sum(count for name, count in instructions.items() if name not in ("READ", "WRITE"))
    decoded += 2 * (norm + 2) + scores * 2 + model.heads * 2 + kv_factor * dim
    risc_v = 2 * NORM + model.heads * SOFTMAX_SINGLE + kv_factor * dim * ROTATE
    units = (2 + model.heads) * REDUCTION["dynamic"] + scores * EXPONENT_UNIT["dynamic"]
    units += (2 * norm + scores) * VECTOR_UNIT["dynamic"]
    return dram_energy(run) | {
        "network": network_bits * PCIE_PJ / GIGA,
        "memory controllers": (TRANSACTION * requests + PHYSICAL * run.issued) / 2 / hz,
        "static": ms * static / 1e3,
        "buffers": (global_buffer + shared + decoded * INSTRUCTION_BUFFER["read"]) / hz,
        "accelerators": (risc_v * RISC_V + units) / hz,
        "device control": ms * 0.5 * (CONTROL["static"] + CONTROL["dynamic"]) / 1e3,
    }
