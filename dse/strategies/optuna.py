"""The tree-structured Parzen estimator of Optuna."""

from collections.abc import Sequence
from typing import Any

from dse.problem import Observation, Point, Problem
from dse.strategies.base import Strategy

TRIES = 8  # suggestions in a row that were known already; then a random point


class Optuna(Strategy):
    """Multi-objective TPE with constraints (Ozaki et al., 2022), through ask and tell.

    Axes with an order are integers to Optuna, others are categories. A point that it repeats is answered from memory.
    """

    batch = 8

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        import optuna  # noqa: PLC0415  # slow to import

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._fail = optuna.trial.TrialState.FAIL
        self._study = optuna.create_study(
            directions=["minimize"] * problem.objectives,
            sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True),
        )
        self._axes: dict[str, Any] = {
            str(axis): optuna.distributions.IntDistribution(0, size - 1)
            if ordered
            else optuna.distributions.CategoricalDistribution(range(size))
            for axis, (size, ordered) in enumerate(zip(problem.sizes, problem.ordered, strict=True))
        }
        self._trials: dict[Point, Any] = {}
        self._known: dict[Point, Observation] = {}

    def tell(self, observations: Sequence[Observation]) -> None:
        """Pass on what it asked for."""
        for seen in observations:
            self._known[seen.point] = seen
            if seen.point in self._trials:
                self._pass_on(self._trials.pop(seen.point), seen)

    def _propose(self, count: int) -> list[Point]:
        found: list[Point] = []
        tries = 0
        while len(found) < count and tries < TRIES:
            trial = self._study.ask(self._axes)
            point = tuple(int(trial.params[name]) for name in self._axes)
            if point in self.asked or point in found or not self.problem.promising(point):
                tries += 1
                self._pass_on(trial, self._known.get(point))
                continue
            found.append(point)
            self._trials[point] = trial
        if found:
            return found
        return self.fresh(count)

    def _pass_on(self, trial: Any, seen: Observation | None) -> None:  # noqa: ANN401  # a trial of Optuna
        if seen is None or seen.objectives is None:
            self._study.tell(trial, state=self._fail)
            return
        for index, violation in enumerate(seen.violations):
            trial.set_constraint(str(index), violation)
        self._study.tell(trial, list(seen.objectives))
