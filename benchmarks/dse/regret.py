"""The regret of each strategy: the share of the exact front's hypervolume that it misses.

Objectives are logarithms where positive, the exact front is scaled to the unit box, and 1.1 is the reference. What a
point is comes from the truth, so only a strategy's own work is timed.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from benchmarks.dse.known import Known
from dse.pareto import Array, hypervolume, logarithmic, scaled
from dse.problem import Observation, Point, Problem
from dse.strategies import make
from dse.strategies.auto import advise
from dse.strategies.greedy import greedy
from mapping.errors import InputError

BUDGETS = (200, 500, 1000)
MARKS = (25, 50, 75, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000)  # of the curves
REFERENCE = 1.1
UNSEEDED = ("decompose", "exhaustive")
COSTLY, COSTLY_BUDGET = ("gp", "optuna"), 500  # only the first seed runs on beyond that
BUDGETED = ("decompose",)  # arranges itself with its budget; the others only run on


class Regret:
    """Regret against an exact front (r, o)."""

    def __init__(self, front: Array) -> None:
        exact = logarithmic(front)
        self._positive = (front > 0).all(axis=0)
        self._low, self._high = exact.min(axis=0), exact.max(axis=0)
        self._exact = self._volume(exact)

    def of(self, seen: list[Observation]) -> float:
        """Regret of what a strategy has seen, 0 to 1."""
        rows = np.array([observation.objectives for observation in seen if observation.feasible])
        if not len(rows):
            return 1.0
        return 1.0 - self._volume(np.where(self._positive, np.log(np.abs(rows)), rows)) / self._exact

    def with_hindsight(self, front: Array, count: int) -> float:
        """Regret of so many points of the exact front (r, o), chosen greedily: about the least that there can be."""
        unit = scaled(logarithmic(front), self._low, self._high)
        return 1.0 - hypervolume(unit[greedy(unit, unit[:0], count)], np.full(unit.shape[1], REFERENCE)) / self._exact

    def _volume(self, rows: Array) -> float:
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


def regret(known: Known, names: list[str], seeds: int, results: Path) -> None:
    """Print the table of a space; keep its numbers, beside those of other strategies, in a file."""
    problem, front = known.problem, known.front()
    measure = Regret(front)
    print(f"{known.name}: {problem.size:,} points, exact front of {len(front):,}")
    least = [f"{100 * measure.with_hindsight(front, budget):.2f} % with {budget}" for budget in BUDGETS]
    print(f"the best points of that front, with hindsight, leave {', '.join(least)}")
    if problem.separable is not None:
        seen, _ = one_run("decompose", problem, 0, problem.size, known.observe)
        print(f"decompose to its end: {len(seen):,} evaluations, regret {100 * measure.of(seen):.4f} %")
    print(
        f"{'strategy':<12} {'seeds':>5} "
        + " ".join(f"{f'at {b} [%]':>14}" for b in BUDGETS)
        + f" {'ms/suggestion':>14}"
    )
    curves = json.loads(results.read_text()) if results.exists() else {}
    for name in names:
        try:
            curves[name] = _curves(name, known, 1 if name in UNSEEDED else seeds, measure)
        except InputError as error:
            print(f"{name:<12} {error}")
            continue
        results.write_text(json.dumps(curves, indent=1))
        _print_row(name, curves[name])
    _print_auto(problem, curves)


class Curves(TypedDict):
    """Regret of each seed at every mark, and milliseconds per suggestion of each run."""

    regret: dict[str, list[float]]
    milliseconds: list[float]


def _curves(name: str, known: Known, seeds: int, measure: Regret) -> Curves:
    regrets: dict[str, list[float]] = {}
    costs = []
    for seed in range(seeds):
        long = MARKS[-1] if seed == 0 or name not in COSTLY else COSTLY_BUDGET
        for budget in BUDGETS if name in BUDGETED else (long,):
            seen, cost = one_run(name, known.problem, seed, budget, known.observe)
            costs.append(1e3 * cost)
            for mark in (budget,) if name in BUDGETED else [each for each in MARKS if each <= budget]:
                regrets.setdefault(str(mark), []).append(measure.of(seen[:mark]))
    return {"regret": regrets, "milliseconds": costs}


def _print_row(name: str, curves: Curves) -> None:
    """A row of the table; a cell that fewer seeds reached says how many."""
    regrets, costs = curves["regret"], curves["milliseconds"]
    all_seeds = len(regrets[str(BUDGETS[0])])
    cells = []
    for budget in BUDGETS:
        values = 100 * np.array(regrets[str(budget)])
        spread = f"± {values.std():4.2f}" if len(values) == all_seeds else f"({len(values)} seed)"
        cells.append(f"{values.mean():6.2f} {spread}")
    print(
        f"{name:<12} {all_seeds:>5} " + " ".join(f"{cell:>14}" for cell in cells) + f" {np.mean(costs):>14.2f}",
        flush=True,
    )


def _print_auto(problem: Problem, curves: dict[str, Curves]) -> None:
    """What ``auto`` chooses for each budget, and how far that is from the best of all strategies measured so far."""
    for budget in BUDGETS:
        means = {name: 100 * float(np.mean(curve["regret"][str(budget)])) for name, curve in curves.items()}
        best = min(means, key=lambda name: means[name])
        for seconds in (0.001, 1.0):
            chosen = advise(problem, seconds, budget).name
            behind = f"{means[chosen] - means[best]:.2f} points behind {best}" if chosen in means else "not measured"
            print(f"auto for {budget} evaluations of {seconds:g} s: {chosen}, {behind}")
