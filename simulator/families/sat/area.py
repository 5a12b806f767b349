"""What the area of SAT follows from, block by block, and the configurations at which that is fitted."""

from collections.abc import Mapping
from math import ceil, log2

from simulator.families.sat.config import SatConfig
from simulator.memory.config import IdealMemory
from simulator.verilog import BlockShape

RAMB18_BYTES, RAMB36_BYTES = 2048, 4096  # of memories a byte wide


def _settings(rows: int, cols: int, group: int, *more: str, pads: int = 32) -> tuple[str, ...]:
    size = (f"rows={rows}", f"cols={cols}", f"max_group={group}")
    return (*size, *more, *(f"{pad}_scratchpad_kib={pads}" for pad in ("activation", "weight", "output")))


FP16 = ('datapath="fp16"', 'output="element"', "add_latency=3", "mul_latency=1", "interleave=2")
POINTS = (
    _settings(2, 2, 4),
    _settings(2, 4, 4),
    _settings(4, 2, 4),
    _settings(4, 4, 4),
    _settings(8, 4, 4),
    _settings(2, 2, 1),
    _settings(2, 4, 1),
    _settings(4, 2, 1),
    _settings(4, 4, 1),
    _settings(4, 4, 1, *FP16),
    _settings(2, 4, 1, *FP16),
    _settings(4, 2, 1, *FP16),
    _settings(4, 4, 4, *FP16),
)


def shape(config: SatConfig) -> tuple[BlockShape, ...]:
    """The blocks of the core, SORE and WUVE, with the quantities that each grows with.

    The names of quantities that depend on the data path begin with it, so that both are fitted side by side.
    """
    assert isinstance(config.memory, IdealMemory)
    rows, cols, m, path = config.rows, config.cols, config.max_group, config.datapath
    width, index = 8 * config.element_bytes, max(1, ceil(log2(max(m, 2))))
    lanes, elements, fp16 = config.memory.bytes_per_cycle, rows * cols, path == "fp16"
    held = m * (width + index)  # bits of the weights of an element: it holds up to M of them
    position = max(11, ceil(log2(config.output_scratchpad_kib * 1024)))
    pads = _pads(config)
    weight_lanes = pads[1][1]
    stages = config.mul_latency + config.add_latency

    def block(name: str, features: Mapping[str, float], count: int = 1, unit: str = "core") -> BlockShape:
        return BlockShape(unit=unit, name=name, count=count, features=features)

    array = {f"{path} one": 1, "rows": rows, "passed windows": rows * (cols - 1) * m * width, "elements": elements}
    array |= {"skew": cols * (cols - 1) // 2 * (32 + width + index), "loaded": cols * held}
    fetched = {"slots": m, "read": m * weight_lanes * 8, "values": m * cols * width, "indices": m * cols * index}
    blocks = [
        block("core", {f"{path} one": 1, "DMA lanes": lanes, "columns": cols}),
        block("dispatch", {"one": 1}),
        block("GEMM unit", {"one": 1, "rows": rows, "positions": rows * position}),
        block("PE", {f"{path} elements": elements, "window": elements * m * width, "held": elements * held}, elements),
        block("array", array),
        block("activation fetch", {"rows": rows, "windows": rows * m * width, "dividers": rows * position**2}, rows),
        block("weight fetch", fetched),
        block("accumulator", {"one": 1, f"{path} columns": cols}),
        block("scratchpad", _pad_features(pads), 3),
        block("DMA", {"one": 1, "lanes": lanes, "squared": lanes**2}),
    ]
    if fp16:
        blocks.append(block("fp32 adder", {"columns": cols}, cols))
        blocks.append(block("rounding store", {"one": 1, "lanes": lanes}))
    sore, wuve = config.sore_lanes, config.wuve_lanes
    reduced = {"lanes": sore, "kept": sore * held, "ranks": sore * m * m, "places": sore * m * m * width}
    blocks += [
        block("SORE", {"one": 1, "results": sore * (m + held)}, unit="SORE"),
        block("SORE lane", reduced, sore, "SORE"),
        block("WUVE", {"one": 1, "lanes": wuve, "stages": wuve * stages}, unit="WUVE"),
        block("fp32 adder", {"lanes": wuve, "stages": wuve * (config.add_latency - 1)}, 2 * wuve, "WUVE"),
        block("fp32 multiplier", {"lanes": wuve, "stages": wuve * config.mul_latency}, 2 * wuve, "WUVE"),
    ]
    return tuple(blocks)


def _pads(config: SatConfig) -> tuple[tuple[int, int, int], ...]:
    """Bytes, lanes and copies of the scratchpads for activations, weights and sums, as in ``zs_sat_core``."""
    assert isinstance(config.memory, IdealMemory)
    index = max(1, ceil(log2(max(config.max_group, 2))))
    window = config.max_group * config.element_bytes
    row = max(config.cols * config.element_bytes, (config.cols * index + 14) // 8)
    dma = config.memory.bytes_per_cycle
    stored = 4 * ((dma + 2) // 2) if config.datapath == "fp16" else dma  # bytes of sums that fill a beat of a store
    wanted = (window, row, max(4 * config.cols, stored))
    kib = (config.activation_scratchpad_kib, config.weight_scratchpad_kib, config.output_scratchpad_kib)
    copies = (config.rows, 2 * config.max_group, 2)
    return tuple(
        (1024 * size, 1 << ceil(log2(max(bytes_, dma))), copy)
        for size, bytes_, copy in zip(kib, wanted, copies, strict=True)
    )


def _pad_features(pads: tuple[tuple[int, int, int], ...]) -> dict[str, float]:
    """Block RAMs, and what turns the lanes of an access round."""
    rams = 0.0
    for size, lanes, copies in pads:
        deep = size // lanes
        rams += copies * lanes * (0.5 if deep <= RAMB18_BYTES else ceil(deep / RAMB36_BYTES))
    turned = sum(copies * lanes * 8 * log2(max(lanes, 2)) for _, lanes, copies in pads)
    banks = sum(copies * lanes for _, lanes, copies in pads)
    return {"block RAMs": rams, "turned": turned, "banks": banks, "late lanes": pads[2][1]}
