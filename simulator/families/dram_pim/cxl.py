"""Time of CENT outside its DRAM: the CXL network between devices, and the accelerators in a device.

Source of every number: Yufeng98/CENT@8c79786, cent_simulation/cxl_latency.py, run_sim.py and cent_power_calculator.py.
Both are closed forms there too; CENT adds them to the time of the DRAM, nothing overlaps.
"""

from mapping.graph import ceil_div
from simulator.families.dram_pim.transformer import Transformer

LANES = 144  # PCIe lanes that all devices share
LANE_GIB_PER_S = 4.0  # 8, half of it for multicast
HOP_NS = 4 * 25 + 2 * 30 + 20  # four ports, two links, one switch
FLIT_BYTES = 256
FLIT_PAYLOAD = 3 * 64  # three messages
SAMPLING_MS = 0.15  # top-k on the CPU, once a token

FREQUENCY_HZ = 2_000_000_000
RISC_V_CORES = 8
READ, WRITE = 1, 1  # cycles of the shared buffer
EXPONENT = 11
NORM = 26
ROTATE = 3 / RISC_V_CORES
SOFTMAX_PIPELINED = 16 * WRITE + 2 / RISC_V_CORES + READ
SIMD = 16


def transfer_ms(elements: int, devices: int, copies: int = 1) -> float:
    """Milliseconds for a vector of bf16 elements, ``copies`` times, to or from a device of ``devices``."""
    gib_per_s = LANES // devices * LANE_GIB_PER_S
    flits = ceil_div(elements * 2, FLIT_PAYLOAD) * copies
    return (HOP_NS + flits * FLIT_BYTES / gib_per_s * 1e9 / 2**30) / 1e6


def pipeline_ms(model: Transformer, devices: int) -> float:
    """A block's share of the network when each device has whole blocks: one vector to the next."""
    return transfer_ms(model.dim, devices)


def tensor_ms(model: Transformer, devices: int, together: int) -> float:
    """A block's share when its matrices are spread over ``together`` devices: broadcasts and gathers of vectors."""

    def gather(length: int) -> float:
        per_device = -(-length * 2 // (together * FLIT_PAYLOAD))
        gib_per_s = LANES // devices * LANE_GIB_PER_S
        return (HOP_NS + per_device * (together - 1) * FLIT_BYTES / gib_per_s * 1e9 / 2**30) / 1e6

    broadcasts = 5 * transfer_ms(model.dim, devices) + transfer_ms(model.ffn, devices)
    return broadcasts + 5 * gather(model.dim) + gather(model.ffn)


def accelerators_ms(model: Transformer, sequence: int, channels: int, blocks: int) -> float:
    """Norms, softmax and rotary embedding of the blocks that share a device, in its accelerators."""
    exponent = channels * READ + EXPONENT + WRITE
    add = 2 * channels * READ + 1 + WRITE
    norm = 2 * (model.dim / SIMD / 16 / channels * add + READ + WRITE + 1 + NORM)
    softmax = sequence * model.heads / SIMD / channels * (exponent + add) + model.heads * (READ + SOFTMAX_PIPELINED)
    rotate = (1 + 1 / model.sharing) * model.dim * ROTATE
    return blocks * (norm + softmax + rotate) / FREQUENCY_HZ * 1e3
