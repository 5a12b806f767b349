"""What the programs of one run of the SAT core must bring about."""

from importlib.util import find_spec
from typing import Any

import numpy as np

from mapping.arrays import IntArray
from mapping.formats import nm
from mapping.sparsity import Pattern
from rtl.bench.coverage import Bins
from rtl.bench.programs import Result
from rtl.bench.sat.cases import DATAFLOWS, DRAWN, WIDEST, SatCase, patterns_of
from rtl.bench.sat.float_coverage import FLOAT_BINS, cover_floats
from simulator.engine.timeline import Timeline
from simulator.families.sat.config import SatConfig
from simulator.families.sat.golden import ELEMENT
from simulator.families.sat.isa import EXECUTE, LOAD, SAT_ISA, STORE
from simulator.families.sat.layout import layout
from simulator.memory.config import IdealMemory

QUEUE_DEPTH = 4


def bins_of(config: SatConfig) -> Bins:
    """All bins of a machine."""
    names = [f"{flow} {pattern}" for flow in DATAFLOWS for pattern in patterns_of(config)]
    names += [f"index {i} in column {c}" for c in range(config.cols) for i in range(WIDEST)]
    names += [f"weights of a real network, {flow}" for flow in DATAFLOWS if find_spec("magika") is not None]
    names += _MEMORY + _LAYER + _FOLD + _TIME
    names += FLOAT_BINS if config.datapath == "fp16" else INTEGER_BINS
    return Bins(names)


_MEMORY = ["no latency", "latency 1", "long latency", "one byte a cycle", "all lanes", "some lanes"]
_LAYER = [
    "several images",
    "stride",
    "dilation",
    "kernel of several rows",
    "kernel of several columns",
    "padding before",
    "padding after",
    "tile beside its input",
    "convolution groups",
    "channels fill part of a group",
    "one output channel",
    "one buffer",
    "several channel tiles",
    "several output tiles",
    "weight group without a weight",
]
INTEGER_BINS = ("most negative activation",)
_FOLD = [
    "accumulates",
    "overwrites",
    "all columns",
    "some columns",
    "columns after the first",
    "all rows, stationary weights",
    "some rows, stationary weights",
    "slots after the first, stationary weights",
    "all rows, stationary outputs",
    "some rows, stationary outputs",
    "positions after the first, stationary outputs",
    "one position",
    "one slot",
]
_TIME = [
    "longer than its queue",
    "load waits for execute",
    "execute waits for load",
    "execute waits for store",
    "store waits for execute",
    "load waits for the port",
    "store waits for the port",
    "the port goes from load to store at once",
    "the port goes from store to load at once",
    "transfer and fold at once",
    "a fold follows a fold as soon as it can",
    "a store reads a sum in the cycle in which it is written",
]


def cover(bins: Bins, case: SatCase, result: Result) -> None:
    """Fill the bins of one program."""
    _cover_memory(bins, case)
    _cover_layer(bins, case)
    _cover_weights(bins, case)
    _cover_folds(bins, case)
    _cover_time(bins, case, result)
    if case.config.datapath == "fp16":
        cover_floats(bins, case)


def _cover_memory(bins: Bins, case: SatCase) -> None:
    memory = case.config.memory
    assert isinstance(memory, IdealMemory)
    lanes = memory.bytes_per_cycle
    bins.hit("no latency", memory.latency_cycles == 0)
    bins.hit("latency 1", memory.latency_cycles == 1)
    bins.hit("long latency", memory.latency_cycles >= 40)
    bins.hit("one byte a cycle", lanes == 1)
    bins.hit("all lanes", lanes == case.lanes)
    bins.hit("some lanes", 1 < lanes < case.lanes)


def _cover_layer(bins: Bins, case: SatCase) -> None:
    shape, mapping = case.layer.shape, case.mapping
    place = layout(case.layer, mapping, case.config)
    fold = _fields(case)
    bins.hit(f"{mapping.dataflow} {mapping.pattern}")
    if case.layer.name not in DRAWN:
        bins.hit(f"weights of a real network, {mapping.dataflow}")
    bins.hit("several images", shape.images > 1)
    bins.hit("stride", (fold["stride_rows"] > 1).any() and (fold["stride_cols"] > 1).any())
    bins.hit("dilation", max(shape.dilation) > 1)
    bins.hit("kernel of several rows", shape.kernel[0] > 1)
    bins.hit("kernel of several columns", shape.kernel[1] > 1)
    bins.hit("padding before", (fold["before_rows"] > 0).any() and (fold["before_cols"] > 0).any())
    bins.hit("padding after", _reach(fold, "rows").any() and _reach(fold, "cols").any())
    bins.hit("tile beside its input", (fold["before_rows"] < 0).any() or (fold["before_cols"] < 0).any())
    bins.hit("convolution groups", shape.groups > 1)
    bins.hit("channels fill part of a group", (fold["channels"] % fold["m"] > 0).any())
    bins.hit("one output channel", (fold["outputs"] == 1).any())
    used = shape.images * shape.in_rows * shape.in_cols * shape.in_channels
    if case.config.datapath == "int8":
        bins.hit("most negative activation", (case.before[:used] == 128).any())
    bins.hit("one buffer", mapping.buffers == 1)
    bins.hit("several channel tiles", len(place.tiles.channels) > 1)
    bins.hit("several output tiles", len(place.tiles.outputs) > 1)


def _reach(fold: dict[str, IntArray], axis: str) -> Any:  # noqa: ANN401  # a mask
    """Whether the last window of a tile reaches beyond the tile."""
    last = (fold[f"out_{axis}"] - 1) * fold[f"stride_{axis}"] + (fold[f"kernel_{axis}"] - 1) * fold[f"dilation_{axis}"]
    return last - fold[f"before_{axis}"] >= fold[f"tile_{axis}"]


def _cover_weights(bins: Bins, case: SatCase) -> None:
    mapping: Pattern = case.mapping.pattern
    if mapping.is_dense:
        return
    place, positions = layout(case.layer, case.mapping, case.config), case.layer.shape.positions
    for (_, output, channel), first in np.ndenumerate(place.weights):
        outputs = int(place.tiles.outputs.count[output])
        rows = positions * mapping.groups(int(place.tiles.channels.count[channel])) * mapping.m
        data = case.before[first : first + place.weight_bytes[output, channel]]
        tile = nm.decode_compressed(data, rows, outputs, mapping, ELEMENT[case.config.datapath])
        bins.hit("weight group without a weight", (tile.values == 0).all(1).any())
        if mapping.m == WIDEST:
            for column in range(outputs):
                for index in np.unique(tile.indices[:, :, column]).tolist():
                    bins.hit(f"index {index} in column {column % case.config.cols}")


def _cover_folds(bins: Bins, case: SatCase) -> None:
    fold, rows, cols = _fields(case), case.config.rows, case.config.cols
    stationary = fold["output_stationary"] == 0
    slots, room = fold["slot_count"], rows * fold["n"]
    bins.hit("accumulates", (fold["accumulate"] == 1).any())
    bins.hit("overwrites", (fold["accumulate"] == 0).any())
    bins.hit("all columns", (fold["output_count"] == cols).any())
    bins.hit("some columns", (fold["output_count"] < cols).any())
    bins.hit("columns after the first", (fold["output_first"] > 0).any())
    bins.hit("all rows, stationary weights", (stationary & (slots == room)).any())
    bins.hit("some rows, stationary weights", (stationary & (slots < room)).any())
    bins.hit("slots after the first, stationary weights", (stationary & (fold["slot_first"] > 0)).any())
    bins.hit("all rows, stationary outputs", (~stationary & (fold["position_count"] == rows)).any())
    bins.hit("some rows, stationary outputs", (~stationary & (fold["position_count"] < rows)).any())
    bins.hit("positions after the first, stationary outputs", (~stationary & (fold["position_first"] > 0)).any())
    bins.hit("one position", (fold["position_count"] == 1).any())
    bins.hit("one slot", (slots == 1).any())


def _cover_time(bins: Bins, case: SatCase, result: Result) -> None:
    program = case.program
    times = Timeline(job=case.job, start=result.start, end=result.end)
    names = SAT_ISA.queues
    bins.hit("longer than its queue", np.bincount(program.queue).max() > QUEUE_DEPTH)
    for queue, source in ((LOAD, EXECUTE), (EXECUTE, LOAD), (EXECUTE, STORE), (STORE, EXECUTE)):
        waited = (program.queue == queue) & (times.blamed == source)
        bins.hit(f"{names[queue]} waits for {names[source]}", waited.any())
    late = times.start > times.ready
    loads, folds, stores = (program.queue == queue for queue in (LOAD, EXECUTE, STORE))
    bins.hit("load waits for the port", late[loads].any())
    bins.hit("store waits for the port", late[stores].any())
    bins.hit("the port goes from load to store at once", _meet(times.end[loads], times.start[stores]))
    bins.hit("the port goes from store to load at once", _meet(times.end[stores], times.start[loads]))
    bins.hit("a fold follows a fold as soon as it can", _meet(times.end[folds] + 1, times.start[folds]))
    busy = [_busy(times, queue, result) for queue in (LOAD, EXECUTE, STORE)]
    bins.hit("transfer and fold at once", (busy[EXECUTE] & (busy[LOAD] | busy[STORE])).any())
    memory = case.config.memory
    assert isinstance(memory, IdealMemory)
    if memory.latency_cycles == 0:
        # Sums that are not shifted out are late: the last one is written in the cycle after the end of the fold.
        fold = _fields(case)
        last = fold["position_first"] + fold["position_count"] - 1
        first_byte = (last * fold["outputs"] + fold["output_first"]) * case.config.accumulator_bytes
        late = (fold["output_stationary"] == 0) | (case.config.output_drain == "hidden")
        in_first_beat = late & (first_byte < memory.bytes_per_cycle)
        meets = _meet(times.end[folds][in_first_beat] + 1, times.start[stores])
        bins.hit("a store reads a sum in the cycle in which it is written", meets)


def _busy(times: Timeline, queue: int, result: Result) -> Any:  # noqa: ANN401  # a mask
    """Cycles in which a queue works."""
    marks = np.zeros(int(result.end.max()) + 1, np.int64)
    members = times.job.queue == queue
    np.add.at(marks, times.start[members], 1)
    np.add.at(marks, times.end[members], -1)
    return marks.cumsum() > 0


def _meet(first: IntArray, second: IntArray) -> bool:
    return bool(np.isin(first, second).any())


def _fields(case: SatCase) -> dict[str, IntArray]:
    rows = case.program.of("GEMM")
    return {field.name: case.program.operand("GEMM", field.name, rows) for field in SAT_ISA["GEMM"].fields}
