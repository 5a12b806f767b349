"""How close each strategy comes to a front that is known exactly.

    python -m benchmarks.dse truth      evaluate every point once, into a store (minutes to half an hour)
    python -m benchmarks.dse regret     hypervolume regret of each strategy at 200, 500 and 1,000 evaluations

Regret is 1 - HV(found) / HV(exact) with logarithms of positive objectives, the exact front scaled to the unit box and
1.1 as reference. Every strategy reads its results from the store, so that only its own work is timed.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dse.catalog import STRATEGIES
from dse.evaluate import Evaluator
from dse.executors import InProcess
from dse.grid import problem_of
from dse.judge import Judge
from dse.pareto import hypervolume, logarithmic, nondominated, scaled
from dse.problem import Observation, Point, Problem
from dse.run import run
from dse.space import Space
from dse.store import Store
from dse.strategies import make
from dse.strategies.auto import advise
from dse.study import Study

SPACE = Path(__file__).parent / "space.yaml"
BUDGETS = (200, 500, 1000)
GP_BUDGET = 500  # its models grow with the cube of what they are fitted to
REFERENCE = 1.1


def truth(url: str) -> None:
    """Evaluate the whole space; what is in the store already is not evaluated again."""
    space, store = Space.load(SPACE), Store(url)
    study = Study(space, store, strategy="exhaustive", resume=True)
    began = time.monotonic()
    ended = run(study, InProcess(study.evaluator))
    print(f"{ended}: {study.asked:,} points, front {len(study.front())}, {time.monotonic() - began:.0f} s")


class Regret:
    """Regret against all feasible observations of a space."""

    def __init__(self, everything: list[Observation]) -> None:
        feasible = np.array([seen.objectives for seen in everything if seen.feasible])
        exact = logarithmic(feasible)[nondominated(feasible)]
        self._positive = (feasible > 0).all(axis=0)
        self._low, self._high = exact.min(axis=0), exact.max(axis=0)
        self.front = len(exact)
        self._exact = self._volume(exact)

    def of(self, seen: list[Observation]) -> float:
        """Regret of what a strategy has seen."""
        rows = np.array([observation.objectives for observation in seen if observation.feasible])
        if not len(rows):
            return 1.0
        return 1.0 - self._volume(np.where(self._positive, np.log(np.abs(rows)), rows)) / self._exact

    def _volume(self, rows: np.ndarray) -> float:
        unit = scaled(rows, self._low, self._high)
        return hypervolume(unit, np.full(unit.shape[1], REFERENCE))


def one_run(
    name: str, problem: Problem, seed: int, budget: int, observe: Callable[[Point], Observation]
) -> tuple[list[Observation], float]:
    """What a strategy sees within a budget, and its CPU seconds per suggestion."""
    seen: list[Observation] = []
    began = time.process_time()
    strategy = make(name, problem, seed, budget)
    spent = time.process_time() - began
    while len(seen) < budget:
        began = time.process_time()
        points = strategy.ask(min(strategy.batch, budget - len(seen)))
        spent += time.process_time() - began
        if not points:
            break
        told = [observe(point) for point in points]
        seen += told
        began = time.process_time()
        strategy.tell(told)
        spent += time.process_time() - began
    return seen, spent / max(len(seen), 1)


def regret(url: str, names: list[str], seeds: int) -> None:
    """Print the table."""
    space = Space.load(SPACE)
    evaluator, judge = Evaluator(space), Judge(space)
    problem = problem_of(evaluator, judge)
    store = Store(url)
    known = {}
    for record, outcome in store.trials(space.file.name):
        if record.number >= 0:
            point = tuple(map(int, record.name.split(",")))
            known[point] = judge.observe(point, outcome)
    if len(known) < problem.size:
        raise SystemExit(f"{len(known):,} of {problem.size:,} points are known: run `python -m benchmarks.dse truth`")
    measure = Regret(list(known.values()))
    feasible = sum(seen.feasible for seen in known.values())
    print(f"{problem.size:,} points, {feasible:,} feasible, exact front {measure.front}; auto chooses:")
    for budget in BUDGETS:
        for seconds in (0.001, 1.0):
            print(f"  {budget} evaluations of {seconds} s: {advise(problem, seconds, budget).name}")
    seen, _ = one_run("decompose", problem, 0, problem.size, known.__getitem__)
    print(f"decompose to its end: {len(seen):,} evaluations, regret {100 * measure.of(seen):.4f} %")
    print(f"{'strategy':<12} {'seeds':>5} " + " ".join(f"{f'at {b}':>14}" for b in BUDGETS) + f" {'ms/suggestion':>14}")
    for name in names:
        # Decompose arranges itself with its budget and has no seed; the others only run on.
        budgets = BUDGETS if name in ("decompose",) else (GP_BUDGET if name == "gp" else BUDGETS[-1],)
        table: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
        costs = []
        for seed in range(1 if name in ("decompose", "exhaustive") else seeds):
            for budget in budgets:
                seen, cost = one_run(name, problem, seed, budget, known.__getitem__)
                costs.append(cost)
                for mark in BUDGETS if len(budgets) == 1 else (budget,):
                    if mark <= budget:
                        table[mark].append(measure.of(seen[:mark]))
        cells = [f"{100 * np.mean(v):6.2f} ± {100 * np.std(v):4.2f}%" if v else "-" for v in table.values()]
        runs = len(next(iter(table.values())))
        print(
            f"{name:<12} {runs:>5} " + " ".join(f"{c:>14}" for c in cells) + f" {1e3 * np.mean(costs):>14.2f}",
            flush=True,
        )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dse")
    parser.add_argument("what", choices=("truth", "regret"))
    parser.add_argument("--store", default="sqlite:///zeroskip-out/dse-81k.db")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES), choices=list(STRATEGIES))
    options = parser.parse_args()
    if options.what == "truth":
        truth(options.store)
    else:
        regret(options.store, options.strategies, options.seeds)


if __name__ == "__main__":
    main()
