"""How many machines a sweep evaluates a second, each on all of ResNet-50."""

import json
import sys
from typing import Any

from benchmarks import accel_forge, zig_zag
from benchmarks.accel_forge import accelforge
from benchmarks.cost import measure_process
from benchmarks.environment import NoInterpreterError
from benchmarks.mapping_search import MappingSearch
from benchmarks.rows import AIM, Row
from benchmarks.zig_zag import zigzag
from dse.schema import SpaceFile
from dse.space import Space

TITLE = "machines evaluated on ResNet-50 by an exhaustive sweep, from the first to the last, store and all"
RATE_AIM = 1_000  # a second, on two cores
WORKERS = (1, 2)
PATTERNS = ("2:8", "dense")
LAYERS = 54
LAYER = (14 * 14, 1024, 256)  # a 1 x 1 convolution of ResNet-50's third stage, as positions, channels and outputs
# Ascending costs of change: the last axis of a space runs fastest.
MIXES: dict[str, dict[str, list[Any]]] = {
    "times vary": {
        "memory.channels": [1, 2, 4, 8],
        "add_latency": [1, 2, 4],
        "mul_latency": [0, 3],
        "weight_registers": ["single", "shadow"],
        "dispatch_latency": [0, 1, 2],
        "token_latency": [0, 1, 2],
        "clock_mhz": [100, 150, 200, 250, 300, 400],
    },
    "arrays and scratchpads vary": {
        "rows": [16, 32, 64],
        "cols": [16, 32, 64],
        "activation_scratchpad_kib": [256, 1024],
        "weight_scratchpad_kib": [256, 1024],
        "output_scratchpad_kib": [256, 1024],
        "memory.channels": [1, 4],
        "add_latency": [1, 2],
        "weight_registers": ["single", "shadow"],
        "clock_mhz": [100, 200, 300, 400],
    },
}


def space_of(mix: str, pattern: str) -> Space:
    """Machines of a mix; every layer is pruned to one pattern."""
    return Space(
        SpaceFile.model_validate(
            {
                "name": "hardware",
                "config": "sat-32x32",
                "workload": [{"model": "resnet50"}],
                "keep": [],
                "parameters": MIXES[mix],
                "layers": {"all": {"pattern": [pattern]}},
                "objectives": {"latency_ms": "minimise", "peak_macs": "minimise"},
            }
        )
    )


def run(
    mixes: tuple[str, ...] = tuple(MIXES),
    patterns: tuple[str, ...] = PATTERNS,
    workers: tuple[int, ...] = WORKERS,
    points: int | None = None,
) -> list[Row]:
    """Measure.

    Args:
        mixes: What varies.
        patterns: To what all layers are pruned.
        workers: Numbers of processes.
        points: How many machines, from the first; None for all.

    Raises:
        CalledProcessError: A sweep failed, or came to other outcomes than layer by layer.
    """
    rows, peers = [], searches()
    for mix in mixes:
        for pattern in patterns:
            for count in workers:
                asked = (mix, pattern, str(count), *([] if points is None else [str(points)]))
                child = measure_process(sys.executable, "-m", "benchmarks.hardware_run", *asked)
                rows += _rows(f"{mix}, {pattern}", count, json.loads(child.output), peers)
                child = measure_process(sys.executable, "-m", "benchmarks.hardware_rate", *asked)
                rows.append(_rate(f"{mix}, {pattern}", count, json.loads(child.output)))
    return rows


def searches() -> dict[str, MappingSearch]:
    """What the peers found and took for one layer, by name; says which of them was not run, and why."""
    found = {f"ZigZag {zig_zag.VERSION}, one layer": zigzag(*LAYER)}
    try:
        found[f"AccelForge {accel_forge.VERSION}, one layer"] = accelforge(*LAYER)
    except NoInterpreterError as reason:
        print(f"AccelForge {accel_forge.VERSION} was not run: {reason}")
    return found


def _rate(what: str, processes: int, record: dict[str, Any]) -> Row:
    name = f"{what}, {processes} process{'es' if processes > 1 else ''}, alone"
    note = f"{record['points']:,} machines; evaluations alone, code loaded, nothing stored"
    rate = record["points"] / record["wall"]
    return Row(what=name, ours=rate, unit="/s", beside=AIM, theirs=RATE_AIM, better="more", note=note)


def _rows(what: str, workers: int, record: dict[str, Any], peers: dict[str, MappingSearch]) -> list[Row]:
    points = record["points"]
    each = 1e3 * record["cpu"] / points
    note = f"{points:,} machines; {each:.2f} ms of CPU each, sweep and store included"
    name = f"{what}, {workers} process{'es' if workers > 1 else ''}"
    rate = points / record["wall"]
    rows = [Row(what=name, ours=rate, unit="/s", beside=AIM, theirs=RATE_AIM, better="more", note=note)]
    if workers == 1:
        alone = "layer by layer, same outcomes"
        ours, theirs = each / 1e3, record["alone"]
        rows.append(Row(what=name, ours=ours, unit="CPU s", beside=alone, theirs=theirs, better="less"))
        for peer, search in peers.items():
            note = f"dense, its mapping search, {search.cycles:,.0f} cycles; ours is all {LAYERS} layers"
            theirs = search.cost.cpu
            rows.append(Row(what=name, ours=ours, unit="CPU s", beside=peer, theirs=theirs, better="less", note=note))
    return rows
