"""SCALE-Sim v3 beside zeroskip on one GEMM, dense and 2:4; takes minutes, and the network the first time."""

import sys
from collections.abc import Callable
from functools import partial

from benchmarks.cost import Cost, measure, measure_process
from benchmarks.gemm_run import as_it_would_run, as_scale_sim, parse_pattern
from benchmarks.rows import AIM, Row
from benchmarks.scale_sim import VERSION, ScaleSim, scale_sim
from mapping.graph import gemm_layer

PEER = f"SCALE-Sim {VERSION}"
TITLE = f"{PEER}, weight-stationary, no traces, beside zeroskip"
SPEED_AIM = 10_000
REPEATS = 5


def run(m: int = 128, k: int = 768, n: int = 3072, side: int = 32) -> list[Row]:
    """Measure an m x k by k x n product on a side x side array."""
    return [row for pattern in ("1:1", "2:4") for row in _pattern(m, k, n, side, pattern)]


def _pattern(m: int, k: int, n: int, side: int, pattern: str) -> list[Row]:
    peer = scale_sim(m, k, n, side, pattern)
    layer, parsed = gemm_layer("gemm", m, k, n), parse_pattern(pattern)
    works = {"its conventions": partial(as_scale_sim, layer, parsed, side)}
    if not parsed.is_dense:
        works["a group per PE row"] = partial(as_scale_sim, layer, parsed, side, sparse_rows="group")
    works["scheduled, with DRAM"] = partial(as_it_would_run, layer, parsed, side)
    name = "dense" if parsed.is_dense else pattern
    rows = [row for label, work in works.items() for row in _beside(f"{name}, {label}", work, peer)]

    arguments = (str(m), str(k), str(n), str(side), pattern)
    process = measure_process(sys.executable, "-m", "benchmarks.gemm_run", *arguments, repeats=REPEATS)
    speed = rows[1]
    return [
        *rows,
        _time(f"{name}, its conventions, whole process", process.cost, peer.process),
        Row(
            what=speed.what, ours=speed.ratio, unit="x", beside=AIM, theirs=SPEED_AIM, better="more", note="CPU seconds"
        ),
    ]


def _beside(what: str, work: Callable[..., int], peer: ScaleSim) -> list[Row]:
    """Cycles, and the time of both executors.

    Raises:
        AssertionError: The executors disagree.
    """
    cycles, fast = measure(partial(work, executor="fast"), REPEATS)
    again, cycle = measure(partial(work, executor="cycle"), REPEATS)
    assert cycles == again, "the executors disagree"
    return [
        Row(what=what, ours=cycles, unit="cycles", beside=PEER, theirs=peer.cycles, better="same"),
        _time(f"{what}, fast", fast, peer.simulation),
        _time(f"{what}, cycle", cycle, peer.simulation),
    ]


def _time(what: str, ours: Cost, theirs: Cost) -> Row:
    note = f"wall {ours.wall:.4f} s beside {theirs.wall:.1f} s: {theirs.wall / ours.wall:,.0f}x"
    return Row(what=what, ours=ours.cpu, unit="CPU s", beside=PEER, theirs=theirs.cpu, better="less", note=note)
