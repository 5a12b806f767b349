"""Evaluations of machines alone, as JSON: ``python -m benchmarks.hardware_rate MIX PATTERN PROCESSES [POINTS]``.

Each process has its share of the machines, and its code loaded, before the clock starts; nothing is stored.
"""

import json
import sys
import time
from itertools import islice, product
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from benchmarks.hardware import space_of
from dse import layers
from dse.evaluate import Evaluator


def main(mix: str, pattern: str, processes: int, points: int | None = None) -> None:
    """Evaluate every point once, or so many, and print how many were evaluated in which time."""
    context = get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    shares = [(mix, pattern, points, number, processes, barrier, results) for number in range(processes)]
    children = [context.Process(target=_share, args=share) for share in shares]
    for child in children:
        child.start()
    found = [results.get() for _ in children]
    for child in children:
        child.join()
    print(json.dumps({"points": sum(count for count, _ in found), "wall": max(wall for _, wall in found)}))


def _share(
    mix: str, pattern: str, points: int | None, number: int, of: int, barrier: Barrier, results: "Queue[object]"
) -> None:
    layers.SHARED_FROM = 0
    space = space_of(mix, pattern)
    evaluator = Evaluator(space)
    everything = [space.decode(p) for p in islice(product(*map(range, space.sizes)), points)]
    own = everything[number * len(everything) // of : (number + 1) * len(everything) // of]
    evaluator.evaluate(own[0])  # loads and compiles
    barrier.wait()
    begin = time.perf_counter()
    complete = sum(evaluator.evaluate(values).state == "complete" for values in own)
    results.put((complete, time.perf_counter() - begin))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
