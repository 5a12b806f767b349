"""Search strategies on ArchGym's DRAM controller, against an optimum that is known exactly.

    python -m benchmarks.dse.controller truth      simulate all 442,368 controllers on a trace, into a file (minutes)
    python -m benchmarks.dse.controller regret     how far each strategy is from the best, by evaluations

Two goals. ``front``: latency and power to be minimised; regret is that of ``benchmarks.dse``, the share of the exact
front's hypervolume that is missed. ``both``: ArchGym's reward for being close to 0.1 ms and 1 W; regret is
1 - reward / best reward. Every strategy reads its results from the file, so that only its own work is timed.
"""

import argparse
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.dse.regret import Regret, one_run
from dse.catalog import STRATEGIES
from dse.controller import AXES, ControllerSpace, Metrics, canonical
from dse.pareto import nondominated
from dse.problem import Observation, Point
from simulator.memory.controller import kernel
from simulator.memory.controller.config import ControllerConfig, load_device
from simulator.memory.controller.run import Result, run_controller
from simulator.memory.controller.traces import Trace, mixed, random, stream

BUDGETS = (200, 500, 1000, 5000)
# What a suggestion costs these grows with what they have seen.
LONGEST = {"gp": 500, "optuna": 1000, "local": 1000}
DEVICE = load_device("ddr3-1600")
TRACES: dict[str, Callable[[], Trace]] = {
    "stream": stream,
    "random": lambda: random(DEVICE),
    "mixed": lambda: mixed(DEVICE),
}
GOALS = ("front", "both")
LIMITS = ("refresh_max_postponed", "refresh_max_pulledin", "max_active_transactions")
COLUMNS = tuple(Metrics.__dataclass_fields__)
SIZES = tuple(map(len, AXES.values()))


def truth(name: str, path: Path) -> None:
    """Simulate every controller on a trace.

    Controllers that behave alike for the reasons of ``canonical`` are simulated once, and so are those that differ only
    in limits that a run has not reached (``Result.slack``): the highest limits are run first.
    """
    trace = TRACES[name]()
    space = ControllerSpace(trace=trace)
    known: dict[ControllerConfig, Metrics] = {}
    runs = 0
    families = product(*(AXES[axis] for axis in AXES if axis not in LIMITS))
    for values in track(list(families), f"simulating controllers on {name}"):
        fixed = dict(zip((axis for axis in AXES if axis not in LIMITS), values, strict=True))
        for limits in product(*(reversed(AXES[axis]) for axis in LIMITS)):
            config = canonical(ControllerConfig.model_validate(fixed | dict(zip(LIMITS, limits, strict=True))), trace)
            if config not in known:
                result = run_controller(config, trace, DEVICE)
                runs += 1
                known |= dict.fromkeys(alike(config, result, trace), _metrics(result))
    table = np.empty((prod(SIZES), len(COLUMNS)))
    for index, point in enumerate(product(*map(range, SIZES))):
        metrics = known[canonical(space.config(point), trace)]
        table[index] = [getattr(metrics, column) for column in COLUMNS]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, metrics=table, code=code_digest())
    print(f"{len(table):,} controllers, {len(known):,} different, {runs:,} simulated: {path}")


def alike(config: ControllerConfig, result: Result, trace: Trace) -> Iterator[ControllerConfig]:
    """The controllers that would have run as this one did, itself among them."""
    choices = [
        {own, *(value for value in AXES[axis] if getattr(result.slack, axis) <= int(value) <= own)}
        for axis in LIMITS
        for own in (getattr(config, axis),)
    ]
    for limits in product(*choices):
        yield canonical(config.model_copy(update=dict(zip(LIMITS, limits, strict=True))), trace)


def _metrics(result: Result) -> Metrics:
    return Metrics(energy_mj=result.total_pj / 1e9, power_w=result.power_mw / 1e3, latency_ms=result.latency_ns / 1e6)


def code_digest() -> str:
    """Of the simulator that a file of results belongs to."""
    folders = {Path(kernel.__file__).parent, Path(kernel.__file__).parent.parent / "commands"}
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".toml"))
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


class KnownController:
    """All results on a trace, as a goal sees them."""

    def __init__(self, path: Path, goal: Any) -> None:  # noqa: ANN401  # one of GOALS
        if not path.exists():
            raise SystemExit(f"{path}: no such file; run `python -m benchmarks.dse.controller truth` first")
        stored = np.load(path)
        if str(stored["code"]) != code_digest():
            print(f"{path}: simulated by another version of the code")
        self.metrics, self.goal = stored["metrics"], goal
        self._places = tuple(prod(SIZES[axis + 1 :]) for axis in range(len(SIZES)))

    def observe(self, point: Point) -> Observation:
        """What a strategy is told."""
        index = sum(i * place for i, place in zip(point, self._places, strict=True))
        return self._observation(point, Metrics(**dict(zip(COLUMNS, self.metrics[index].tolist(), strict=True))))

    def regret(self) -> Callable[[list[Observation]], float]:
        """The regret of what a strategy has seen."""
        rows = np.unique(self.metrics, axis=0).tolist()
        everything = [self._observation((), Metrics(**dict(zip(COLUMNS, row, strict=True)))) for row in rows]
        objectives = np.array([seen.objectives for seen in everything])
        if self.goal == "front":
            front = objectives[nondominated(objectives, keep_equal=False)]
            print(f"exact front: {len(front)} points")
            return Regret(front).of
        best = float(objectives.min())
        print(f"best reward: {1 / best:.6g}")
        return lambda seen: 1 - best / min(each.objectives[0] for each in seen if each.objectives is not None)

    def _observation(self, point: Point, metrics: Metrics) -> Observation:
        if self.goal == "front":
            return Observation(point=point, objectives=(metrics.latency_ms, metrics.power_w))
        return Observation(point=point, objectives=(1 / metrics.reward(self.goal),))


def regret(path: Path, goal: str, names: list[str], seeds: int) -> None:
    """Print the table of a trace and a goal."""
    known = KnownController(path, goal)
    problem = ControllerSpace(goal=known.goal).problem()
    measure = known.regret()
    print(f"{'strategy':<12} {'seeds':>5} " + " ".join(f"{f'at {b}':>16}" for b in BUDGETS) + f" {'ms/suggestion':>14}")
    for name in names:
        budget = LONGEST.get(name, BUDGETS[-1])
        table: dict[int, list[float]] = {mark: [] for mark in BUDGETS if mark <= budget}
        costs = []
        for seed in range(seeds):
            seen, cost = one_run(name, problem, seed, budget, known.observe)
            costs.append(cost)
            for mark, values in table.items():
                values.append(measure(seen[:mark]))
        cells = [f"{100 * np.mean(v):7.2f} ± {100 * np.std(v):5.2f}%" for v in table.values()]
        cells += ["-"] * (len(BUDGETS) - len(cells))
        print(
            f"{name:<12} {seeds:>5} " + " ".join(f"{c:>16}" for c in cells) + f" {1e3 * np.mean(costs):>14.2f}",
            flush=True,
        )


def main() -> None:
    """Read the command line."""
    suitable = [name for name in STRATEGIES if name not in ("decompose", "exhaustive")]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dse.controller")
    parser.add_argument("what", choices=("truth", "regret"))
    parser.add_argument("--trace", default="random", choices=list(TRACES))
    parser.add_argument("--goal", default="front", choices=GOALS)
    parser.add_argument("--folder", type=Path, default=Path("zeroskip-out"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--strategies", nargs="+", default=suitable, choices=suitable)
    options = parser.parse_args()
    path = options.folder / f"controller-{options.trace}.npz"
    if options.what == "truth":
        truth(options.trace, path)
    else:
        regret(path, options.goal, options.strategies, options.seeds)


if __name__ == "__main__":
    main()
