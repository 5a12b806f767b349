"""What the area of SAT follows from, block by block."""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, log2

from simulator.verilog import BlockShape, Unit

Parameters = Mapping[str, int]
RAMB18_BYTES, RAMB36_BYTES = 2048, 4096  # of memories a byte wide
RAMB_ADDRESS = 15  # bits of a RAMB36 a bit wide: what is deeper needs several and a choice
SHALLOW_BYTES = 256  # up to here a memory a byte wide becomes LUTs
SHIFT_BITS = 32  # of a shift register in one LUT
SHORT_SHIFT = 3  # a delay below this stays flip-flops
DSP_LEAST = 9  # bits of the smallest product for which Yosys takes a DSP48E2
DSP_WIDTHS = 26, 17  # of an unsigned product in one DSP48E2


def shape(units: tuple[Unit, ...]) -> tuple[BlockShape, ...]:
    """The blocks of the core, SORE and WUVE, with the quantities that each grows with."""
    core, sore, wuve = (unit.parameters for unit in units)
    return (*_core(core), *_sore(sore), *_wuve(wuve))


def _core(p: Parameters) -> list[BlockShape]:
    """Parameters of the blocks as ``zs_sat_core`` and ``zs_gemm_unit`` derive them."""
    rows, cols, m, lanes = p["Rows"], p["Cols"], p["MaxM"], p["DmaLanes"]
    group = {"MaxN": p["MaxN"], "MaxM": m}
    latencies = {"AddLatency": p["AddLatency"], "MulLatency": p["MulLatency"], "Interleave": p["Interleave"]}
    path = {"Fp16": p["Fp16"]}
    bytes_, act, weight, out = 1 + p["Fp16"], _bits(p["ActBytes"]), _bits(p["WeightBytes"]), _bits(p["OutBytes"])
    position, slots = max(out, 11), max(weight + 1, 11)
    pads = _pads(p)
    machine = {"Rows": rows, "Cols": cols, **path, **group, **latencies, "DrainSerial": p["DrainSerial"]}
    capacities = {name: p[name] for name in ("ActBytes", "WeightBytes", "OutBytes")}
    gemm = {**machine, **capacities, "WeightLanes": pads[1]["Lanes"]}
    array = {**machine, "PositionWidth": position, "SlotsWidth": slots}
    act_fetch = {"MaxM": m, "ElementBytes": bytes_, "AddressWidth": act, "PositionWidth": position, "SlotsWidth": slots}
    weights = {"Cols": cols, **group, "ElementBytes": bytes_, "AddressWidth": weight, "SlotsWidth": slots}
    weights |= {"OutputsWidth": out, "Lanes": pads[1]["Lanes"]}
    sums = {"Cols": cols, **path, "AddLatency": p["AddLatency"], "AddressWidth": out, "PositionWidth": position}
    element = {**(latencies if p["Fp16"] else {"MulLatency": p["MulLatency"]}), **group}
    control = {"NumQueues": 3, "NumResources": 1, "WordWidth": 512, "Depth": 4}
    blocks = [
        replace(
            _block("core", "zs_sat_core", p, {"one": 1, "DMA lanes": lanes, "fp16 DMA lanes": lanes * p["Fp16"]}),
            wires=frozenset(p) - {"Fp16", "DmaLanes"},
        ),
        _block("dispatch", "zs_control", control, {"one": 1}),
        replace(
            _block("GEMM unit", "zs_gemm_unit", gemm, _gemm(gemm, position, slots)), wires=frozenset({"WeightLanes"})
        ),
        _block("PE", f"zs_pe_{'fp16' if p['Fp16'] else 'int8'}", element, _element(element, p["Fp16"]), rows * cols),
        _block("array", "zs_array", array, _array(array)),
        _block("activation fetch", "zs_act_fetch", act_fetch, _act_fetch(act_fetch), rows),
        _block("weight fetch", "zs_weight_fetch", weights, _weight_fetch(weights)),
        _block("accumulator", "zs_accumulator", {**sums, "OutputsWidth": out}, _accumulator(sums)),
        *(_block("scratchpad", "zs_sat_scratchpad", pad, _pad(pad)) for pad in pads),
        _block("DMA", "zs_dma", {"Lanes": lanes, "LatencyWidth": 16}, _dma(lanes)),
    ]
    if p["Fp16"]:
        add = {"AddLatency": p["AddLatency"]}
        narrow = {"Lanes": lanes, "AddressWidth": out}
        blocks.append(_block("fp32 adder", "zs_fp32_add", add, _adder(p["AddLatency"]), cols))
        blocks.append(
            _block("rounding store", "zs_narrow_store", narrow, {"one": 1, "values": (lanes + 2) // 2, "address": out})
        )
    return blocks


def _sore(p: Parameters) -> list[BlockShape]:
    lanes, n, m = p["Lanes"], p["MaxN"], p["MaxM"]
    held = n * (p["Width"] + _index(m))
    lane = {name: value for name, value in p.items() if name != "Lanes"}
    ranked = {"one": 1, "kept": held, "integer": 1 - p["Float"], "ranks": n * m, "magnitudes": n * p["Width"]}
    return [
        _block("SORE", "zs_sore", p, {"one": 1, "results": lanes * (m + held)}, unit="SORE"),
        _block("SORE lane", "zs_sore_lane", lane, ranked, lanes, unit="SORE"),
    ]


def _wuve(p: Parameters) -> list[BlockShape]:
    lanes, add, mul = p["Lanes"], p["AddLatency"], p["MulLatency"]
    late = [mul, add + 2 * mul, add + mul]  # gradient, weight, velocity
    delays = {
        "lanes": lanes,
        "registers": 32 * lanes * sum(_flops(stages) for stages in late),
        "shifts": 32 * lanes * sum(_shift_luts(stages) for stages in late),
    }
    multiplier = {"one": 1, "stages": mul}
    return [
        _block("WUVE", "zs_wuve", p, {"one": 1, **delays, "stages": add + mul}, unit="WUVE"),
        _block("fp32 adder", "zs_fp32_add", {"AddLatency": add}, _adder(add), 2 * lanes, "WUVE"),
        _block("fp32 multiplier", "zs_fp32_mul", {"MulLatency": mul}, multiplier, 2 * lanes, "WUVE"),
    ]


def _gemm(p: Parameters, position: int, slots: int) -> dict[str, float]:
    products = [(position, position), (8, 8), (slots, slots), (slots, 6), (slots, 6)]
    return {
        "one": 1,
        "late": p["AddLatency"] - 1,
        "dividers": slots**2,
        "row counters": p["Rows"] * (position + slots),
        "products": sum(_multiplier(*widths) for widths in products),
    }


def _element(p: Parameters, fp16: int) -> dict[str, float]:
    width, m, mul = 8 * (1 + fp16), p["MaxM"], p["MulLatency"]
    tag = 4 + _index(p["Interleave"]) if fp16 else 3
    common = {
        "held": p["MaxN"] * (width + _index(m)),
        "choices": (m - 1) * width,
        "more choices": max(m - 4, 0) * width,  # a LUT chooses one of four
        "tags": mul * tag,
        f"{width} bit registers": _flops(mul),
        f"{width} bit shifts": _shift_luts(mul),
    }
    if not fp16:
        return {"int8 one": 1, **common}
    adder = {f"adder {name}": value for name, value in _adder(p["AddLatency"]).items() if name != "one"}
    more = {"more accumulators": p["Interleave"] - 1, "sum tags": (p["AddLatency"] - 1) * (tag - 1)}
    return {"fp16 one": 1, **common, **more, **adder}


def _array(p: Parameters) -> dict[str, float]:
    """Everything around the elements: what is handed to the right and down, and the skew of the columns."""
    rows, cols, m, n = p["Rows"], p["Cols"], p["MaxM"], p["MaxN"]
    width, index = 8 * (1 + p["Fp16"]), _index(m)
    tag = 3 + p["Fp16"] + _bits(n) + _bits(p["Interleave"])
    counters = p["PositionWidth"] + p["SlotsWidth"]
    skewed = [(c, width + index + 32) for c in range(cols)]  # weights in, sums out
    passed, drained = rows * (cols - 1) * (m * width + tag), (cols - 1) * (2 + p["PositionWidth"])
    return {
        "one": 1,
        "registers": passed + drained + sum(bits * _flops(stages) for stages, bits in skewed),
        "shifts": sum(bits * _shift_luts(stages) for stages, bits in skewed),
        "commands": (rows - 1) * p["AddLatency"] * (tag + counters),
        "windows": rows * m * width,
        "rows": rows,
        "counters": counters,
        "row counters": rows * counters,
        "loaded": cols * n * (width + index),
        "collected": 0 if p["DrainSerial"] else rows * cols * 32,
        "products": _row_products(rows, _bits(m + 1)),
    }


def _row_products(rows: int, count: int) -> int:
    """DSP48E2 of the row numbers times a count of some bits: a factor of 2 is no product."""
    odd = (row // (row & -row) for row in range(1, rows))
    return sum(factor.bit_length() + count >= DSP_LEAST for factor in odd) + (_bits(rows) + count >= DSP_LEAST)


def _act_fetch(p: Parameters) -> dict[str, float]:
    """Four dividers, a dozen products, and a window that padding blanks."""
    address, position, slots = p["AddressWidth"], p["PositionWidth"], p["SlotsWidth"]
    products = [(position, position)] * 2 + [(slots, slots), (slots, 8), (slots, 6)]
    products += [(position, 8)] * 2 + [(slots, 8)] * 2 + [(address, address)] * 3
    return {
        "one": 1,
        "window": p["MaxM"] * 8 * p["ElementBytes"],
        "position dividers": position**2,
        "slot dividers": slots**2,
        "addresses": address,
        "products": sum(_multiplier(*widths) for widths in products),
    }


def _weight_fetch(p: Parameters) -> dict[str, float]:
    cols, n, index, bits = p["Cols"], p["MaxN"], _index(p["MaxM"]), p["AddressWidth"] + 3
    products = [(bits, p["OutputsWidth"]), (bits, 3)]
    return {
        "one": 1,
        "slots": n,
        "slot addresses": n * p["AddressWidth"],
        "choices": n * cols,
        "indices": n * cols * index,
        "products": 2 * _multiplier(p["SlotsWidth"], p["OutputsWidth"]),
        "slot products": n * sum(_multiplier(*widths) for widths in products),
    }


def _accumulator(p: Parameters) -> dict[str, float]:
    path, address = "fp16" if p["Fp16"] else "int8", p["AddressWidth"]
    return {
        "one": 1,
        f"{path} columns": p["Cols"],
        "late columns": p["Cols"] * (p["AddLatency"] - 1),
        "addresses": address,
        "late address registers": address * _flops(p["AddLatency"] - 1),
        "late address shifts": address * _shift_luts(p["AddLatency"] - 1),
        "products": 2 * _multiplier(p["PositionWidth"], address),
    }


def _pads(p: Parameters) -> tuple[dict[str, int], ...]:
    """Of the scratchpads for activations, weights and sums."""
    bytes_, lanes = 1 + p["Fp16"], p["DmaLanes"]
    row = max(p["Cols"] * bytes_, (p["Cols"] * _index(p["MaxM"]) + 14) // 8)
    stored = 4 * ((lanes + 2) // 2) if p["Fp16"] else lanes  # bytes of sums that fill a beat of a store

    def pad(capacity: str, wanted: int, ports: int, late: int) -> dict[str, int]:
        return {"Bytes": p[capacity], "Lanes": 1 << _bits(wanted), "ReadPorts": ports, "LateRead": late}

    return (
        pad("ActBytes", max(p["MaxM"] * bytes_, lanes), p["Rows"], 0),
        pad("WeightBytes", max(row, lanes), 2 * p["MaxN"], 0),
        pad("OutBytes", max(4 * p["Cols"], stored), 1, 1),
    )


def _pad(p: Parameters) -> dict[str, float]:
    """Memories a byte wide, and what turns the lanes of an access round."""
    lanes, copies = p["Lanes"], p["ReadPorts"] + p["LateRead"]
    deep = p["Bytes"] // lanes
    shallow = deep <= SHALLOW_BYTES
    rams = 0 if shallow else 0.5 if deep <= RAMB18_BYTES else ceil(deep / RAMB36_BYTES)
    turn, level = lanes * 8 * _bits(lanes), lanes * 8 * ceil(_bits(lanes) / 2)  # a LUT chooses one of four
    cascade = copies * lanes * max(_bits(deep) - RAMB_ADDRESS, 0)
    return {
        "block RAMs": copies * lanes * rams,
        "distributed": copies * lanes * deep if shallow else 0,
        "distributed lanes": copies * lanes if shallow else 0,
        "cascades": cascade,
        "cascaded": copies * lanes * (cascade > 0),
        "read turns": copies * turn,
        "read levels": copies * level,
        "read squares": copies * lanes**2,
        "write turns": turn,
        "write levels": level,
        "write squares": lanes**2,
        "lanes": lanes,
        "rows": lanes * _bits(deep),
        "copied rows": copies * lanes * _bits(deep),
        "copied lanes": copies * lanes,
        "ports": copies,
        "late lanes": p["LateRead"] * lanes,
        "late lane bits": p["LateRead"] * _bits(lanes),
    }


def _dma(lanes: int) -> dict[str, float]:
    return {"one": 1, "lanes": lanes, "squared": lanes**2, "turned": lanes * log2(max(lanes, 2))}


def _adder(latency: int) -> dict[str, float]:
    """Registers stand between the steps of an addition, as ``zs_fp32_add`` says."""
    before = max(latency - 5, 0)
    return {
        "one": 1,
        "after add": int(latency == 2 or latency >= 4),
        "after align": int(latency >= 3),
        "after compare": int(latency >= 5),
        "before": _flops(before),
        "before shifts": _shift_luts(before),
    }


def _block(
    name: str, module: str, parameters: Parameters, features: Mapping[str, float], count: int = 1, unit: str = "core"
) -> BlockShape:
    return BlockShape(unit=unit, name=name, module=module, parameters=parameters, count=count, features=features)


def _bits(value: int) -> int:
    """``$clog2`` of Verilog."""
    return ceil(log2(value))


def _index(values: int) -> int:
    """Bits that number some values, at least one."""
    return max(1, _bits(values))


def _flops(stages: int) -> int:
    """Flip-flops of a delay of a bit."""
    return stages if stages < SHORT_SHIFT else 0


def _shift_luts(stages: int) -> int:
    """LUTs of a delay of a bit, as shift registers."""
    return 0 if stages < SHORT_SHIFT else ceil(stages / SHIFT_BITS)


def _multiplier(one: int, other: int) -> int:
    """DSP48E2 of an unsigned product."""
    wide, narrow = max(one, other), min(one, other)
    return ceil(wide / DSP_WIDTHS[0]) * ceil(narrow / DSP_WIDTHS[1])
